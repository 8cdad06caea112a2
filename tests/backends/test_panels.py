"""A preset means what a real Postfix with the panel's own queries does, on the panel's own database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from backends.panels.froxlor import FROXLOR
from backends.panels.iredmail import IREDMAIL
from backends.panels.ispconfig import ISPCONFIG
from backends.panels.mailcow import MAILCOW
from backends.panels.mailinabox import MAILINABOX
from backends.panels.mailu import MAILU
from backends.panels.modoboa import MODOBOA
from backends.panels.panel import leaves
from backends.panels.plesk import PLESK
from backends.panels.vimbadmin import VIMBADMIN
from forwardresolve import ForwardingGraph, Resolution, resolve
from forwardresolve.options import structure
from forwardresolve.sdk import BackendMisconfigured, Domain
from forwardresolve_backends._sql_presets import find_preset
from forwardresolve_backends.sql import Sql

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from backends.panels.panel import Panel
    from forwardresolve.sdk import Record
    from servers.sql import Database, Kind

PANELS = (FROXLOR, IREDMAIL, ISPCONFIG, MAILCOW, MAILINABOX, MAILU, MODOBOA, PLESK, VIMBADMIN)


def panels_on(kinds: Callable[[Panel], Sequence[Kind]]) -> pytest.MarkDecorator:
    """Run a test with each panel on some kinds of database; those that are servers are live."""
    return pytest.mark.parametrize(
        ("panel", "kind"),
        [
            pytest.param(
                panel,
                kind,
                marks=[] if kind == "sqlite" else [pytest.mark.live],
                id=f"{panel.preset}-{kind}",
            )
            for panel in PANELS
            for kind in kinds(panel)
        ],
    )


def read(database: Database, **options: Any) -> list[Record]:  # noqa: ANN401 (whatever TOML gives)
    return list(structure({"url": database.url, **options}, Sql, "source.panel").records())


def resolution_of(records: list[Record]) -> Resolution:
    return resolve(ForwardingGraph.from_sources({"panel": records}))


@panels_on(lambda panel: panel.databases)
def test_the_list_is_the_expected_one(panel: Panel, panel_database: Database) -> None:
    panel.create(panel_database)
    panel.fill(panel_database)
    resolution = resolution_of(read(panel_database, preset=panel.preset, parameters=panel.parameters))
    assert {address: resolution.verdict(address).listed for address in panel.listed} == panel.listed


@pytest.mark.live
@pytest.mark.usefixtures("private_postfix")
@panels_on(lambda panel: panel.judges or panel.databases)
def test_what_is_listed_is_what_leaves_a_real_postfix(
    panel: Panel, panel_database: Database, postfix_directory: Path
) -> None:
    panel.create(panel_database)
    panel.fill(panel_database)
    outcomes = panel.ask_postfix(panel_database, list(panel.listed), postfix_directory)
    assert not any(outcome.error for outcome in outcomes.values())
    assert {address: leaves(outcome) for address, outcome in outcomes.items()} == panel.listed


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_mailu_without_the_newest_columns_is_read(panel_database: Database) -> None:
    MAILU.create(panel_database)
    MAILU.fill(panel_database)
    panel_database.execute(
        "DELETE FROM alias WHERE disabled OR owner_email IS NOT NULL",
        "ALTER TABLE alias DROP COLUMN disabled",
        "ALTER TABLE alias DROP COLUMN owner_email",
    )
    resolution = resolution_of(read(panel_database, preset="mailu"))
    expected = {**MAILU.listed, "owned@acme.example": False}
    assert {address: resolution.verdict(address).listed for address in MAILU.listed} == expected


@pytest.mark.live
@pytest.mark.parametrize("kind", ["mariadb"])
def test_a_mailcow_before_permanent_aliases_is_read(panel_database: Database) -> None:
    MAILCOW.create(panel_database)
    MAILCOW.fill(panel_database)
    panel_database.execute("ALTER TABLE spamalias DROP COLUMN permanent")
    resolution = resolution_of(read(panel_database, preset="mailcow"))
    expected = {**MAILCOW.listed, "ever@acme.example": False, "ann@twin.example": False}
    assert {address: resolution.verdict(address).listed for address in MAILCOW.listed} == expected


@pytest.mark.live
@pytest.mark.parametrize("kind", ["mariadb"])
def test_ispconfig_reads_the_rows_of_all_servers_unless_one_is_named(panel_database: Database) -> None:
    ISPCONFIG.create(panel_database)
    ISPCONFIG.fill(panel_database)
    of_all = {each.name for each in read(panel_database, preset="ispconfig") if isinstance(each, Domain)}
    of_one = read(panel_database, preset="ispconfig", parameters={"server_id": 2})
    assert "acme.example" in of_all
    assert [each.name for each in of_one if isinstance(each, Domain)] == ["other.example"]


@pytest.mark.parametrize(
    ("kind", "preset", "table", "column"),
    [
        ("sqlite", "modoboa", "admin_alias", "expire_at"),
        ("sqlite", "mailu", "alias", "wildcard"),
        pytest.param("mariadb", "mailcow", "spamalias", "validity", marks=pytest.mark.live),
        pytest.param("mariadb", "ispconfig", "mail_user", "disabledeliver", marks=pytest.mark.live),
        pytest.param("postgresql", "iredmail", "forwardings", "forwarding", marks=pytest.mark.live),
    ],
)
def test_a_column_that_is_missing_is_named_with_the_versions_that_are_known(
    panel_database: Database, preset: str, table: str, column: str
) -> None:
    panel = next(each for each in PANELS if each.preset == preset)
    panel.create(panel_database)
    panel_database.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO something")
    with pytest.raises(BackendMisconfigured) as raised:
        read(panel_database, preset=preset)
    said = str(raised.value)
    assert f"preset {preset}, " in said
    assert column in said
    assert f"the preset knows {find_preset(preset).knows}; " in said
