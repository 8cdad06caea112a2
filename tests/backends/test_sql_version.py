"""What a database holds has another version after every change, on SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest
import sqlalchemy as sa

from backends.panels.mailcow import MAILCOW
from backends.postfixadmin_panel import create_tables, fill_tables
from forwardresolve import file_versions
from forwardresolve.errors import BackendError
from forwardresolve.options import structure
from forwardresolve.pace import Pace
from forwardresolve.sdk import BackendMisconfigured, Secret
from forwardresolve.watch.polling import Polling
from forwardresolve_backends import _sql_version
from forwardresolve_backends.postfixadmin import PostfixAdmin
from forwardresolve_backends.sieve import Sieve
from forwardresolve_backends.sql import Sql

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from forwardresolve.sdk import Backend
    from forwardresolve_backends._sql_connection import Query
    from servers.sql import Database

TICK: Final = 0.02
"""Seconds after which the file system tells another time."""

FORWARDS: Final = "SELECT source, destination, active FROM redirect"
TABLE: Final = {"forwards": {"table": "redirect", "active": "active"}}


@pytest.fixture(autouse=True)
def _nothing_is_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let only changes make a difference, not the age of a file."""
    monkeypatch.setattr(file_versions, "_GRAIN", 0)


@pytest.fixture
def panel(database: Database) -> Database:
    """Fill a table."""
    database.execute(
        "CREATE TABLE redirect (source varchar(255), destination text, active integer, note text, "
        "modified integer)"
    )
    for source in ("ann", "ben", "cat"):
        write(database, source, f"{source}@out.example", 1)
    return database


def write(database: Database, source: str, destination: str | None, modified: int) -> None:
    database.insert(
        "redirect",
        {
            "source": f"{source}@a.example",
            "destination": destination,
            "active": 1,
            "note": "",
            "modified": modified,
        },
    )


def backend(database: Database, **options: Any) -> Sql:  # noqa: ANN401 (whatever TOML gives)
    return structure({"url": database.url, **options}, Sql, "source.panel")


def is_seen(backend: Backend, change: Callable[[], object]) -> bool:
    """Tell whether polling sees a change, after it has seen that there is none."""
    polling = Polling({"panel": backend}, Pace(poll=1), lambda: 0.0)
    polling.look(0)
    polling.was_read(0)
    list(backend.records())
    assert polling.look(1).changed == ()
    time.sleep(TICK)
    change()
    look = polling.look(2)
    assert not look.failed
    return look.changed == ("panel",)


CHANGES: Final = {
    "a text of the same length": "UPDATE redirect SET destination = 'ban@out.example' WHERE source LIKE 'b%'",
    "no text any more": "UPDATE redirect SET destination = NULL WHERE source LIKE 'ben%'",
    "an empty text": "UPDATE redirect SET destination = '' WHERE source LIKE 'ben%'",
    "switched off": "UPDATE redirect SET active = 0 WHERE source LIKE 'ben%'",
    "one takes the other's place": (
        "UPDATE redirect SET destination = CASE WHEN source LIKE 'ann%' THEN 'ben@out.example' "
        "ELSE 'ann@out.example' END WHERE source LIKE 'ann%' OR source LIKE 'ben%'"
    ),
    "a row that goes": "DELETE FROM redirect WHERE source LIKE 'ann%'",
    "a second one like it": "INSERT INTO redirect SELECT * FROM redirect WHERE source LIKE 'ann%'",
}


@pytest.mark.parametrize(
    "how", [{"queries": {"forwards": FORWARDS}}, {"tables": TABLE}], ids=["query", "table"]
)
@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES)
def test_every_change_is_seen(panel: Database, statement: str, how: dict[str, Any]) -> None:
    assert is_seen(backend(panel, **how), lambda: panel.execute(statement))


def test_what_stands_between_two_values_is_no_part_of_them(panel: Database) -> None:
    panel.execute("UPDATE redirect SET source = 'a@a.example', destination = 'b@a.example c'")
    shift = "UPDATE redirect SET source = 'a@a.example b', destination = '@a.example c'"
    assert is_seen(backend(panel, tables=TABLE), lambda: panel.execute(shift))


