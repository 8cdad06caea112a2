"""Named queries and named tables give the same records on SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from forwardresolve.options import structure
from forwardresolve.sdk import (
    BackendMisconfigured,
    Domain,
    DomainAlias,
    Forward,
    Mailbox,
    Origin,
    Remark,
    Secret,
    Versioned,
)
from forwardresolve_backends.sql import Queries, Sql

if TYPE_CHECKING:
    from forwardresolve.sdk import Record
    from servers.sql import Database, Server

FORWARDS = "SELECT source, destination, active FROM redirect"


@pytest.fixture
def panel(database: Database) -> Database:
    """Fill the tables of a panel that nobody knows."""
    database.execute(
        "CREATE TABLE hosting_domain (id integer, name varchar(255), class varchar(10), enabled char(1))",
        "CREATE TABLE redirect (server_id integer, source varchar(255), destination text, active integer)",
        "CREATE TABLE account (address varchar(255), status integer)",
        "CREATE TABLE twin (alias varchar(255), target varchar(255))",
    )
    database.insert(
        "hosting_domain",
        {"id": 1, "name": "a.example", "class": "mailbox", "enabled": "Y"},
        {"id": 2, "name": "b.example", "class": "relay", "enabled": "Y"},
        {"id": 3, "name": "c.example", "class": "mailbox", "enabled": "N"},
    )
    database.insert(
        "redirect",
        {"server_id": 3, "source": "info@a.example", "destination": "x@c.example,y@c.example", "active": 1},
        {"server_id": 3, "source": "team@a.example", "destination": "x@c.example", "active": 1},
        {"server_id": 3, "source": "team@a.example", "destination": "y@c.example", "active": 1},
        {"server_id": 3, "source": "off@a.example", "destination": "y@c.example", "active": 0},
        {"server_id": 4, "source": "@b.example", "destination": "@a.example", "active": 1},
    )
    database.insert(
        "account", {"address": "Info@a.example", "status": 0}, {"address": "x@a.example", "status": 16}
    )
    database.insert("twin", {"alias": "d.example", "target": "a.example"})
    return database


def read(database: Database, **options: Any) -> list[Record]:  # noqa: ANN401 (whatever TOML gives)
    backend = structure({"url": database.url, **options}, Sql, "source.panel")
    return list(backend.records())


def forwards(records: list[Record]) -> set[tuple[str, object]]:
    return {(record.source, record.destinations) for record in records if isinstance(record, Forward)}


def test_named_queries_give_records(panel: Database) -> None:
    found = read(
        panel,
        queries={
            "domains": "SELECT name AS domain, class AS kind, enabled AS active FROM hosting_domain",
            "mailboxes": "SELECT 1 AS shields, 1 AS active, address FROM account WHERE status = 0",
            "forwards": f"{FORWARDS} WHERE source LIKE 'info%'",
            "alias_domains": "SELECT alias AS alias_domain, target AS target_domain, 1 AS active FROM twin",
        },
    )
    assert found == [
        Domain("a.example", "mailbox", Origin("queries.domains")),
        Domain("b.example", "relay", Origin("queries.domains")),
        Domain("c.example", "suspended", Origin("queries.domains")),
        DomainAlias("d.example", "a.example", Origin("queries.alias_domains")),
        Mailbox("Info@a.example", shields=True, origin=Origin("queries.mailboxes")),
        Forward("info@a.example", "x@c.example,y@c.example", origin=Origin("queries.forwards")),
    ]


def test_named_tables_give_the_same_records(panel: Database) -> None:
    found = read(
        panel,
        tables={
            "domains": {"table": "hosting_domain", "domain": "name", "kind": "class", "active": "enabled"},
            "mailboxes": {"table": "account", "active": "status", "active_values": [0], "shields": True},
            "forwards": {"table": "redirect", "active": "active", "where": {"source": "info@a.example"}},
            "alias_domains": {"table": "twin", "alias_domain": "alias", "target_domain": "target"},
        },
    )
    assert found == [
        Domain("a.example", "mailbox", Origin("hosting_domain")),
        Domain("b.example", "relay", Origin("hosting_domain")),
        Domain("c.example", "suspended", Origin("hosting_domain")),
        DomainAlias("d.example", "a.example", Origin("twin")),
        Mailbox("Info@a.example", shields=True, origin=Origin("account")),
        Forward("info@a.example", "x@c.example,y@c.example", origin=Origin("redirect")),
    ]


def test_destinations_may_stand_in_one_text_or_in_a_row_each(panel: Database) -> None:
    found = read(panel, queries={"forwards": FORWARDS})
    assert forwards(found) == {
        ("info@a.example", "x@c.example,y@c.example"),
        ("team@a.example", "x@c.example"),
        ("team@a.example", "y@c.example"),
        ("@b.example", "@a.example"),
    }


def test_without_active_every_row_counts(panel: Database) -> None:
    found = read(
        panel,
        tables={"forwards": {"table": "redirect"}, "domains": {"table": "hosting_domain", "domain": "name"}},
    )
    assert ("off@a.example", "y@c.example") in forwards(found)
    assert Domain("c.example", "mailbox", Origin("hosting_domain")) in found


@pytest.mark.parametrize(
    ("where", "sources"),
    [
        ({"server_id": 4}, {"@b.example"}),
        ({"server_id": "4"}, {"@b.example"}),
        ({"server_id": [3, 4], "source": ["@b.example", "info@a.example"]}, {"@b.example", "info@a.example"}),
        ({"source": "100%"}, set()),
    ],
)
def test_where_chooses_rows(panel: Database, where: dict[str, Any], sources: set[str]) -> None:
    found = read(panel, tables={"forwards": {"table": "redirect", "where": where}})
    assert {source for source, _ in forwards(found)} == sources


def test_a_table_may_stand_for_another_kind_of_postfix_table(panel: Database) -> None:
    found = read(
        panel,
        tables={"forwards": {"table": "redirect", "where": {"server_id": 4}, "postfix_table": "canonical"}},
    )
    assert found == [Forward("@b.example", "@a.example", "canonical", Origin("redirect"))]


def test_a_table_may_lie_in_a_schema_and_columns_may_have_any_name(database: Database) -> None:
    quote = "`" if database.kind == "mariadb" else '"'
    schema = {"sqlite": "main", "postgresql": "public"}.get(database.kind) or database.url.rpartition("/")[2]
    database.execute(f"CREATE TABLE {quote}User{quote} ({quote}From{quote} text, {quote}to %{quote} text)")
    database.insert("User", {"From": "a@a.example", "to %": "x@b.example"})
    mapping = {"table": f"{schema}.User", "source": "From", "destination": "to %"}
    assert forwards(read(database, tables={"forwards": mapping})) == {("a@a.example", "x@b.example")}


def test_a_missing_table_is_named(panel: Database) -> None:
    with pytest.raises(
        BackendMisconfigured,
        match=r"table redirects: cannot be read \(.*redirects.*\); check tables.forwards",
    ):
        read(panel, tables={"forwards": {"table": "redirects"}})


@pytest.mark.parametrize("column", ["target", "Target", "order"])
def test_a_missing_column_is_named(panel: Database, column: str) -> None:
    with pytest.raises(
        BackendMisconfigured, match=rf"table redirect: cannot be read \(.*{column}.*\); check"
    ):
        read(panel, tables={"forwards": {"table": "redirect", "destination": column}})


def test_a_query_that_the_database_refuses_is_named(panel: Database) -> None:
    with pytest.raises(BackendMisconfigured, match=r"queries.forwards: cannot be read \(.*\); check the SQL"):
        read(panel, queries={"forwards": "SELECT source, destination, active FORM redirect"})


def test_a_query_that_breaks_the_contract_is_named(panel: Database) -> None:
    with pytest.raises(
        BackendMisconfigured, match=r"queries.forwards gives the columns source, goto; it must"
    ):
        read(panel, queries={"forwards": "SELECT source, destination AS goto FROM redirect"})


def test_a_query_that_writes_is_refused_and_changes_nothing(panel: Database) -> None:
    with pytest.raises(BackendMisconfigured):
        read(panel, queries={"forwards": "DELETE FROM redirect"})
    assert len(forwards(read(panel, queries={"forwards": FORWARDS}))) == 4


def test_an_unclear_active_value_becomes_a_remark(panel: Database) -> None:
    found = read(panel, tables={"mailboxes": {"table": "account", "active": "status"}})
    assert [record.id for record in found if isinstance(record, Remark)] == ["unclear-active"]


def test_each_call_reads_afresh(panel: Database) -> None:
    backend = Sql(url=Secret(panel.url), queries=Queries(forwards=FORWARDS))
    first = list(backend.records())
    panel.execute("DELETE FROM redirect WHERE server_id = 4")
    assert len(list(backend.records())) == len(first) - 1


@pytest.mark.live
def test_an_array_of_postgresql_gives_several_destinations(postgresql: Server) -> None:
    database = postgresql.new_database()
    database.execute(
        "CREATE TABLE redirect (source text, destination text[], active boolean)",
        "INSERT INTO redirect VALUES ('a@a.example', ARRAY['x@b.example', 'y@b.example'], true)",
        "INSERT INTO redirect VALUES ('b@a.example', ARRAY['x@b.example'], false)",
    )
    assert forwards(read(database, queries={"forwards": FORWARDS})) == {
        ("a@a.example", ("x@b.example", "y@b.example"))
    }


@pytest.mark.live
def test_a_bit_of_mariadb_switches_a_row(mariadb: Server) -> None:
    database = mariadb.new_database()
    database.execute(
        "CREATE TABLE redirect (source varbinary(255), destination text, active bit(1))",
        "INSERT INTO redirect VALUES ('a@a.example', 'x@b.example', 1), ('b@a.example', 'x@b.example', 0)",
    )
    assert forwards(read(database, queries={"forwards": FORWARDS})) == {("a@a.example", "x@b.example")}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "there is nothing to read"),
        (
            {"queries": {"forwards": FORWARDS}, "tables": {"forwards": {"table": "redirect"}}},
            "queries and tables both say how to read forwards",
        ),
        ({"tables": {"forwards": {"table": "redirect", "active_values": ["Y"]}}}, "active_values is there"),
        ({"tables": {"forwards": {}}}, "source.panel.tables.forwards.table: is missing"),
        ({"tables": {"forwards": {"table": "redirect", "postfix_table": "virtuel"}}}, "postfix_table"),
        ({"queries": {"forward": FORWARDS}}, "queries.forward: is not known; did you mean forwards?"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(Exception, match="(?s)" + says.replace("?", r"\?")) as raised:
        structure({"url": "sqlite:///panel.db", **options}, Sql, "source.panel")
    assert type(raised.value).__name__ == "ConfigError"


def test_the_url_is_not_shown() -> None:
    backend = Sql(url=Secret("postgresql://ro:hush@db.example/mail"), queries=Queries(forwards=FORWARDS))
    assert "hush" not in repr(backend)


def test_the_version_is_another_one_when_the_query_answers_something_else(panel: Database) -> None:
    backend = Sql(
        url=Secret(panel.url),
        queries=Queries(forwards=FORWARDS),
        version_query="SELECT COUNT(*) FROM redirect",
    )
    assert isinstance(backend, Versioned)
    before = backend.version()
    assert before == backend.version() != ""
    panel.execute("DELETE FROM redirect WHERE server_id = 4")
    assert backend.version() != before


def test_a_version_query_that_is_refused_says_so(panel: Database) -> None:
    backend = Sql(
        url=Secret(panel.url), queries=Queries(forwards=FORWARDS), version_query="SELECT none FROM nil"
    )
    with pytest.raises(BackendMisconfigured, match=r"version_query: .*check the SQL"):
        backend.version()
