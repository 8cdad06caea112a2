"""Queries that are narrowed to some addresses give every row that may be meant, on every database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from forwardresolve.sdk import Forward, Record, Scope, Secret
from forwardresolve_backends._sql_connection import Query
from forwardresolve_backends._sql_scope import narrow
from forwardresolve_backends.sql import ForwardsTable, Queries, Sql, Tables

if TYPE_CHECKING:
    from collections.abc import Iterable

    from servers.sql import Database

CATCH_ALL = "@a.example"
KEYS = {
    "info@a.example": [
        "info@a.example",
        "INFO@A.Example",
        '"info"@a.example',
        " info@a.example",
        "<info@a.example>",
    ],
    "info@xn--mnchen-3ya.example": [
        "info@münchen.example",
        "Info@MÜNCHEN.example.",
        "info@xn--mnchen-3ya.EXAMPLE",
    ],
    "strasse@a.example": ["straße@a.example", "STRASSE@a.example.", '"str"asse@a.example\t'],
    '"john doe"@a.example': ["john doe@a.example", '"John\\ Doe"@a.example'],
    '"a,b"@a.example': ["a,b@a.example", '"a\\,b"@A.example'],
    CATCH_ALL: ["@A.example", " @a.example."],
    "100%@a.example": ["100%@a.example"],
    "root": ["Root", " root"],
}
TEXTS = [text for texts in KEYS.values() for text in texts] + ["info@b.example", "other@a.example"]
TABLES = Tables(forwards=ForwardsTable(table="redirect"))


@pytest.fixture
def panel(database: Database) -> Database:
    """Every spelling, in a table whose key knows no case."""
    database.execute("CREATE TABLE redirect (source varchar(255), destination varchar(255))")
    database.insert("redirect", *({"source": text, "destination": "x@far.example"} for text in TEXTS))
    return database


def sources(records: Iterable[Record] | None, scope: Scope) -> list[str]:
    assert records is not None
    return sorted(each.source for each in records if isinstance(each, Forward) and scope.covers(each))


@pytest.mark.parametrize(
    "query",
    [
        "",
        "SELECT source, destination, 1 AS active FROM redirect",
        "SELECT source, destination, 1 AS active FROM redirect WHERE source LIKE '%' OR source = ':x' ; \n",
        "SELECT source, destination, 1 AS active FROM redirect ORDER BY source LIMIT 1000 -- all; of '%s'",
        "WITH r AS (SELECT * FROM redirect) SELECT source, destination, 1 AS active FROM r",
        "SELECT source, destination, 1 AS active FROM redirect; -- which no other query can hold",
    ],
)
def test_every_spelling_of_an_address_is_found(query: str, panel: Database) -> None:
    url = Secret(panel.url)
    sql = Sql(url=url, queries=Queries(forwards=query)) if query else Sql(url=url, tables=TABLES)
    for key in KEYS.keys() - {CATCH_ALL}:
        scope = Scope.of([key])
        with_it = KEYS[CATCH_ALL] if key.endswith(CATCH_ALL) else []
        assert sources(sql.records_of(scope), scope) == sorted([*KEYS[key], *with_it])
    everything = Scope.of([*KEYS, *(f"u@d{number}.example" for number in range(20))])
    assert sources(sql.records_of(everything), everything) == sorted([*TEXTS[:-2], "other@a.example"])


def test_little_more_comes_than_is_meant(panel: Database) -> None:
    sql = Sql(url=Secret(panel.url), tables=TABLES)
    came = sql.records_of(Scope.of(["other@a.example"]))
    assert came is not None
    plain = {each.source for each in came if isinstance(each, Forward)}
    assert "other@a.example" in plain
    assert plain.isdisjoint(("info@a.example", "info@b.example", "100%@a.example"))


def test_a_promise_that_addresses_are_plain_is_relied_on(panel: Database) -> None:
    sql = Sql(url=Secret(panel.url), tables=TABLES, plain_addresses=True)
    scope = Scope.of(["info@a.example"])
    assert "info@a.example" in sources(sql.records_of(scope), scope)
    assert '"info"@a.example' not in sources(sql.records_of(scope), scope)
    whole = Scope.of(["@a.example"])
    assert {"info@a.example", "other@a.example"} <= {*sources(sql.records_of(whole), whole)}


@pytest.mark.live
def test_a_column_of_bytes_is_read_whole(mariadb_panel: Database) -> None:
    sql = Sql(url=Secret(mariadb_panel.url), tables=TABLES)
    scope = Scope.of(["info@a.example"])
    assert sources(sql.records_of(scope), scope) == ["INFO@A.example"]


@pytest.fixture
def mariadb_panel(mariadb: object) -> Database:
    """A column that knows no letters."""
    database: Database = mariadb.new_database()  # type: ignore[attr-defined]
    database.execute("CREATE TABLE redirect (source varbinary(255), destination text)")
    database.insert("redirect", {"source": b"INFO@A.example", "destination": "x@far.example"})
    return database


@pytest.mark.parametrize("dialect", [sqlite, postgresql, mysql])
@pytest.mark.parametrize("kind", ["domains", "alias_domains", "transports", "mailboxes", "forwards"])
@pytest.mark.parametrize("is_plain", [False, True])
def test_it_can_be_said_in_every_dialect(dialect: object, kind: str, *, is_plain: bool) -> None:
    name = str(getattr(dialect, "__name__", "")).rpartition(".")[2]
    query = Query("SELECT 1 AS active", "a place", "a remedy")
    narrowed = narrow(
        query, kind, Scope.of(["info@a.example", "@b.example", "root"]), name, is_plain=is_plain
    )
    assert isinstance(narrowed.statement, sa.Select)
    text = str(narrowed.statement.compile(dialect=dialect.dialect()))  # type: ignore[attr-defined]
    assert "SELECT 1 AS active" in text
    assert narrowed == attrs.evolve(query, statement=narrowed.statement)


def test_patterns_and_what_is_no_text_are_read_whole() -> None:
    query = Query("SELECT 1 AS active", "a place", "a remedy")
    assert narrow(query, "forwards", Scope.of(["j\ufffdrg@a.example"]), "sqlite", is_plain=False) is query
    assert narrow(query, "patterns", Scope.of(["info@a.example"]), "sqlite", is_plain=False) is query
