"""A preset means what a real Postfix with the panel's own queries does, on the panel's own database."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from backends.panels.mailcow import MAILCOW
from backends.panels.mailinabox import MAILINABOX
from forwardresolve import ForwardingGraph, Resolution, resolve
from forwardresolve.options import structure
from forwardresolve_backends.sql import Sql
from servers.sql import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from backends.panels.panel import Panel
    from forwardresolve.sdk import Record

PANELS = (MAILCOW, MAILINABOX)


def on_its_databases(panel: Panel) -> Iterator[Any]:
    for kind in panel.databases:
        marks = [] if kind == "sqlite" else [pytest.mark.live]
        yield pytest.param(panel, kind, marks=marks, id=f"{panel.preset}-{kind}")


@pytest.fixture
def database(request: pytest.FixtureRequest, kind: str, tmp_path: Path) -> Database:
    """Make an empty database of the kind that the test is about."""
    if kind == "sqlite":
        return Database("sqlite", f"sqlite:///{tmp_path}/panel.db")
    made: Database = request.getfixturevalue(kind).new_database()
    return made


@pytest.fixture
def directory() -> Iterator[Path]:
    """Make a directory that the daemons of Postfix can read."""
    with tempfile.TemporaryDirectory(prefix="panel-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def read(database: Database, **options: Any) -> list[Record]:  # noqa: ANN401 (whatever TOML gives)
    return list(structure({"url": database.url, **options}, Sql, "source.panel").records())


def resolution_of(records: list[Record]) -> Resolution:
    return resolve(ForwardingGraph.from_sources({"panel": records}))


each_panel = pytest.mark.parametrize(
    ("panel", "kind"), [each for panel in PANELS for each in on_its_databases(panel)]
)


@each_panel
def test_the_list_is_the_expected_one(panel: Panel, database: Database) -> None:
    panel.create(database)
    panel.fill(database)
    resolution = resolution_of(read(database, preset=panel.preset))
    assert {address: resolution.verdict(address).listed for address in panel.listed} == panel.listed


@pytest.mark.live
@pytest.mark.usefixtures("private_postfix")
@each_panel
def test_what_is_listed_is_what_leaves_a_real_postfix(
    panel: Panel, database: Database, directory: Path
) -> None:
    panel.create(database)
    panel.fill(database)
    assert panel.ask_postfix(database, directory) == panel.listed
