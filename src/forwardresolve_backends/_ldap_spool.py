"""Hold a whole read back until it has proved whole, in a file instead of the memory.

The file has no name and is gone with the process; it holds what is in the directory.
"""

from __future__ import annotations

import json
import tempfile
from typing import IO, TYPE_CHECKING, Final

import attrs

from forwardresolve.sdk import Origin, Remark
from forwardresolve_backends._ldap_answers import PLACE, Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

_IN_MEMORY: Final = 1 << 20
_CHUNK: Final = 500
_DIGESTS: Final = 1 << 64
_REMARK: Final = -1
_MOST_REMARKS: Final = 1000


def _new_file() -> IO[str]:
    return tempfile.SpooledTemporaryFile(_IN_MEMORY, "w+", encoding="ascii", newline="\n")


@attrs.define
class Spool:
    """What a read has found so far.

    Attributes:
        digest: A number that two reads have in common that found the same, in whatever order.
    """

    digest: int = 0
    _file: IO[str] = attrs.field(factory=_new_file)
    _lines: list[str] = attrs.field(factory=list)
    _remarks: int = 0

    def add(self, found: Answer | Remark) -> None:
        """Take one thing up."""
        if isinstance(found, Remark):
            self._remarks += 1
            if self._remarks > _MOST_REMARKS:
                return
            row = [_REMARK, found.origin.key if found.origin else "", found.id, found.text]
        else:
            row = [found.rule, found.dn, found.keys, found.destinations]
        line = json.dumps(row)
        self.digest = (self.digest + hash(line)) % _DIGESTS
        self._lines.append(line)
        if len(self._lines) >= _CHUNK:
            self._flush()

    def found(self) -> Iterator[Answer | Remark]:
        """Yield all that was taken up, in its order."""
        self._flush()
        self._file.seek(0)
        for line in self._file:
            rule, dn, first, second = json.loads(line)
            if rule == _REMARK:
                yield Remark(first, second, origin=Origin(PLACE, dn))
            else:
                yield Answer(rule, dn, first, second)
        if self._remarks > _MOST_REMARKS:
            said = f"{self._remarks - _MOST_REMARKS} further entries have such values as the remarks name"
            yield Remark("ldap-more-remarks", said, origin=Origin(PLACE))

    def close(self) -> None:
        """Throw everything away."""
        self._file.close()

    def _flush(self) -> None:
        if self._lines:
            self._file.write("\n".join(self._lines) + "\n")
            self._lines.clear()
