"""Read text files whole: a file that cannot be read, or changes under the reading, is an error."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from forwardresolve.sdk import BackendIncomplete, FileState, Origin, Remark, file_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO


class TextFile:
    """A file of text, line by line.

    Args:
        path: Where it lies.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._undecodable = 0

    def lines(self) -> Iterator[str]:
        """Yield the lines with their ends; they end only when all of one state has been read.

        Raises:
            BackendMisconfigured: The file may not be read, or is no file.
            BackendUnavailable: It is not there, or cannot be read to its end.
            BackendIncomplete: It was changed while it was read.
        """
        try:
            with self.path.open("rb") as file:
                before = FileState.of(os.fstat(file.fileno()))
                yield from self._decoded(file)
                self._compare(before)
        except OSError as error:
            raise file_error(self.path, error) from error

    def remarks(self) -> Iterator[Remark]:
        """Say what was odd, once all lines have gone by."""
        if self._undecodable:
            text = f"{self._undecodable} lines are not UTF-8; what cannot be read in them is replaced."
            yield Remark("not-utf8", text, origin=Origin(str(self.path)))

    def _decoded(self, file: IO[bytes]) -> Iterator[str]:
        for line in file:
            try:
                yield line.decode()
            except UnicodeDecodeError:
                self._undecodable += 1
                yield line.decode(errors="replace")

    def _compare(self, before: FileState) -> None:
        """See that the path still names the file that was read, in the state that was read."""
        if FileState.of(self.path.stat()) != before:
            msg = f"{self.path}: was changed while it was read; run again"
            raise BackendIncomplete(msg)


def words(path: Path) -> list[str]:
    """Read a list of words, one a line; blank lines and comments are left out.

    Raises:
        BackendError: As in `TextFile.lines`.
    """
    lines = (line.partition("#")[0].strip() for line in TextFile(path).lines())
    return [line for line in lines if line]


def present(path: Path) -> Path | None:
    """Return a path where there is a file, else None.

    Raises:
        BackendMisconfigured: Whether there is one may not be seen.
    """
    try:
        path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise file_error(path, error) from error
    return path


def directories(path: Path) -> list[str]:
    """Return the names of the directories in one, sorted; links to directories count.

    Raises:
        BackendMisconfigured: It may not be read, or is no directory.
        BackendUnavailable: It is not there.
    """
    try:
        return sorted(each.name for each in path.iterdir() if each.is_dir())
    except OSError as error:
        raise file_error(path, error) from error
