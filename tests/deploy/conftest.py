"""A time that stands still, and a disk that is quick."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 (where there is one, a file system in memory)


@pytest.fixture
def now() -> dt.datetime:
    """The first of March."""
    return dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """Lie in memory where that is possible: a deployment waits for the disk dozens of times."""
    if not os.access(_MEMORY, os.W_OK):
        yield tmp_path
        return
    path = Path(tempfile.mkdtemp(prefix=f"{tmp_path.name}-", dir=_MEMORY))
    yield path
    shutil.rmtree(path, ignore_errors=True)
