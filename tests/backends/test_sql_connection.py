"""A database is seen at one moment, whole and in bounded memory, or the read raises and says why."""

from __future__ import annotations

import socket
import sqlite3
import sys
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from forwardresolve.sdk import (
    BackendDataError,
    BackendMisconfigured,
    BackendNotInstalled,
    BackendUnavailable,
    Forward,
    Mailbox,
    Secret,
)
from forwardresolve_backends.sql import Queries, Sql
from servers.private import free_port
from servers.sql import PASSWORD, Database

if TYPE_CHECKING:
    from pathlib import Path

    from servers.sql import Server

FORWARDS = "SELECT source, destination, active FROM redirect"
MAILBOXES = "SELECT source AS address, active FROM redirect"


def sql(url: str, **queries: str) -> Sql:
    return Sql(url=Secret(url), queries=Queries(**queries or {"forwards": FORWARDS}))


def fill(database: Database, rows: int, width: int = 20) -> None:
    """Make a table of forwardings; their destinations have so many characters."""
    database.execute("CREATE TABLE redirect (source varchar(255), destination text, active integer)")
    destination = f"{'x' * (width - 10)}@b.example"
    database.insert(
        "redirect",
        *({"source": f"user{n}@a.example", "destination": destination, "active": 1} for n in range(rows)),
    )


def message(backend: Sql, error: type[Exception]) -> str:
    """Read and return what is said when it fails; it must hold no secret."""
    with pytest.raises(error) as raised:
        list(backend.records())
    said = str(raised.value)
    assert PASSWORD not in said
    assert "\n" not in said
    return said


def test_a_change_during_the_read_is_not_seen(database: Database) -> None:
    if database.kind == "sqlite":  # without it a writer waits for the reader
        database.execute("PRAGMA journal_mode=WAL")
    fill(database, 5000)
    records = sql(database.url, mailboxes=MAILBOXES, forwards=FORWARDS).records()
    assert isinstance(next(records), Mailbox)
    database.execute("DELETE FROM redirect WHERE source <> 'user1@a.example'")
    rest = list(records)
    assert sum(isinstance(record, Mailbox) for record in rest) == 4999
    assert sum(isinstance(record, Forward) for record in rest) == 5000


def test_memory_stays_bounded(database: Database) -> None:
    fill(database, 20_000, width=500)
    records = sql(database.url).records()
    next(records)
    tracemalloc.start()
    count = 1 + sum(1 for _ in records)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_000
    assert peak < 4_000_000  # all rows together take three times as much


def test_a_read_that_is_given_up_leaves_nothing_behind(database: Database) -> None:
    fill(database, 10_000)
    records = sql(database.url).records()
    next(records)
    del records
    database.execute("DROP TABLE redirect")


@pytest.mark.live
def test_a_server_that_dies_in_the_middle_never_ends_the_read_early(
    mortal_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    database = mortal_server.new_database()
    fill(database, 20_000, width=2000)
    records = sql(database.url).records()
    next(records)
    mortal_server.process.kill()
    mortal_server.process.wait()
    with pytest.raises(
        BackendUnavailable, match=r"queries\.forwards: does not answer \(.+\); check that it runs"
    ):
        list(records)
    assert not caplog.records


@pytest.mark.live
def test_a_wrong_password_is_refused(server: Server) -> None:
    url = server.url().replace("s3cr", "wr0ng")
    said = message(sql(url), BackendMisconfigured)
    assert "refuses the user" in said
    assert "wr0ng" not in said
    assert "check user and password in the url" in said


@pytest.mark.live
def test_a_database_that_is_not_there_is_named(server: Server) -> None:
    said = message(sql(server.url("nowhere")), BackendMisconfigured)
    assert said.startswith(f"{server.kind}://127.0.0.1:{server.port}/nowhere: does not exist (")


@pytest.mark.live
def test_a_user_who_may_not_read_is_told_so(server: Server) -> None:
    database = server.new_database()
    fill(database, 1)
    name = database.url.rpartition("/")[2]
    if server.kind == "postgresql":
        database.execute(f"CREATE ROLE reader_{name} LOGIN PASSWORD '{PASSWORD}'")
    else:
        database.execute(
            f"CREATE USER reader_{name}@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'",
            "CREATE TABLE other (a integer)",
            f"GRANT SELECT ON other TO reader_{name}@'127.0.0.1'",
        )
    said = message(sql(server.url(name, user=f"reader_{name}")), BackendMisconfigured)
    assert "must not be read by this user" in said
    assert "grant SELECT" in said


@pytest.mark.parametrize("kind", ["postgresql", "mariadb", "mysql"])
def test_nobody_listening_is_unavailable(kind: str) -> None:
    said = message(sql(f"{kind}://ro@127.0.0.1:{free_port()}/mail"), BackendUnavailable)
    assert "does not answer" in said


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_an_unknown_host_is_unavailable(kind: str) -> None:
    assert "does not answer" in message(sql(f"{kind}://ro@db.invalid/mail"), BackendUnavailable)


@pytest.mark.parametrize(
    ("kind", "patience"), [("postgresql", "connect_timeout=2"), ("mariadb", "read_timeout=1")]
)
def test_a_server_that_never_speaks_is_unavailable(kind: str, patience: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"{kind}://ro@127.0.0.1:{listener.getsockname()[1]}/mail?{patience}"
        assert "does not answer" in message(sql(url), BackendUnavailable)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ro@127.0.0.1:1/mail?no_such_parameter=1",
        "mariadb://ro@127.0.0.1:1/mail?no_such_parameter=1",
        "mariadb://ro@127.0.0.1:1/mail?connect_timeout=soon",
        "mariadb://ro@127.0.0.1:1/mail?ssl_ca=/nowhere/ca.pem",
    ],
)
def test_parameters_that_the_driver_refuses_are_told(url: str) -> None:
    assert "check what follows the ? in the url" in message(sql(url), BackendMisconfigured)


