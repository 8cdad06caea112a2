"""A watched site on a disk that is quick."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deploy.conftest import now, tmp_path
from watch.panel import Watched, rows

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["now", "tmp_path"]


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    """A panel with one forwarding, which two targets hold."""
    made = Watched(tmp_path)
    made.give(*rows("ann>out@b.example", mailboxes=["ben"]), version="1")
    made.configure()
    made.first()
    return made
