"""Lines of ``name: destinations``, as aliases(5) and the redirect files of Exim have them.

aliases(5): a line that begins with a blank continues the one before; empty lines and comments
between the two do not part them; a name may be quoted. Of two lines for one name the first counts
(measured: postalias says "ignoring duplicate entry").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.sdk import Origin, Remark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forwardresolve_backends._text_files import TextFile

_ENTRY: Final = re.compile(r'\s*(?P<name>(?:"(?:\\.|[^"\\])*"|[^":\s])+)\s*:(?P<value>.*)', re.DOTALL)


@attrs.frozen
class AliasLine:
    """One entry.

    Args:
        name: What stands before the colon, folded, without quotes around the whole of it.
        value: What stands behind it, continuation lines included.
        origin: The file and the line where it begins.
    """

    name: str
    value: str
    origin: Origin


def alias_lines(file: TextFile) -> Iterator[AliasLine | Remark]:
    """Read the entries of a file, each name once.

    Args:
        file: The file.

    Yields:
        The entries as they come, and a remark for each line that is none or comes too late.

    Raises:
        BackendError: As in `TextFile.lines`.
    """
    seen: dict[str, str] = {}
    for number, text in logical_lines(file.lines()):
        origin = Origin(str(file.path), f"line {number}")
        found = _ENTRY.fullmatch(text)
        if found is None or not found["value"].strip():
            yield Remark("bad-line", f"this is no line of name: destinations: {text:.80}", origin=origin)
            continue
        name = _unquoted(found["name"]).casefold()
        if name in seen:
            said = f"{name} stands in {seen[name]} already, and only that line counts; join the two."
            yield Remark("duplicate-key", said, origin=origin)
            continue
        seen[name] = origin.key
        yield AliasLine(name, found["value"].strip(), origin)
    yield from file.remarks()


def logical_lines(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Join continued lines.

    Args:
        lines: The lines of a file.

    Yields:
        Where a logical line begins, counted from 1, and its text.
    """
    begun, text = 0, ""
    for number, line in enumerate(lines, 1):
        bare = line.strip()
        if not bare or bare[0] == "#":
            continue
        if begun and line[0].isspace():
            text = f"{text}\n{line.rstrip()}"
            continue
        if begun:
            yield begun, text
        begun, text = number, line.rstrip()
    if begun:
        yield begun, text


def _unquoted(name: str) -> str:
    inner = name[1:-1] if len(name) > 1 and name[0] == name[-1] == '"' else ""
    return re.sub(r"\\(.)", r"\1", inner) if inner and '"' not in inner.replace('\\"', "") else name