@pytest.mark.parametrize(
    ("kind", "driver", "extra"), [("postgresql", "psycopg", "postgresql"), ("mysql", "pymysql", "mysql")]
)
def test_a_missing_driver_names_what_to_install(
    kind: str, driver: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, driver, None)
    said = message(sql(f"{kind}://ro@db.example/mail"), BackendNotInstalled)
    assert said.startswith(
        f"{kind}://db.example/mail needs {driver}; run: pip install 'forwardresolve[{extra}]'"
    )


def test_a_missing_file_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "panel.db"
    assert f"there is no SQLite file {file}" in message(sql(f"sqlite:///{file}"), BackendMisconfigured)
    assert not file.exists()


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    file = tmp_path / "panel.db"
    file.write_text("address,goto\n" * 1000)
    assert "cannot be read as an SQLite file (file is not a database)" in message(
        sql(f"sqlite:///{file}"), BackendMisconfigured
    )


def test_a_damaged_file_never_ends_the_read_early(tmp_path: Path) -> None:
    database = Database("sqlite", f"sqlite:///{tmp_path}/panel.db")
    fill(database, 20_000)
    file = tmp_path / "panel.db"
    whole = file.read_bytes()
    file.write_bytes(whole[:300_000] + b"\xff" * (len(whole) - 300_000))
    assert "is damaged" in message(sql(database.url), BackendDataError)


def test_a_locked_file_is_unavailable(tmp_path: Path) -> None:
    database = Database("sqlite", f"sqlite:///{tmp_path}/panel.db")
    fill(database, 1)
    writer = sqlite3.connect(tmp_path / "panel.db", isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    said = message(sql(f"{database.url}?timeout=0.1"), BackendUnavailable)
    writer.close()
    assert "is locked by a writer (database is locked); run again when it has finished" in said


def test_a_file_name_may_hold_anything(tmp_path: Path) -> None:
    file = tmp_path / "panel # 100%.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE redirect (source, destination, active)")
    connection.close()
    assert list(sql(f"sqlite:///{file}").records()) == []


@pytest.fixture
def half_readable(tmp_path: Path) -> str:
    """Make a database with a text that is not UTF-8, far behind the beginning."""
    database = Database("sqlite", f"sqlite:///{tmp_path}/panel.db")
    fill(database, 9_000)
    database.execute(
        "INSERT INTO redirect VALUES (CAST(x'636166e9' AS text), 'x@b.example', 1)",
        "INSERT INTO redirect VALUES ('last@a.example', 'x@b.example', 1)",
    )
    return database.url


def test_a_text_that_is_not_utf8_breaks_nothing_off(half_readable: str) -> None:
    records = list(sql(half_readable).records())
    sources = [record.source for record in records if isinstance(record, Forward)]
    assert len(sources) == len(set(sources)) == 9_002
    assert {"caf\ufffd", "last@a.example"} <= set(sources)
    assert [getattr(record, "id", "") for record in records[9_002:]] == ["not-utf8"]


@pytest.mark.parametrize("query", ["PRAGMA foreign_keys = 1", "BEGIN", "SELECT 1; SELECT 2", "SELECT :a", ""])
def test_what_is_no_single_select_is_refused(query: str, tmp_path: Path) -> None:
    (tmp_path / "panel.db").touch()
    message(sql(f"sqlite:///{tmp_path}/panel.db", forwards=query or " "), BackendMisconfigured)
