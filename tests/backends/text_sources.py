"""Files of text under the contract kit: written, and damaged as an interrupted copy damages them."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from forwardresolve.testing import BackendContract

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


class FilesContract(BackendContract):
    """What the backends of text files have in common: all lies below one directory."""

    def root(self, backend: Any) -> Path:  # noqa: ANN401 (of one class or the other)
        """Return the directory that holds every file of a backend."""
        raise NotImplementedError

    def break_backend(self, backend: Any) -> None:  # noqa: ANN401 (as above)
        for path in sorted(self.root(backend).rglob("*"), reverse=True):
            if path.is_file():
                path.write_bytes(path.read_bytes()[:10])
                path.unlink()


def write(path: Path, lines: Iterable[str]) -> None:
    """Write a file, its directories too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a file of comma-separated values."""
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
