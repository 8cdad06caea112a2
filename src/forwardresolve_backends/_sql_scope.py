"""Narrow a query to the rows of some addresses, however they are spelled in the database.

Upper and lower case, quotes, blanks, a trailing point and U-labels name the same address, so no
index of the database finds them all. The rows are looked through on the server, and what may be
meant comes over: a little more than is meant, never less. An index finds them only where an admin
promises that there are no such spellings.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import attrs
import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.types import NullType

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

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


def narrow(query: Query, kind: str, scope: Scope, database: str, *, is_plain: bool) -> Query:
    """Narrow a query to a scope.

    Args:
        query: What reads all rows.
        kind: The kind of row, as a contract names it.
        scope: Which rows are meant.
        database: The kind of database.
        is_plain: Whether every address stands there in its one spelling, so that an index finds it.

    Returns:
        A query that gives at least the rows that are meant.
    """
    name = _ADDRESS_IN.get(kind) or _DOMAIN_IN.get(kind)
    if name is None:
        return query
    statement = query.statement
    if isinstance(statement, str):
        # A line end ends a comment; a colon would be the name of a parameter.
        escaped = statement.rstrip("; \t\r\n").replace(":", "\\:")
        rows: Any = sa.text(f"(\n{escaped}\n) AS narrowed")
        column: sa.ColumnElement[Any] = sa.column(name)
    else:
        rows = statement.subquery("narrowed")
        column = rows.c[name]
    if kind in _DOMAIN_IN and len(scope.domains) > _FEW:
        return query
    if is_plain and kind != "transports":
        where = _names(column, scope, kind)
    elif kind in _DOMAIN_IN:
        where = _may_name_a_domain(_Text.of(column, database), scope)
    else:
        where = _may_name_an_address(_Text.of(column, database), scope)
    return attrs.evolve(query, statement=sa.select(sa.text("narrowed.*")).select_from(rows).where(where))


@attrs.frozen
class _Text:
    """A column as text.

    Args:
        folded: The text in lower case, as far as it is ASCII.
        is_foreign: Whether it is something else than ASCII, or cannot be compared as text.
    """

    folded: sa.ColumnElement[str]
    is_foreign: sa.ColumnElement[bool]

    @classmethod
    def of(cls, column: sa.ColumnElement[Any], database: str) -> _Text:
        """Read a column of whatever type, character set and collation."""
        if database == "mysql":
            # A set of one byte for each letter hides in its own lengths what is not ASCII.
            utf8 = sa.cast(column, mysql.CHAR(charset="utf8mb4"))
            is_foreign = sa.func.length(utf8) != sa.func.char_length(column)
            return cls(sa.func.lower(column), sa.or_(is_foreign, sa.func.collation(column) == "binary"))
        if database == "postgresql":
            text = sa.cast(column, sa.Text)
            is_utf8 = sa.func.current_setting("server_encoding") == "UTF8"
            is_foreign = sa.func.octet_length(text) != sa.func.char_length(text)
            return cls(sa.func.lower(sa.collate(text, "C")), sa.or_(is_foreign, sa.not_(is_utf8)))
        text = sa.cast(column, sa.Text)
        is_foreign = sa.func.length(sa.cast(column, sa.LargeBinary)) != sa.func.length(text)
        return cls(sa.func.lower(text), is_foreign)


def _may_name_an_address(text: _Text, scope: Scope) -> sa.ColumnElement[bool]:
    folded = text.folded
    names = {*scope.keys, *map(_unquoted, scope.keys)}
    meant = sa.or_(folded.in_(_bound(sorted(names))), *(folded.like(each) for each in _ODD))
    if len(scope.domains) <= _FEW and all("@" in key for key in scope.keys):
        meant = sa.and_(sa.or_(sa.false(), *_holding(folded, scope.domains)), meant)
    return sa.or_(text.is_foreign, meant, *_holding(folded, scope.whole))


def _names(column: sa.ColumnElement[Any], scope: Scope, kind: str) -> sa.ColumnElement[bool]:
    if kind in _DOMAIN_IN:
        return column.in_(_bound(sorted(scope.domains)))
    whole = (column.like(f"%@{domain}") for domain in sorted(scope.whole))
    return sa.or_(column.in_(_bound(sorted(scope.keys))), *whole)


def _may_name_a_domain(text: _Text, scope: Scope) -> sa.ColumnElement[bool]:
    return sa.or_(text.is_foreign, *_holding(text.folded, scope.domains))


def _holding(folded: sa.ColumnElement[str], domains: Collection[str]) -> list[sa.ColumnElement[bool]]:
    return [folded.like(f"%{domain}%") for domain in sorted(domains)]


def _bound(texts: Collection[str]) -> list[sa.BindParameter[Any]]:
    return [sa.bindparam(None, each, type_=NullType()) for each in texts]


def _unquoted(key: str) -> str:
    """Return an address as it may stand in a table, where quotes are not needed."""
    local, at, domain = key.rpartition("@")
    return _ESCAPED.sub(r"\1", local[1:-1]) + at + domain if local[:1] == '"' else key
