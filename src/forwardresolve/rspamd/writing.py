"""Put artifacts into a directory, by renames, and never over a file of somebody else's."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.errors import TargetError
from forwardresolve.rspamd.artifact import is_ours
from forwardresolve.rspamd.marker import MARKER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forwardresolve.rspamd.artifact import Artifact

FILE_MODE: Final = 0o644
"""Readable for Rspamd: 3.12 and 4.1 empty a map whose new file they cannot read (measured)."""

_DIRECTORY_MODE: Final = 0o755


@attrs.frozen
class Written:
    """What `write` did.

    Args:
        changed: The files that were put in place.
        unchanged: The files that already held the same bytes.
    """

    changed: tuple[Path, ...]
    unchanged: tuple[Path, ...]


def write(artifacts: Iterable[Artifact], directory: Path, *, mode: int = FILE_MODE) -> Written:
    """Write artifacts below a directory.

    Every file is checked before the first is written. A file comes into place by a rename, so a
    reader sees the old one or the new one; one whose bytes are right is not touched.

    Args:
        artifacts: The files.
        directory: The configuration root; it is made where it is missing.
        mode: The permissions of the files.

    Returns:
        What was written.

    Raises:
        TargetError: A file exists that we did not write, or the file system refuses; the files
            that were there stay.
    """
    changed, unchanged, problems = [], [], []
    for artifact in artifacts:
        path = directory / artifact.path
        try:
            there = present(path)
        except TargetError as error:
            problems.append(str(error))
            continue
        if there == artifact.content:
            unchanged.append(path)
        else:
            changed.append((path, artifact.content))
    if problems:
        raise TargetError("\n".join(problems))
    _put(changed, mode)
    return Written(tuple(path for path, _ in changed), tuple(unchanged))


def present(path: Path) -> bytes | None:
    """Return what a file of ours holds, or None where there is none.

    Raises:
        TargetError: It is somebody else's, no regular file, or cannot be read.
    """
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            msg = f"{path}: is no regular file, so it is not replaced; move it away"
            raise TargetError(msg)
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise TargetError(msg) from error
    if not is_ours(content):
        msg = (
            f"{path}: was not written by forwardresolve (its first line does not begin with "
            f'"{MARKER}"), so it is not replaced; move it away, or write to another directory'
        )
        raise TargetError(msg)
    return content


def _put(files: list[tuple[Path, bytes]], mode: int) -> None:
    """Write all files beside their places, then rename them one after the other."""
    staged: list[tuple[Path, Path]] = []
    try:
        for path, content in files:
            make_directory(path.parent)
            staged.append((stage(path, content, mode), path))
        for temporary, path in staged:
            temporary.replace(path)
        for directory in dict.fromkeys(path.parent for _, path in staged):
            sync(directory)
    except OSError as error:
        msg = f"{error.filename or path}: cannot be written: {error.strerror}"
        raise TargetError(msg) from error
    finally:
        for temporary, _ in staged:
            temporary.unlink(missing_ok=True)


def make_directory(directory: Path) -> None:
    """Make a directory and those above it, so that Rspamd gets through."""
    if not directory.is_dir():
        make_directory(directory.parent)
        directory.mkdir()
        directory.chmod(_DIRECTORY_MODE)  # whatever the umask says


def stage(path: Path, content: bytes, mode: int) -> Path:
    """Write a temporary file in the directory of its final place and bring it onto the disk."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        fill(descriptor, content, mode)
    except OSError:
        temporary.unlink()
        raise
    return temporary


def fill(descriptor: int, content: bytes, mode: int, owner: tuple[int, int] = (-1, -1)) -> None:
    """Write a new file, give it its owner and mode, and bring it onto the disk.

    Args:
        descriptor: The open file; it is closed.
        content: Its bytes.
        mode: Its permissions.
        owner: Numeric user and group; -1 leaves what it has.
    """
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        if owner != (-1, -1):
            os.fchown(file.fileno(), *owner)
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())


def replace(path: Path, content: bytes, mode: int) -> None:
    """Put a file in place of another by a rename, and bring both onto the disk.

    Raises:
        OSError: The file system refuses; what was there stays.
    """
    temporary = stage(path, content, mode)
    try:
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


def sync(directory: Path) -> None:
    """Bring the names in a directory onto the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