def test_a_column_that_does_not_count_is_no_change_on_a_server(panel: Database) -> None:
    note = "UPDATE redirect SET note = 'seen'"
    seen = is_seen(backend(panel, tables=TABLE), lambda: panel.execute(note))
    assert seen == (panel.kind == "sqlite")  # a file tells that it was written to, and no more


def test_a_query_with_a_semicolon_and_a_comment_is_added_up(panel: Database) -> None:
    asked = backend(panel, queries={"forwards": f"{FORWARDS} -- all of them\nWHERE 1 = 1;\n"})
    assert asked.version() == asked.version() != ""


def test_a_server_that_does_not_add_up_a_query_cannot_tell(panel: Database) -> None:
    twice = "SELECT source, destination, active, active FROM redirect WHERE destination LIKE '%@out.example'"
    said = backend(panel, queries={"forwards": twice}).version()
    assert bool(said) == (panel.kind == "sqlite")


class Paper:
    """A server that writes down what it is asked, and answers what it was told to."""

    def __init__(self, *answers: tuple[tuple[str, ...], list[tuple[object, ...]]]) -> None:
        self.asked: list[str] = []
        self.is_abandoned = False
        self._answers = iter(answers)

    def ask(self, query: Query) -> tuple[tuple[str, ...], Iterator[list[tuple[object, ...]]]]:
        self.asked.append(query.within.replace("{}", str(query.statement)))
        try:
            columns, rows = next(self._answers)
        except StopIteration:
            msg = "refused"
            raise BackendMisconfigured(msg) from None
        return columns, iter([rows])

    def abandon(self) -> None:
        self.is_abandoned = True


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_server_adds_up_the_columns_that_count(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = ("source", "DESTINATION", "active", "note")
    versions = []
    for number in (3, 4):
        paper = Paper((columns, []), (("count", "sum"), [(number, 7)]))
        monkeypatch.setattr(_sql_version, "open_database", lambda _, paper=paper: nullcontext(paper))
        asked = structure(
            {"url": f"{kind}://host/mail", "queries": {"forwards": f"{FORWARDS};\n"}}, Sql, "source.panel"
        )
        versions.append(asked.version())
        first, second = paper.asked
        assert first.replace("\n", " ").split(FORWARDS) == ["SELECT * FROM ( ", " ) AS q LIMIT 0"]
        assert f"(\n{FORWARDS}\n) AS q" in second
        assert [name for name in columns if name in second] == ["source", "DESTINATION", "active"]
    assert versions[0] != versions[1]


def test_a_server_that_refuses_to_add_up_cannot_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    paper = Paper()
    monkeypatch.setattr(_sql_version, "open_database", lambda _: nullcontext(paper))
    tables = {"forwards": {"table": "redirect", "modified": "modified"}}
    asked = structure({"url": "mariadb://host/mail", "tables": tables}, Sql, "source.panel")
    assert asked.version() == ""
    assert paper.is_abandoned
    assert "max(anon_1.modified)" in paper.asked[0]
    newest = Paper((("count", "max"), [(3, 7)]))
    monkeypatch.setattr(_sql_version, "open_database", lambda _: nullcontext(newest))
    assert asked.version() != ""


def test_scripts_on_a_server_cannot_tell() -> None:
    asked = Sieve(url=Secret("mariadb://host/mail"), query="SELECT address, script, active FROM scripts")
    assert asked.version() == ""


def test_a_database_that_does_not_answer_is_an_error(panel: Database) -> None:
    url = sa.make_url(panel.url).set(database="/nowhere/there" if panel.kind == "sqlite" else "nowhere")
    gone = Sql(
        url=Secret(url.render_as_string(hide_password=False)), tables=backend(panel, tables=TABLE).tables
    )
    with pytest.raises(BackendError):
        gone.version()


def test_the_newest_row_and_their_number_tell_where_a_column_is_named(panel: Database) -> None:
    table = {"forwards": {**TABLE["forwards"], "modified": "modified", "where": {"active": [1, 2]}}}
    asked = backend(panel, tables=table)
    assert is_seen(asked, lambda: panel.execute("UPDATE redirect SET modified = 2 WHERE source LIKE 'ann%'"))
    assert is_seen(asked, lambda: panel.execute("DELETE FROM redirect WHERE source LIKE 'ben%'"))
    assert is_seen(asked, lambda: panel.execute("UPDATE redirect SET active = 0 WHERE source LIKE 'ann%'"))
    assert is_seen(asked, lambda: write(panel, "dan", "x@out.example", 9))
    silent = "UPDATE redirect SET destination = 'y@out.example' WHERE source LIKE 'dan%'"
    assert is_seen(asked, lambda: panel.execute(silent)) == (panel.kind == "sqlite")


POSTFIXADMIN: Final = (
    "UPDATE alias SET goto = 'x@out.example' WHERE address = 'alice@acme.example'",
    "DELETE FROM mailbox WHERE username = 'alice@acme.example'",
    "UPDATE domain SET transport = 'smtp:[192.0.2.9]' WHERE domain = 'acme.example'",
    "UPDATE alias_domain SET target_domain = 'catchall.example' WHERE alias_domain = 'twin.example'",
)


def test_every_table_of_postfixadmin_tells(database: Database) -> None:
    create_tables(database)
    fill_tables(database)
    asked = PostfixAdmin(url=Secret(database.url))
    assert [is_seen(asked, partial(database.execute, each)) for each in POSTFIXADMIN] == [True] * 4


@pytest.mark.live
@pytest.mark.parametrize("kind", ["mariadb"])
def test_a_row_of_mailcow_that_expires_is_seen(panel_database: Database) -> None:
    MAILCOW.create(panel_database)
    panel_database.execute(
        "INSERT INTO spamalias (address, goto, validity) "
        "VALUES ('short@a.example', 'ann@a.example', UNIX_TIMESTAMP() + 1)"
    )
    asked = backend(panel_database, preset="mailcow")
    before = asked.version()
    time.sleep(2.5)
    assert asked.version() != before


@pytest.mark.parametrize("is_linked", [False, True])
def test_a_sqlite_file_tells_what_stands_in_its_journal_only(tmp_path: Path, *, is_linked: bool) -> None:
    path = tmp_path / "panel.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("CREATE TABLE redirect (source TEXT, destination TEXT, active INTEGER)")
        connection.commit()
        if is_linked:
            (tmp_path / "elsewhere").mkdir()
            (tmp_path / "elsewhere/link.db").symlink_to(path)
            path = tmp_path / "elsewhere/link.db"
        asked = structure({"url": f"sqlite:///{path}", "tables": TABLE}, Sql, "source.panel")

        def insert() -> None:
            connection.execute("INSERT INTO redirect VALUES ('a@a.example', 'b@b.example', 1)")
            connection.commit()

        before = path.stat().st_mtime_ns
        assert is_seen(asked, insert)
        assert is_seen(asked, insert)
        assert path.stat().st_mtime_ns == before


def test_an_index_of_a_journal_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    (tmp_path / "panel.db").touch()
    (tmp_path / "panel.db-shm").mkdir()
    asked = structure({"url": f"sqlite:///{tmp_path}/panel.db", "tables": TABLE}, Sql, "source.panel")
    with pytest.raises(BackendError, match=r"panel\.db-shm: Is a directory"):
        asked.version()


def test_scripts_in_a_sqlite_file_tell_and_those_on_a_server_do_not(database: Database) -> None:
    database.execute("CREATE TABLE scripts (address varchar(255), script text, active integer)")
    asked = Sieve(url=Secret(database.url), query="SELECT address, script, active FROM scripts")
    script = {"address": "a@a.example", "script": 'redirect "b@b.example";', "active": 1}
    if database.kind == "sqlite":
        assert is_seen(asked, lambda: database.insert("scripts", script))
    else:
        assert asked.version() == ""
