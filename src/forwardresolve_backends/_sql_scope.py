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
from sqlalchemy.types import NullType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forwardresolve.sdk import Scope
    from forwardresolve_backends._sql_connection import Query

_KEYS: Final[Mapping[str, str]] = {
    "domains": "domain",
    "alias_domains": "alias_domain",
    "transports": "recipient",
    "mailboxes": "address",
    "forwards": "source",
}
"""Kind of row to the column that says what the row is about."""

_ODD: Final = "[^!#-;=?-~]|[.]$"
"""What no address holds in its one spelling, but for a quoted one: no ASCII, blanks, quotes, brackets."""

_ODD_LIKE: Final = ('%"%', "%<%", "% %", "%\t%", "%\r%", "%\n%", "%.")
"""The same for a database that knows no expressions, but for what is no ASCII."""

_UNREADABLE: Final = "\N{REPLACEMENT CHARACTER}"
"""What stands in an address for bytes that are no text; no expression finds them."""

_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


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
    if kind not in _KEYS or any(_UNREADABLE in key for key in scope.keys):
        return query
    statement = query.statement
    if isinstance(statement, str):
        # A line end ends a comment; a colon would be the name of a parameter.
        escaped = statement.rstrip("; \t\r\n").replace(":", "\\:")
        rows: Any = sa.text(f"(\n{escaped}\n) AS narrowed")
        column: sa.ColumnElement[Any] = sa.column(_KEYS[kind])
    else:
        rows = statement.subquery("narrowed")
        column = rows.c[_KEYS[kind]]
    where = _names(column, scope) if is_plain else _may_name(column, scope, database)
    return attrs.evolve(query, statement=sa.select(sa.text("narrowed.*")).select_from(rows).where(where))


def _may_name(column: sa.ColumnElement[Any], scope: Scope, database: str) -> sa.ColumnElement[bool]:
    """Say that a column, whatever its type, character set and collation, may name what is meant."""
    if database == "mysql":
        is_odd = sa.or_(column.regexp_match(_ODD), sa.func.collation(column) == "binary")
        return sa.or_(is_odd, _names(sa.func.lower(column), scope))
    if database == "postgresql":
        text: sa.ColumnElement[str] = sa.collate(sa.cast(column, sa.Text), "C")
        return sa.or_(text.regexp_match(_ODD), _names(sa.func.lower(text), scope))
    text = sa.cast(column, sa.Text)
    is_foreign = sa.func.length(sa.cast(column, sa.LargeBinary)) != sa.func.length(text)
    return sa.or_(is_foreign, *map(text.like, _ODD_LIKE), _names(sa.func.lower(text), scope))


def _names(column: sa.ColumnElement[Any], scope: Scope) -> sa.ColumnElement[bool]:
    """Say that a column names what is meant, in its one spelling."""
    below = (f".{domain}" for domain in scope.domains)
    names = {*scope.keys, *map(_unquoted, scope.keys), *scope.domains, *below}
    bound = [sa.bindparam(None, name, type_=NullType()) for name in sorted(names)]
    return sa.or_(column.in_(bound), *(column.like(f"%@{domain}") for domain in sorted(scope.whole)))


def _unquoted(key: str) -> str:
    """Return an address as it may stand in a table, where quotes are not needed."""
    local, at, domain = key.rpartition("@")
    return _ESCAPED.sub(r"\1", local[1:-1]) + at + domain if local[:1] == '"' else key
