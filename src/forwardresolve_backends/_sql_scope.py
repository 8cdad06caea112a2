"""Narrow a query to the rows of some addresses, however they are spelled in the database.

Upper and lower case, quotes, blanks, a trailing point and U-labels name the same address, so no
index of the database finds them all. The rows are looked through on the server, and what may be
meant comes over: a little more than is meant, never less.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.types import NullType

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from forwardresolve.sdk import Scope
    from forwardresolve_backends._sql_connection import Query

_ADDRESS_IN: Final[Mapping[str, str]] = {"mailboxes": "address", "forwards": "source"}
"""Kind of row to the column that holds an address or a catch-all ``@domain``."""

_DOMAIN_IN: Final[Mapping[str, str]] = {
    "domains": "domain",
    "alias_domains": "alias_domain",
    "transports": "recipient",
}
"""Kind of row to the column that holds a domain, or an address whose domain counts."""

_ODD: Final = ('%"%', "%<%", "% %", "%\t%", "%\r%", "%\n%", "%.")
"""Texts of ASCII that may name an address and differ from it in more than case."""

_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)

_FEW: Final = 8
"""With more domains, looking for each of them costs more than looking at every address."""


def narrow(query: Query, kind: str, scope: Scope, database: str) -> Query:
    """Narrow a query to a scope.

    Args:
        query: What reads all rows.
        kind: The kind of row, as a contract names it.
        scope: Which rows are meant.
        database: The kind of database.

    Returns:
        A query that gives at least the rows that are meant.
    """
    if kind in _ADDRESS_IN:
        return _where(query, _ADDRESS_IN[kind], scope, database, _may_name_an_address)
    if kind in _DOMAIN_IN:
        return _where(query, _DOMAIN_IN[kind], scope, database, _may_name_a_domain)
    return query


def _where(
    query: Query,
    column: str,
    scope: Scope,
    database: str,
    condition: Callable[[_Text, Scope], sa.ColumnElement[bool]],
) -> Query:
    statement = query.statement
    if isinstance(statement, str):
        # A line end ends a comment; a colon would be the name of a parameter.
        escaped = statement.rstrip("; \t\r\n").replace(":", "\\:")
        rows: sa.FromClause = sa.text(f"(\n{escaped}\n) AS narrowed")  # type: ignore[assignment] # as good as one
        text = _Text.of(sa.column(column), database)
    else:
        rows = statement.subquery("narrowed")
        text = _Text.of(rows.c[column], database)
    narrowed = sa.select(sa.text("narrowed.*")).select_from(rows).where(condition(text, scope))
    return attrs.evolve(query, statement=narrowed)


@attrs.frozen
class _Text:
    """A column as text.

    Args:
        folded: The text in lower case, as far as it is ASCII.
        is_foreign: Whether it is something else than ASCII.
    """

    folded: sa.ColumnElement[str]
    is_foreign: sa.ColumnElement[bool]

    @classmethod
    def of(cls, column: sa.ColumnElement[Any], database: str) -> _Text:
        """Read a column of whatever type and character set.

        Its own collation may know other letters of the same kind, and its own character set may
        have one byte for each.
        """
        if database == "mysql":
            text: sa.ColumnElement[str] = sa.cast(column, mysql.CHAR(charset="utf8mb4"))
            return cls(sa.func.lower(text), sa.func.length(text) != sa.func.char_length(text))
        if database == "postgresql":
            text = sa.collate(sa.cast(column, sa.Text), "C")
            return cls(sa.func.lower(text), text.regexp_match("[^ -~]"))
        text = sa.cast(column, sa.Text)
        return cls(
            sa.func.lower(text), sa.func.length(sa.cast(column, sa.LargeBinary)) != sa.func.length(text)
        )


def _may_name_an_address(text: _Text, scope: Scope) -> sa.ColumnElement[bool]:
    folded = text.folded
    if not scope.keys:
        return sa.false()
    names = {*scope.keys, *map(_unquoted, scope.keys)}
    meant = sa.or_(folded.in_(_bound(sorted(names))), *(folded.like(each) for each in _ODD))
    if len(scope.domains) <= _FEW and all("@" in key for key in scope.keys):
        meant = sa.and_(_holds_one_of(folded, scope.domains), meant)
    return sa.or_(text.is_foreign, meant, _holds_one_of(folded, scope.whole))


def _may_name_a_domain(text: _Text, scope: Scope) -> sa.ColumnElement[bool]:
    if len(scope.domains) > _FEW:
        return sa.true()
    return sa.or_(text.is_foreign, _holds_one_of(text.folded, scope.domains))


def _holds_one_of(folded: sa.ColumnElement[str], domains: Collection[str]) -> sa.ColumnElement[bool]:
    return sa.or_(sa.false(), *(folded.like(f"%{domain}%") for domain in sorted(domains)))


def _bound(texts: Collection[str]) -> list[sa.BindParameter[Any]]:
    return [sa.bindparam(None, each, type_=NullType()) for each in texts]


def _unquoted(key: str) -> str:
    """Return an address as it may stand in a table, where quotes are not needed."""
    local, at, domain = key.rpartition("@")
    return _ESCAPED.sub(r"\1", local[1:-1]) + at + domain if local[:1] == '"' else key
