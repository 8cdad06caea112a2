"""Name tables and columns instead of writing SQL; the selection is made for the database at hand."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence  # noqa: TC003 (the fields are read at run time)
from typing import Any

import attrs
import sqlalchemy as sa
from sqlalchemy.types import NullType

from forwardresolve.sdk import ForwardTable  # noqa: TC001 (the fields are read at run time)
from forwardresolve_backends._sql_rows import Switch, word


def select_columns(
    table: str, columns: Mapping[str, str], where: Mapping[str, Any] | None = None
) -> sa.Select[Any]:
    """Select columns of a table under the names of a contract.

    Every column is qualified with its table, because SQLite takes a quoted name that it does not
    know for a text.

    Args:
        table: The table, with its schema and a point in front where it needs one.
        columns: Name in the contract to column.
        where: Column to the value, or list of values, that it must hold.
    """
    conditions = where or {}
    schema, _, name = table.rpartition(".")
    source = sa.table(name, *map(sa.column, {*columns.values(), *conditions}), schema=schema or None)
    return sa.select(*(source.c[column].label(known_as) for known_as, column in columns.items())).where(
        *(source.c[column].in_(_bind(value)) for column, value in conditions.items())
    )


def _bind(value: object) -> Sequence[sa.BindParameter[Any]]:
    """Bind one value or several without a type, so that '3' finds an integer 3 on PostgreSQL too."""
    values = value if isinstance(value, list | tuple) else (value,)
    return [sa.bindparam(None, each, type_=NullType()) for each in values]


@attrs.frozen(kw_only=True)
class Table(ABC):
    """A table, and which of its rows count.

    Args:
        table: Its name, with its schema and a point in front where it needs one.
        active: The column that switches a row on; empty: every row counts.
        active_values: What switches a row on, where it is none of 1, 2, y, yes, t, true, on.
        where: Column to the value, or list of values, that it must hold.
        modified: The column that says when a row was written last. `forwardresolve watch` asks for
            its newest value and the number of rows then, where it would add up all rows otherwise.
    """

    table: str
    active: str = ""
    active_values: Sequence[str | int | bool] = ()
    where: Mapping[str, Any] = attrs.Factory(dict)
    modified: str = ""

    def __attrs_post_init__(self) -> None:
        """Refuse values of a column that has no name."""
        if self.active_values and not self.active:
            msg = "active_values is there, but active, the column that holds them, is not"
            raise ValueError(msg)

    def switch(self) -> Switch:
        """Return what the values of ``active`` mean."""
        return Switch(frozenset(map(word, self.active_values)) if self.active_values else None)

    def selection(self) -> sa.Select[Any]:
        """Select what the contract of these rows asks for."""
        columns, constants = self.columns(), self.constants()
        if self.active:
            columns["active"] = self.active
        else:
            constants["active"] = 1
        chosen = select_columns(self.table, columns, self.where)
        return chosen.add_columns(*(sa.literal(value).label(name) for name, value in constants.items()))

    def state(self) -> sa.Select[Any]:
        """Select when a row was written last, and how many rows there are."""
        rows = select_columns(self.table, {"modified": self.modified}, self.where).subquery()
        columns: list[sa.ColumnElement[Any]] = [sa.func.count(), sa.func.max(rows.c.modified)]
        return sa.select(*columns).select_from(rows)

    @abstractmethod
    def columns(self) -> dict[str, str]:
        """Return name in the contract to column."""

    def constants(self) -> dict[str, object]:
        """Return name in the contract to the value that every row has."""
        return {}


@attrs.frozen(kw_only=True)
class DomainsTable(Table):
    """Where the hosted domains lie.

    Args (besides those of `Table`):
        domain: The column of the domain.
        kind: The column of its kind, in the words of `Domain`; empty: all are mailbox domains.
    """

    domain: str = "domain"
    kind: str = ""

    def columns(self) -> dict[str, str]:
        """Return name in the contract to column."""
        return {"domain": self.domain} | ({"kind": self.kind} if self.kind else {})

    def constants(self) -> dict[str, object]:
        """Return name in the contract to the value that every row has."""
        return {} if self.kind else {"kind": "mailbox"}


@attrs.frozen(kw_only=True)
class MailboxesTable(Table):
    """Where the mailboxes lie.

    Args (besides those of `Table`):
        address: The column of the address.
        shields: Whether a mailbox keeps its mail although its domain has a catch-all. In plain
            Postfix it does not.
    """

    address: str = "address"
    shields: bool = False

    def columns(self) -> dict[str, str]:
        """Return name in the contract to column."""
        return {"address": self.address}

    def constants(self) -> dict[str, object]:
        """Return name in the contract to the value that every row has."""
        return {"shields": 1} if self.shields else {}


@attrs.frozen(kw_only=True)
class ForwardsTable(Table):
    """Where the forwardings lie.

    Args (besides those of `Table`):
        source: The column of the address or catch-all ``@domain``.
        destination: The column of one destination, or of a list of them.
        postfix_table: The kind of table that they are for Postfix, in the words of `Forward`.
    """

    source: str = "source"
    destination: str = "destination"
    postfix_table: ForwardTable = "virtual"

    def columns(self) -> dict[str, str]:
        """Return name in the contract to column."""
        return {"source": self.source, "destination": self.destination}

    def constants(self) -> dict[str, object]:
        """Return name in the contract to the value that every row has."""
        return {} if self.postfix_table == "virtual" else {"postfix_table": self.postfix_table}


@attrs.frozen(kw_only=True)
class AliasDomainsTable(Table):
    """Where the alias domains lie.

    Args (besides those of `Table`):
        alias_domain: The column of the domain that stands for the other.
        target_domain: The column of the domain that holds the rows.
    """

    alias_domain: str = "alias_domain"
    target_domain: str = "target_domain"

    def columns(self) -> dict[str, str]:
        """Return name in the contract to column."""
        return {"alias_domain": self.alias_domain, "target_domain": self.target_domain}


@attrs.frozen(kw_only=True)
class Tables:
    """Tables instead of queries; what is left out is not read.

    Args:
        domains: Where the hosted domains lie.
        mailboxes: Where the mailboxes lie.
        forwards: Where the forwardings lie.
        alias_domains: Where the alias domains lie.
    """

    domains: DomainsTable | None = None
    mailboxes: MailboxesTable | None = None
    forwards: ForwardsTable | None = None
    alias_domains: AliasDomainsTable | None = None
