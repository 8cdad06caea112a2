"""Presets are data that a user could write, and what does not fit is told in the words of the panel."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from backends.panels.mailinabox import MAILINABOX
from forwardresolve.errors import ConfigError
from forwardresolve.options import structure
from forwardresolve.sdk import BackendMisconfigured, Domain, Forward, Mailbox, Origin, Remark, Scope
from forwardresolve_backends._sql_presets import find_preset, preset_names
from forwardresolve_backends._sql_records import (
    ALIAS_DOMAINS,
    DOMAINS,
    FORWARDS,
    MAILBOXES,
    PATTERNS,
    TRANSPORTS,
)
from forwardresolve_backends.sql import Sql
from servers.sql import Database

if TYPE_CHECKING:
    from pathlib import Path

    from forwardresolve.sdk import Record

CONTRACTS = {
    "domains": DOMAINS,
    "alias_domains": ALIAS_DOMAINS,
    "mailboxes": MAILBOXES,
    "forwards": FORWARDS,
    "patterns": PATTERNS,
    "transports": TRANSPORTS,
}


@pytest.fixture
def box(tmp_path: Path) -> Database:
    """Make the database of a Mail-in-a-Box."""
    database = Database("sqlite", f"sqlite:///{tmp_path}/users.sqlite")
    MAILINABOX.create(database)
    MAILINABOX.fill(database)
    return database


def make(**options: Any) -> Sql:  # noqa: ANN401 (whatever TOML gives)
    return structure(options, Sql, "source.panel")


def read(database: Database, **options: Any) -> list[Record]:  # noqa: ANN401 (as above)
    return list(make(url=database.url, preset="mailinabox", **options).records())


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_says_what_it_reads(name: str) -> None:
    preset = find_preset(name)
    assert preset.panel
    assert preset.knows
    assert set(preset.databases) <= {"sqlite", "postgresql", "mysql"}
    for database in preset.databases:
        queries = preset.queries_on(database, {})
        assert {"domains", "forwards"} <= queries.keys() <= CONTRACTS.keys()
        assert not any("{" in text for text in queries.values())


def test_the_records_name_the_table_they_come_from(box: Database) -> None:
    found = read(box)
    assert Domain("acme.example", origin=Origin("preset mailinabox, domains")) in found
    shielded = Mailbox("ann@acme.example", shields=True, origin=Origin("preset mailinabox, mailboxes"))
    assert shielded in found
    assert Forward("info@acme.example", "ann@acme.example", origin=Origin("aliases")) in found


def test_a_query_of_ones_own_replaces_that_of_the_preset(box: Database) -> None:
    found = read(box, queries={"forwards": "SELECT 'a@acme.example' source, 'b' destination, 1 active"})
    assert [each.source for each in found if isinstance(each, Forward)] == ["a@acme.example"]
    assert Domain("acme.example", origin=Origin("preset mailinabox, domains")) in found


def test_a_table_of_ones_own_replaces_the_query_of_the_preset(box: Database) -> None:
    found = read(box, tables={"mailboxes": {"table": "users", "address": "email"}})
    assert Mailbox("ann@acme.example", origin=Origin("users")) in found
    assert len([each for each in found if isinstance(each, Mailbox)]) == len(MAILINABOX.rows["users"])


def test_the_queries_of_a_preset_can_be_written_by_hand(box: Database) -> None:
    queries = find_preset("mailinabox").queries_on("sqlite", {})
    by_hand = list(make(url=box.url, queries=dict(queries)).records())
    assert [type(each) for each in by_hand] == [type(each) for each in read(box)]
    assert {each for each in by_hand if isinstance(each, Forward)} == {
        each for each in read(box) if isinstance(each, Forward)
    }


def test_an_unknown_preset_is_told_with_those_there_are(box: Database) -> None:
    with pytest.raises(ConfigError, match=r"there is no preset 'mailcov'; there are .*mailcow, mailinabox"):
        make(url=box.url, preset="mailcov")


def test_an_unknown_parameter_is_told(box: Database) -> None:
    with pytest.raises(ConfigError, match="the preset mailinabox has no server_id; it has none"):
        make(url=box.url, preset="mailinabox", parameters={"server_id": 1})
    with pytest.raises(ConfigError, match="the preset ispconfig has no server; it has server_id"):
        make(url=box.url, preset="ispconfig", parameters={"server": 1})
    with pytest.raises(ConfigError, match="only a preset has some, so nothing asks for server_id"):
        make(url=box.url, queries={"forwards": "SELECT 1"}, parameters={"server_id": 1})


def test_a_parameter_is_a_number(box: Database) -> None:
    with pytest.raises(ConfigError, match=r"source\.panel\.parameters\.server_id"):
        make(url=box.url, preset="mailinabox", parameters={"server_id": "1; DROP TABLE users"})


def test_a_panel_that_does_not_run_on_such_a_database_is_told(box: Database) -> None:
    mailcow = make(url=box.url, preset="mailcow")
    with pytest.raises(
        BackendMisconfigured, match="the preset mailcow reads mysql, but the url names sqlite"
    ):
        list(mailcow.records())


def test_a_missing_column_is_named_with_the_versions_that_are_known(box: Database) -> None:
    box.execute("ALTER TABLE aliases RENAME COLUMN destination TO target")
    with pytest.raises(BackendMisconfigured) as raised:
        read(box)
    said = str(raised.value)
    assert (
        "users.sqlite, preset mailinabox, forwards: cannot be read (no such column: own.destination)" in said
    )
    assert f"the preset knows {find_preset('mailinabox').knows}; where your tables differ, set " in said
    assert said.endswith("set queries.forwards")


def test_a_missing_table_is_named(box: Database) -> None:
    box.execute("DROP TABLE auto_aliases")
    with pytest.raises(
        BackendMisconfigured, match=r"domains: cannot be read \(no such table: auto_aliases\)"
    ):
        read(box)


def test_an_experimental_preset_says_so_before_it_reads() -> None:
    records = make(url="mysql://reader@127.0.0.1:1/psa", preset="plesk").records()
    remark = next(iter(records))
    assert isinstance(remark, Remark)
    assert remark.id == "experimental-preset"
    assert remark.text.startswith("The preset plesk is experimental: its tables are known from others' tools")


def test_describe_lists_the_presets() -> None:
    first, *lines = Sql.describe({}).splitlines()
    assert first == "Presets:"
    assert [line.split()[0] for line in lines] == list(preset_names())


@pytest.mark.parametrize("name", preset_names())
def test_describe_writes_a_preset_as_it_stands_in_a_configuration(name: str, tmp_path: Path) -> None:
    preset = find_preset(name)
    for database in preset.databases:
        written = Sql.describe({"preset": name, "url": f"{database}://db/panel"})
        source = tomllib.loads(written)["source"]["panel"]
        assert {kind: text.strip() for kind, text in source["queries"].items()} == {
            kind: text.strip() for kind, text in preset.queries_on(database, {}).items()
        }
        assert isinstance(make(url=f"sqlite:///{tmp_path}/x", **source), Sql)


def test_describe_fills_in_parameters_and_says_what_else_there_is() -> None:
    written = Sql.describe({"preset": "ispconfig", "parameters.server_id": "7"})
    assert "# server_id is 7; --option parameters.server_id=N writes another." in written
    assert "WHERE 7 IN (0, d.server_id)" in written
    assert "# It also reads mysql, sqlite: --option url=mysql:" in Sql.describe({"preset": "modoboa"})
    assert "# Experimental: its tables are known" in Sql.describe({"preset": "plesk"})


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"preset": "mailcov"}, "there is no preset 'mailcov'; there are froxlor, "),
        ({"preset": "mailcow", "url": "sqlite:///x"}, "reads mysql, but the url names sqlite"),
        ({"preset": "ispconfig", "parameters.server_id": "one"}, "invalid literal"),
        ({"preset": "mailcow", "parameters.server_id": "1"}, "the preset mailcow has no server_id"),
    ],
)
def test_describe_refuses_what_does_not_fit(options: dict[str, str], said: str) -> None:
    with pytest.raises(BackendMisconfigured, match=said):
        Sql.describe(options)


@pytest.mark.parametrize(
    ("name", "address", "domain"),
    [("vimbadmin", True, True), ("iredmail", True, False), ("mailcow", False, False)],
)
def test_a_preset_knows_what_can_be_read_by_itself(name: str, *, address: bool, domain: bool) -> None:
    assert find_preset(name).can_narrow_to(Scope.of(["info@a.example"])) is address
    assert find_preset(name).can_narrow_to(Scope.of(["@a.example"])) is domain
