"""The recursive query in a private PostgreSQL that holds the rows already."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING, Final

import psycopg

from servers.postgresql import new_cluster, running_postgresql

from .way_sqlite import KEYS_IN_POSTGRESQL, SPLIT_IN_POSTGRESQL, statements

if TYPE_CHECKING:
    from collections.abc import Iterator

_SETTINGS: Final = {"shared_buffers": "1GB", "work_mem": "256MB", "temp_buffers": "1GB"}
"""As somebody sets them who wants such a query to be quick."""

_TABLES: Final = {
    "domain": ("SELECT domain FROM domain", "domain TEXT PRIMARY KEY"),
    "alias": ("SELECT address, goto, active FROM alias", "address TEXT PRIMARY KEY, goto TEXT, active INT"),
    "alias_domain": (
        "SELECT alias_domain, target_domain, active FROM alias_domain",
        "alias_domain TEXT PRIMARY KEY, target_domain TEXT, active INT",
    ),
}
"""What is asked of SQLite, and the columns that take it."""


@contextlib.contextmanager
def loaded(database: str) -> Iterator[psycopg.Connection]:
    """Start a server and give it the rows of an SQLite database."""
    with (
        new_cluster() as cluster,
        running_postgresql(cluster, **_SETTINGS) as server,
        psycopg.connect(server.new_database().url, autocommit=True) as connection,
    ):
        fill(connection, database)
        yield connection


def fill(connection: psycopg.Connection, database: str) -> None:
    """Copy the tables that the query reads."""
    with contextlib.closing(sqlite3.connect(database)) as panel:
        for table, (query, columns) in _TABLES.items():
            connection.execute(f"CREATE TABLE {table} ({columns})")
            with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                for row in panel.execute(query):
                    copy.write_row(row)
            connection.execute(f"ANALYZE {table}")


def listed(connection: psycopg.Connection) -> list[str]:
    """Return what PostgreSQL finds."""
    prepare, walk = statements(SPLIT_IN_POSTGRESQL, KEYS_IN_POSTGRESQL)
    for statement in prepare:
        connection.execute(statement)
    return [address for (address,) in connection.execute(walk)]
