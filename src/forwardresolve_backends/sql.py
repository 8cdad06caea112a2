"""Read any SQL database: by named queries with fixed column names, or by naming tables and columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import attrs

from forwardresolve.sdk import Record, Secret
from forwardresolve_backends import _sql_rows as rows
from forwardresolve_backends._sql_connection import Query, open_database
from forwardresolve_backends._sql_tables import (
    AliasDomainsTable,
    DomainsTable,
    ForwardsTable,
    MailboxesTable,
    Table,
    Tables,
)

__all__ = [
    "AliasDomainsTable",
    "DomainsTable",
    "ForwardsTable",
    "MailboxesTable",
    "Queries",
    "Sql",
    "Tables",
]

Reader = Callable[[rows.Rows], Iterator[Record]]

_READERS: Final[Mapping[str, tuple[rows.Contract, Reader]]] = {
    "domains": (rows.DOMAINS, rows.domains),
    "alias_domains": (rows.ALIAS_DOMAINS, rows.alias_domains),
    "mailboxes": (rows.MAILBOXES, rows.mailboxes),
    "forwards": (rows.FORWARDS, rows.forwards),
}


@attrs.frozen(kw_only=True)
class Queries:
    """Named queries: SQL whose result has the columns in brackets, in any order.

    Args:
        domains: The hosted domains (domain, kind, active).
        mailboxes: The mailboxes (address, active, and shields where a mailbox keeps its mail
            although its domain has a catch-all).
        forwards: The forwardings (source, destination, active, and table where it is not always
            virtual). Several destinations stand in one text, in an array, or in a row each.
        alias_domains: The alias domains (alias_domain, target_domain, active).
    """

    domains: str = ""
    mailboxes: str = ""
    forwards: str = ""
    alias_domains: str = ""


@attrs.frozen(kw_only=True)
class Sql:
    """Reads any SQLite, PostgreSQL, MariaDB or MySQL database.

    Args:
        url: ``sqlite:///FILE``, ``postgresql://USER:PASSWORD@HOST/DATABASE``, or the same with
            ``mysql`` or ``mariadb``; parameters of the driver stand behind a ``?``.
        queries: What to read, as SQL.
        tables: What to read, as names of tables and columns. Each kind of row is read by a query
            or from a table, not both.
    """

    url: Secret
    queries: Queries = attrs.field(factory=Queries)
    tables: Tables = attrs.field(factory=Tables)

    def __attrs_post_init__(self) -> None:
        """Refuse to read nothing, or one kind of row in two ways."""
        given = [(name, self._given(name)) for name in _READERS]
        if not any(query or table for _, (query, table) in given):
            msg = "there is nothing to read: name a query or a table, for forwards at least"
            raise ValueError(msg)
        twice = [name for name, (query, table) in given if query and table]
        if twice:
            msg = f"queries and tables both say how to read {', '.join(twice)}; leave one out"
            raise ValueError(msg)

    def records(self) -> Iterator[Record]:
        """Read the database whole, in one consistent transaction.

        Yields:
            The records as they stream.

        Raises:
            BackendMisconfigured: The database refuses the url, a query, a table or a column.
            BackendNotInstalled: The driver is missing.
            BackendUnavailable: The database does not answer, or stops answering in the middle.
            BackendDataError: It holds a value that cannot be read.
        """
        with open_database(self.url) as database:
            for name, (contract, reader) in _READERS.items():
                query, table = self._given(name)
                if table is not None:
                    asked = Query(table.selection(), table.table, f"check tables.{name}")
                    yield from reader(rows.read(database, asked, contract, table.switch()))
                elif query:
                    asked = Query(query, f"queries.{name}", "check the SQL against the database")
                    yield from reader(rows.read(database, asked, contract))

    def _given(self, name: str) -> tuple[str, Table | None]:
        return getattr(self.queries, name), getattr(self.tables, name)
