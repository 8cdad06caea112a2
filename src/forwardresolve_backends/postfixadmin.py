"""Read a PostfixAdmin database, version 3.0 to 4.x, on SQLite, PostgreSQL, MariaDB or MySQL.

PostfixAdmin's tables keep their names and columns from 3.0 on. Its queries for Postfix say what the
rows mean: ``alias.active``, ``mailbox.active`` and ``alias_domain.active`` switch rows off, while
``domain.active`` only stops mail *to* the domain, whose rows are still followed from elsewhere. A
mailbox does not keep its address from a catch-all; the alias row that PostfixAdmin writes with it
does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import attrs

from forwardresolve.sdk import Domain, Forward, Origin, Record, Remark, Scope, Secret
from forwardresolve_backends import _sql_records as records
from forwardresolve_backends import _sql_rows as rows
from forwardresolve_backends._sql_connection import Query, open_database
from forwardresolve_backends._sql_scope import narrow
from forwardresolve_backends._sql_tables import select_columns
from forwardresolve_backends._sql_version import Part, version_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forwardresolve.sdk import DomainKind
    from forwardresolve_backends._sql_connection import Row

_ACTIVE: Final = frozenset({"1"})
"""PostfixAdmin's queries say ``active = '1'``, or ``active`` where it is a boolean."""

_DOMAINS: Final = {"domain": "domain", "backupmx": "backupmx", "transport": "transport"}
_ALIAS_DOMAINS: Final = {"alias_domain": "alias_domain", "target_domain": "target_domain"}
_MAILBOXES: Final = {"address": "username"}
_ALIASES: Final = {"source": "address", "destination": "goto"}

_EVERY_DOMAIN: Final = "all"
"""A row of the table domain that stands for all domains in PostfixAdmin's own rights; not a domain."""

_ELSEWHERE: Final = ("smtp", "relay")


@attrs.frozen(kw_only=True)
class TableNames:
    """The tables' names as ``$CONF['database_tables']`` has them.

    Args:
        alias: The forwardings.
        domain: The domains.
        alias_domain: The alias domains.
        mailbox: The mailboxes.
    """

    alias: str = "alias"
    domain: str = "domain"
    alias_domain: str = "alias_domain"
    mailbox: str = "mailbox"


