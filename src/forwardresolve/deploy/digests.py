"""The digests of files, each read once as long as it stays the same file."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Final

from forwardresolve.rspamd.writing import present

if TYPE_CHECKING:
    from pathlib import Path

_SECOND: Final = 1_000_000_000
_TICK: Final = _SECOND // 10
"""How far apart two changes of a file have two times, and more; the clock of Linux that gives them
goes on every 1 to 10 milliseconds."""

Stamp = tuple[int, ...]


class Digests:
    """The digests of files of ours that this process has read.

    A file counts as the same while it has the same inode, size, and times of its last change, to
    the nanosecond; the time at which the inode changed can be set by nobody. A file that changed
    just before it was read is read again: a second change might have the same times.
    """

    def __init__(self) -> None:
        self._known: dict[Path, tuple[Stamp, str]] = {}

    def of(self, path: Path) -> str | None:
        """Return the SHA-256 of a file in hexadecimal; None where there is none.

        Raises:
            TargetError: As in `present`.
        """
        stamp = _stamp(path)
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        self._known.pop(path, None)
        now = time.time_ns()
        content = present(path)
        if content is None:
            return None
        digest = hashlib.sha256(content).hexdigest()
        if stamp is not None and stamp == _stamp(path) and _is_settled(stamp, now):
            self._known[path] = stamp, digest
        return digest


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _is_settled(stamp: Stamp, now: int) -> bool:
    """Tell whether another change would have another time; not where times are whole seconds."""
    changed = stamp[-1]
    return bool(changed % _SECOND) and changed + _TICK < now
