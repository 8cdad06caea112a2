"""Fresh databases of every kind: a file of SQLite, and databases on private servers."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import quote

import attrs
import pytest
import sqlalchemy as sa

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence
    from pathlib import Path

Kind = Literal["sqlite", "postgresql", "mariadb"]

PASSWORD: Final = "s3cr/t@%"  # noqa: S105 (of servers that live as long as a test)
"""The password of every user: it needs percent-encoding, and no message may show it."""

_DRIVERS: Final = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "mariadb": "mariadb+pymysql"}
_numbers = itertools.count(1)


@attrs.frozen
class Database:
    """A database that a test fills and a backend reads.

    Args:
        kind: What it runs on.
        url: As an admin would write it into the configuration.
    """

    kind: Kind
    url: str

    def engine(self) -> sa.Engine:
        """Return a way in."""
        url = sa.make_url(self.url).set(drivername=_DRIVERS[self.kind])
        return sa.create_engine(url, poolclass=sa.NullPool)

    def execute(self, *statements: str) -> None:
        """Run SQL as it stands; every statement is committed by itself."""
        with self.engine().connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT")
            for statement in statements:
                connection.exec_driver_sql(statement, execution_options={"no_parameters": True})

    def insert(self, table: str, *rows: Mapping[str, Any]) -> None:
        """Insert rows that all have the same columns."""
        target = sa.table(table, *map(sa.column, rows[0]))
        with self.engine().begin() as connection:
            connection.execute(sa.insert(target), list(rows))


@attrs.frozen
class Server:
    """A running SQL server.

    Args:
        kind: What it is.
        port: Its port on loopback.
        first_database: A database that is always there.
        process: The process itself.
    """

    kind: Kind
    port: int
    first_database: str
    process: subprocess.Popen[bytes]

    def url(self, database: str = "", user: str = "owner", password: str = PASSWORD) -> str:
        """Return the url of a database; the user ``owner`` may do everything."""
        login = f"{user}:{quote(password, safe='')}"
        return f"{self.kind}://{login}@127.0.0.1:{self.port}/{database or self.first_database}"

    def new_database(self) -> Database:
        """Make an empty database."""
        name = f"panel{next(_numbers)}"
        Database(self.kind, self.url()).execute(f"CREATE DATABASE {name}")
        return Database(self.kind, self.url(name))


def on_servers(*more: Kind) -> Sequence[Any]:
    """Return the kinds that are servers, marked as live, with other kinds in front."""
    servers: Sequence[Kind] = ("postgresql", "mariadb")
    return [*more, *(pytest.param(kind, marks=pytest.mark.live) for kind in servers)]


@pytest.fixture(params=on_servers("sqlite"))
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """Make an empty database of each kind in turn."""
    if request.param == "sqlite":
        return Database("sqlite", f"sqlite:///{tmp_path}/panel.db")
    server: Server = request.getfixturevalue(request.param)
    return server.new_database()


@pytest.fixture(params=on_servers())
def server(request: pytest.FixtureRequest) -> Server:
    """Give each running server in turn."""
    running: Server = request.getfixturevalue(request.param)
    return running


@pytest.fixture(params=on_servers())
def mortal_server(request: pytest.FixtureRequest) -> Server:
    """Give a server of each kind in turn that the test may kill."""
    running: Server = request.getfixturevalue(f"mortal_{request.param}")
    return running
