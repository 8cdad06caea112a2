"""Where the tests of panels put their rows, and what they tell Postfix."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from servers.sql import Database

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def panel_database(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Database:
    """Make an empty database of the kind that the test is about."""
    if kind == "sqlite":
        return Database("sqlite", f"sqlite:///{tmp_path}/panel.db")
    made: Database = request.getfixturevalue(kind).new_database()
    return made


@pytest.fixture
def postfix_directory() -> Iterator[Path]:
    """Make a directory that the daemons of Postfix can read."""
    with tempfile.TemporaryDirectory(prefix="panel-") as name:
        Path(name).chmod(0o755)
        yield Path(name)
