"""Read any SQL database: by the preset of a panel, by named queries, or by naming tables and columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.sdk import BackendMisconfigured, Record, Remark, Scope, Secret
from forwardresolve_backends import _sql_records as records
from forwardresolve_backends import _sql_rows as rows
from forwardresolve_backends._sql_connection import Query, open_database
from forwardresolve_backends._sql_presets import find_preset, show_preset, show_presets
from forwardresolve_backends._sql_scope import narrow
from forwardresolve_backends._sql_tables import (
    AliasDomainsTable,
    DomainsTable,
    ForwardsTable,
    MailboxesTable,
    Table,
    Tables,
)
from forwardresolve_backends._sql_url import kind_named_by, parse_url
from forwardresolve_backends._sql_version import Part, version_of

if TYPE_CHECKING:
    from forwardresolve_backends._sql_presets import Preset

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
_Asked = dict[str, tuple[Query, rows.Switch | None]]

_READERS: Final[Mapping[str, tuple[rows.Contract, Reader]]] = {
    "domains": (records.DOMAINS, records.domains),
    "alias_domains": (records.ALIAS_DOMAINS, records.alias_domains),
    "transports": (records.TRANSPORTS, records.transports),
    "mailboxes": (records.MAILBOXES, records.mailboxes),
    "forwards": (records.FORWARDS, records.forwards),
    "patterns": (records.PATTERNS, records.patterns),
}


@attrs.frozen(kw_only=True)
class Queries:
    """Named queries: SQL whose result has the columns in brackets, in any order.

    Args:
        domains: The hosted domains (domain, kind, active).
        mailboxes: The mailboxes (address, active, and shields where a mailbox keeps its mail
            although its domain has a catch-all).
        forwards: The forwardings (source, destination, active; postfix_table where it is not always
            virtual; place, what explanations call the row by). Several destinations stand in one
            text, in an array, or in a row each.
        alias_domains: The alias domains (alias_domain, target_domain, active).
        patterns: Forwardings whose source is a pattern over whole addresses, in the order they are
            asked in (pattern, destination, active; syntax where it is not always like; place).
        transports: Addresses and domains whose mail goes elsewhere than their class says
            (recipient, kind, active).
    """

    domains: str = ""
    mailboxes: str = ""
    forwards: str = ""
    alias_domains: str = ""
    patterns: str = ""
    transports: str = ""


@attrs.frozen(kw_only=True)
class Sql:
    """Reads any SQLite, PostgreSQL, MariaDB or MySQL database.

    Args:
        url: ``sqlite:///FILE``, ``postgresql://USER:PASSWORD@HOST/DATABASE``, or the same with
            ``mysql`` or ``mariadb``; parameters of the driver stand behind a ``?``.
        preset: The panel whose tables they are, such as ``mailcow``; it brings the queries.
        parameters: Numbers that the queries of the preset ask for, such as ``server_id``.
        queries: What to read, as SQL.
        tables: What to read, as names of tables and columns. Each kind of row is read by a query
            or from a table, not both; either replaces what the preset reads of that kind.
        version_query: SQL that answers something else after every change; `forwardresolve watch`
            asks it, where it would let the server add up the rows otherwise.
        plain_addresses: Whether every address and every domain in the database is in lower case and
            ASCII, without quotes, blanks or a trailing point. Then an index finds what was touched;
            otherwise every row is looked at, on the server.
    """

    url: Secret
    preset: str = ""
    parameters: Mapping[str, int] = attrs.Factory(dict)
    queries: Queries = attrs.field(factory=Queries)
    tables: Tables = attrs.field(factory=Tables)
    version_query: str = ""
    plain_addresses: bool = False

    def __attrs_post_init__(self) -> None:
        """Refuse to read nothing, one kind of row in two ways, or by a preset that is not there."""
        preset = find_preset(self.preset) if self.preset else None
        if preset:
            preset.check_parameters(self.parameters)
        elif self.parameters:
            msg = f"parameters: only a preset has some, so nothing asks for {', '.join(self.parameters)}"
            raise ValueError(msg)
        given = [(name, self._given(name)) for name in _READERS]
        if not preset and not any(query or table for _, (query, table) in given):
            msg = "there is nothing to read: name a preset, or a query or a table, for forwards at least"
            raise ValueError(msg)
        twice = [name for name, (query, table) in given if query and table]
        if twice:
            msg = f"queries and tables both say how to read {', '.join(twice)}; leave one out"
            raise ValueError(msg)

    @classmethod
    def describe(cls, options: Mapping[str, str]) -> str:
        """Write the queries of a preset, or list the presets.

        Args:
            options: ``preset``; with it ``url``, whose beginning says for which kind of database,
                and ``parameters.NAME``. Nothing for the list.

        Raises:
            BackendMisconfigured: There is no such preset, or it does not fit the other options.
        """
        name = options.get("preset")
        if not name:
            return show_presets()
        given = {
            key.removeprefix("parameters."): value
            for key, value in options.items()
            if key.startswith("parameters.")
        }
        try:
            preset = find_preset(name)
            parameters = {key: int(value) for key, value in given.items()}
            preset.check_parameters(parameters)
        except ValueError as error:
            raise BackendMisconfigured(str(error)) from error
        return show_preset(preset, kind_named_by(options.get("url", "")), parameters)

    def records(self) -> Iterator[Record]:
        """Read the database whole, in one consistent transaction.

        Yields:
            The records as they stream.

        Raises:
            BackendMisconfigured: The database refuses the url, a query, a table or a column, or is
                of a kind or version that the preset does not know.
            BackendNotInstalled: The driver is missing.
            BackendUnavailable: The database does not answer, or stops answering in the middle.
            BackendDataError: It holds a value that cannot be read.
        """
        if self.preset:
            preset = find_preset(self.preset)
            if preset.experimental:
                said = f"The preset {preset.name} is experimental: {preset.experimental}."
                yield Remark("experimental-preset", said)
        yield from self._read(self._asked())

    def records_of(self, scope: Scope) -> Iterator[Record] | None:
        """Read the rows of some addresses, in one consistent transaction.

        Args:
            scope: Which rows are meant.

        Returns:
            The records; None where a preset makes rows of one address out of those of another one.

        Raises:
            BackendError: As in `records`.
        """
        if self.preset and not find_preset(self.preset).can_narrow_to(scope):
            return None
        return self._part(scope)

    def _part(self, scope: Scope) -> Iterator[Record]:
        database = parse_url(self.url).kind.name
        asked = {
            kind: (narrow(query, kind, scope, database, is_plain=self.plain_addresses), switch)
            for kind, (query, switch) in self._asked().items()
        }
        try:
            found = list(self._read(asked))
        except BackendMisconfigured:
            # A query that cannot stand inside of another one is put as it is; one that is wrong says so.
            found = list(self._read(self._asked()))
        yield from found

    def _read(self, asked: _Asked) -> Iterator[Record]:
        with open_database(self.url) as database:
            for name, (contract, reader) in _READERS.items():
                if name in asked:
                    query, switch = asked[name]
                    yield from reader(rows.read(database, query, contract, switch))

    def version(self) -> str:
        """Return a text that is another one after every change, or every one that ``version_query`` sees.

        Returns:
            The text; empty where the database will not add up what a query of yours gives.

        Raises:
            BackendError: As in `records`.
        """
        return version_of(self.url, self.version_query, self._parts())

    def _parts(self) -> Iterator[Part]:
        """Yield what the rows depend on."""
        for name, (query, _) in self._asked().items():
            table = self._given(name)[1]
            if table is not None and table.modified:
                yield Part(attrs.evolve(query, statement=table.state()))
            else:
                yield Part(query, _READERS[name][0])

    def _asked(self) -> _Asked:
        """Return what is asked, by kind of row."""
        return {**self._by(find_preset(self.preset)), **self._own()} if self.preset else self._own()

    def _own(self) -> _Asked:
        """Return what the options themselves ask, by kind of row."""
        asked: _Asked = {}
        for name in _READERS:
            query, table = self._given(name)
            if table is not None:
                asked[name] = Query(table.selection(), table.table, f"check tables.{name}"), table.switch()
            elif query:
                asked[name] = Query(query, f"queries.{name}", "check the SQL against the database"), None
        return asked

    def _by(self, preset: Preset) -> _Asked:
        """Return what a preset asks, by kind of row."""
        texts = preset.queries_on(parse_url(self.url).kind.name, self.parameters)
        return {
            name: (
                Query(
                    text,
                    f"preset {preset.name}, {name}",
                    f"the preset knows {preset.knows}; where your tables differ, set queries.{name}",
                ),
                None,
            )
            for name, text in texts.items()
        }

    def _given(self, name: str) -> tuple[str, Table | None]:
        return getattr(self.queries, name), getattr(self.tables, name, None)
