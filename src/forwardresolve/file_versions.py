"""The version of files: a text that is another one when one of them is written to, replaced, or goes.

Only what the file system says of a file is asked, never its contents, so that tens of thousands of
files are looked at in a fraction of a second.
"""

from __future__ import annotations

import hashlib
import os
import time
from typing import TYPE_CHECKING, Final, NamedTuple

from forwardresolve.errors import BackendMisconfigured, BackendUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

_GRAIN: Final = 2.0
"""Seconds in which a file may change twice and look the same: FAT counts in twos, ext3 in ones."""

_REFUSED: Final = (PermissionError, IsADirectoryError, NotADirectoryError)
_ABSENT: Final = (FileNotFoundError, NotADirectoryError)


class FileState(NamedTuple):
    """What the file system says of a file; another one when it was written to or replaced.

    The time of the last change of the inode is part of it: a program may keep or set the time of
    writing, as ``cp -p`` and ``rsync -t`` do, but not that one.

    Args:
        device: The file system it lies on.
        inode: Its number there.
        size: Its size in bytes.
        modified: When its contents were written, in nanoseconds.
        changed: When anything of it was changed, in nanoseconds.
        is_fresh: Whether that was so shortly before the look that a further change might not show.
    """

    device: int
    inode: int
    size: int
    modified: int
    changed: int
    is_fresh: bool = False

    @classmethod
    def of(cls, status: os.stat_result, now: float | None = None) -> FileState:
        """Return the state that a status tells.

        Args:
            status: What ``os.stat`` gives of the path or of the open file.
            now: The time in seconds since 1970; without it no state is fresh.
        """
        is_fresh = now is not None and now - status.st_ctime < _GRAIN
        return cls(
            status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, is_fresh
        )


def version_of_files(
    paths: Iterable[str | os.PathLike[str]],
    *,
    optional: Iterable[str | os.PathLike[str]] = (),
    now: float | None = None,
) -> str:
    """Return a text that is another one when a file or directory has changed.

    Links are followed: one that is turned to another file counts as a change. A directory changes
    when an entry appears, goes or is renamed in it, not when a file in it is written to. The
    version of a file that was written within the last 2 seconds is another one later on, though the
    file stays: what was read then is read once more, because a write at the same moment would not show.

    Args:
        paths: What has to be there.
        optional: What may be there; that it is not is a state, too.
        now: The time in seconds since 1970; without it the clock is asked.

    Raises:
        BackendMisconfigured: What is at a path may not be seen.
        BackendUnavailable: Nothing is there that has to be, or the disk fails.
    """
    moment = time.time() if now is None else now
    digest = hashlib.sha256()
    for path in paths:
        try:
            state = FileState.of(os.stat(path), moment)  # noqa: PTH116 (a Path of each would take as long again)
        except OSError as error:
            raise file_error(path, error) from error
        digest.update(f"{os.fspath(path)}\0{tuple(state)}\n".encode(errors="surrogateescape"))
    for path in optional:
        found = state_if_there(path, moment)
        digest.update(f"{os.fspath(path)}\0{found and tuple(found)}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def state_if_there(path: str | os.PathLike[str], now: float | None = None) -> FileState | None:
    """Return the state of what is at a path, or None.

    Args:
        path: Where to look.
        now: The time in seconds since 1970; without it the clock is asked.

    Raises:
        BackendError: As in `version_of_files`.
    """
    try:
        return FileState.of(os.stat(path), time.time() if now is None else now)  # noqa: PTH116 (as above)
    except _ABSENT:
        return None
    except OSError as error:
        raise file_error(path, error) from error


def file_error(path: str | os.PathLike[str], error: OSError) -> BackendMisconfigured | BackendUnavailable:
    """Say what a file system refuses, and whose job it is: the admin's or that of who runs the disk.

    Args:
        path: What was asked for.
        error: What came of it.
    """
    if isinstance(error, _REFUSED):
        return BackendMisconfigured(f"{path}: {error.strerror}; check the path and who may read it")
    return BackendUnavailable(f"{path}: {error.strerror}")