@attrs.frozen(kw_only=True)
class PostfixAdmin:
    """Reads a PostfixAdmin database.

    Args:
        url: ``sqlite:///FILE``, ``postgresql://USER:PASSWORD@HOST/DATABASE``, or the same with
            ``mysql`` or ``mariadb``; parameters of the driver stand behind a ``?``.
        prefix: ``$CONF['database_prefix']``.
        tables: ``$CONF['database_tables']``, where it differs.
        vacation_domain: ``$CONF['vacation_domain']``; autoreplies go there, never outside.
        backup_mx: What a domain is that is only a backup MX here, or whose transport goes to
            another server: ``relay``, as PostfixAdmin's guide for a backup MX sets Postfix up, or
            ``mailbox``, as the queries do that it installs at first.
        version_query: SQL that answers something else after every change; `forwardresolve watch`
            asks it, where it would let the server add up the rows otherwise.
        plain_addresses: Whether every address and every domain in the database is in lower case and
            ASCII, without quotes, blanks or a trailing point. Then an index finds what was touched;
            otherwise every row is looked at, on the server.
    """

    url: Secret
    prefix: str = ""
    tables: TableNames = attrs.field(factory=TableNames)
    vacation_domain: str = ""
    backup_mx: Literal["relay", "mailbox"] = "relay"
    version_query: str = ""
    plain_addresses: bool = False

    def records(self) -> Iterator[Record]:
        """Read the database whole, in one consistent transaction.

        Yields:
            The records as they stream.

        Raises:
            BackendMisconfigured: The database refuses the url, a table or a column.
            BackendNotInstalled: The driver is missing.
            BackendUnavailable: The database does not answer, or stops answering in the middle.
            BackendDataError: It holds a value that cannot be read.
        """
        yield from self._records(None)

    def records_of(self, scope: Scope) -> Iterator[Record]:
        """Read the rows of some addresses, in one consistent transaction.

        Args:
            scope: Which rows are meant.

        Returns:
            The records, and perhaps some more.

        Raises:
            BackendError: As in `records`.
        """
        return self._records(scope)

    def _records(self, scope: Scope | None) -> Iterator[Record]:
        with open_database(self.url) as database:

            def read(kind: str, name: str, columns: Mapping[str, str]) -> rows.Rows:
                query = self._query(name, columns)
                if scope is not None:
                    query = narrow(query, kind, scope, database.kind, is_plain=self.plain_addresses)
                return rows.read(database, query, rows.Contract(tuple(columns)), rows.Switch(_ACTIVE))

            yield from self._domains(read("domains", self.tables.domain, _DOMAINS))
            yield from records.alias_domains(read("alias_domains", self.tables.alias_domain, _ALIAS_DOMAINS))
            yield from records.mailboxes(read("mailboxes", self.tables.mailbox, _MAILBOXES))
            yield from self._forwards(read("forwards", self.tables.alias, _ALIASES))

    def version(self) -> str:
        """Return a text that is another one after every change, or every one that ``version_query`` sees.

        Raises:
            BackendError: As in `records`.
        """
        asked = (
            (self.tables.domain, _DOMAINS),
            (self.tables.alias_domain, _ALIAS_DOMAINS),
            (self.tables.mailbox, _MAILBOXES),
            (self.tables.alias, _ALIASES),
        )
        parts = (Part(self._query(name, columns), rows.Contract(tuple(columns))) for name, columns in asked)
        return version_of(self.url, self.version_query, parts)

    def _query(self, name: str, columns: Mapping[str, str]) -> Query:
        table = self.prefix + name
        selection = select_columns(table, {**columns, "active": "active"})
        return Query(selection, table, "check prefix and tables against config.local.php")

    def _domains(self, read: rows.Rows) -> Iterator[Record]:
        autoreply = self.vacation_domain.casefold()
        if autoreply:
            yield Domain(autoreply, "autoreply", Origin("vacation_domain"))
        for chunk in read.chunks:
            for row in chunk:
                name = read.text(row[0])
                if name.casefold() not in (_EVERY_DOMAIN, autoreply):
                    yield Domain(name, self._kind(read, row), read.origin)
        yield from read.remarks()

    def _kind(self, read: rows.Rows, row: Row) -> DomainKind:
        _, backup, transport, _ = row
        if not read.is_on(row):
            return "suspended"
        elsewhere = rows.word(backup) in _ACTIVE or rows.word(transport).startswith(_ELSEWHERE)
        return "relay" if elsewhere and self.backup_mx == "relay" else "mailbox"

    def _forwards(self, read: rows.Rows) -> Iterator[Record]:
        seen: set[str] = set()
        for forward in records.virtual_forwards(read):
            if "#" in forward.destinations:
                seen.update(_autoreply_domains(forward))
            yield forward
        yield from read.remarks()
        seen.discard(self.vacation_domain.casefold())
        if seen:
            yield _vacation_remark(" and ".join(sorted(seen)), self.vacation_domain, read.origin)


def _autoreply_domains(forward: Forward) -> Iterator[str]:
    """Find where a forwarding sends what PostfixAdmin's vacation answers: local#domain@HERE."""
    start = forward.source.casefold().replace("@", "#") + "@"
    for destination in str(forward.destinations).casefold().split(","):
        name = destination.strip()
        if name.startswith(start):
            yield name.removeprefix(start)


def _vacation_remark(seen: str, configured: str, origin: Origin) -> Remark:
    set_to = f"is {configured}" if configured else "is not set"
    text = (
        f"Forwardings lead to autoreplies in {seen}, but vacation_domain {set_to}, so they count as "
        f"outside. Set vacation_domain as $CONF['vacation_domain'] has it."
    )
    return Remark("vacation-domain-unset", text, origin=origin)
