"""What a test has to know about a control panel: its tables, some rows, and what it tells Postfix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

import attrs
import sqlalchemy as sa

from servers.postfix import ask_postfix

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from scenarios import Outcome
    from servers.sql import Database, Kind

OUT: Final = "someone@outside.example.net"
"""Where forwardings lead that leave."""

SWITCHED_OFF: Final = "off.example"
"""The domain that every panel has switched off, where it can."""

_TABLE_TYPES: Final[Mapping[Kind, str]] = {
    "sqlite": "sqlite",
    "postgresql": "proxy:pgsql",  # the proxy spares connections, as the panels themselves do
    "mariadb": "proxy:mysql",
}


@attrs.frozen(kw_only=True)
class Panel:
    """A control panel.

    Args:
        preset: The preset that reads it.
        databases: The kinds of database that it runs on.
        tables: Table to its columns, with the types of one database in braces.
        types: Kind of database to the words that stand in braces.
        rows: Table to its rows; what a row leaves out has the default of its column.
        flags: Columns that hold a truth value, which PostgreSQL wants as such.
        postfix: Setting of main.cf to the panel's queries, paraphrased; a text is a plain value.
        on: Kind of database to the settings that read otherwise there.
        judges: The kinds of database that Postfix asks; None: all of them.
        parameters: Parameters of the preset.
        mailboxes: The addresses that take mail.
        listed: Address to whether mail to it leaves.
    """

    preset: str
    databases: Sequence[Kind]
    tables: Mapping[str, str]
    types: Mapping[Kind, Mapping[str, str]] = attrs.Factory(dict)
    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    flags: frozenset[str] = frozenset()
    postfix: Mapping[str, str | Sequence[str]]
    on: Mapping[Kind, Mapping[str, Sequence[str]]] = attrs.Factory(dict)
    judges: Sequence[Kind] | None = None
    parameters: Mapping[str, int] = attrs.Factory(dict)
    mailboxes: Sequence[str] = ()
    listed: Mapping[str, bool]

    def create(self, database: Database) -> None:
        """Create the tables of an empty database."""
        types = self.types.get(database.kind, {})
        database.execute(
            *(
                f"CREATE TABLE {_quoted(table, database)} ({columns.format_map(types)})"
                for table, columns in self.tables.items()
            )
        )

    def fill(self, database: Database) -> None:
        """Put the rows into the tables."""
        for table, rows in self.rows.items():
            self.insert(database, table, rows)

    def insert(self, database: Database, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Insert rows; a `Now` becomes a time of the database's own clock."""
        with database.engine().begin() as connection:
            for row in rows:
                shaped = self.shape(row, database)
                target = sa.table(table, *map(sa.column, shaped))
                connection.execute(sa.insert(target).values(shaped))

    def shape(self, row: Mapping[str, Any], database: Database) -> dict[str, Any]:
        """Return a row with the types that a database wants."""
        return {
            column: value.on(database.kind)
            if isinstance(value, Now)
            else bool(value)
            if column in self.flags and database.kind == "postgresql"
            else value
            for column, value in row.items()
        }

    def ask_postfix(
        self, database: Database, recipients: Sequence[str], directory: Path
    ) -> dict[str, Outcome]:
        """Let a Postfix with the panel's queries deliver to some recipients; return what happened."""
        settings = {**self.postfix, **self.on.get(database.kind, {})}
        scenario = {
            "local_domains": {"local": ["localhost"]},
            "mailboxes": list(self.mailboxes),
            "recipient_delimiter": "+",
            "aliases": [["null", "/dev/null"], ["spam", "/dev/null"], ["ham", "/dev/null"]],
            "main_cf": {
                name: value
                if isinstance(value, str)
                else " ".join(
                    _table(directory / f"{name}-{number}.cf", query, database)
                    for number, query in enumerate(value)
                )
                for name, value in settings.items()
            },
        }
        return ask_postfix(scenario, recipients)


def leaves(outcome: Outcome) -> bool:
    """Tell whether mail has left.

    A domain that is switched off is none of this Postfix' any more: it looks for the host of the
    domain, which is itself, and refuses.
    """
    return any(not each.endswith(f"@{SWITCHED_OFF}") for each in outcome.external)


@attrs.frozen
class Now:
    """A moment, told from the clock of the database.

    Args:
        hours: How long after now; negative: before.
        unix: As seconds since 1970, not as a date.
    """

    hours: int
    unix: bool = False

    def on(self, kind: Kind) -> sa.TextClause:
        """Return it in the words of a database."""
        if self.unix:
            return sa.text(f"UNIX_TIMESTAMP() + {self.hours * 3600}")
        return sa.text(
            {
                "sqlite": f"datetime('now', '{self.hours} hours')",
                "postgresql": f"now() + interval '{self.hours} hours'",
                "mariadb": f"NOW() + INTERVAL {self.hours} HOUR",
            }[kind]
        )


def _quoted(table: str, database: Database) -> str:
    return f"`{table}`" if database.kind == "mariadb" else f'"{table}"'


def _table(path: Path, query: str, database: Database) -> str:
    """Write the configuration of a table of Postfix and return how main.cf names it."""
    url = sa.make_url(database.url)
    if database.kind == "sqlite":
        where = {"dbpath": str(url.database)}
    else:
        inet = "inet:" if database.kind == "mariadb" else ""
        where = {
            "hosts": f"{inet}{url.host}:{url.port}",
            "user": str(url.username),
            "password": unquote(str(url.password)),
            "dbname": str(url.database),
        }
    text = " ".join(query.split())
    path.write_text("".join(f"{key} = {value}\n" for key, value in {**where, "query": text}.items()))
    return f"{_TABLE_TYPES[database.kind]}:{path}"
