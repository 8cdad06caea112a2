"""Write files that an admin is going to own, and never over one that is there."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from forwardresolve.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write_new(files: Mapping[Path, str], mode: int) -> tuple[Path, ...]:
    """Write files; one that already holds the same text is left as it is.

    Args:
        files: Each path with its text. Missing directories are made.
        mode: The permissions of new files.

    Returns:
        The files that were written.

    Raises:
        TargetError: One of them is there with another text (nothing was written then), or cannot
            be written.
    """
    path = None
    try:
        missing = {path: text for path, text in files.items() if not path.exists()}
        other = [path for path, text in files.items() if path not in missing and _read(path) != text]
        if other:
            raise TargetError(
                "\n".join(f"{path}: is there already and is not written over; move it away" for path in other)
            )
        for path, text in missing.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                os.fchmod(descriptor, mode)
                file.write(text)
    except OSError as error:
        msg = f"{error.filename or path}: cannot be written: {error.strerror}"
        raise TargetError(msg) from error
    return tuple(missing)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
