"""The ``mysql:``, ``pgsql:`` and ``sqlite:`` tables of Postfix (mysql_table(5) and its neighbours)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import attrs

from forwardresolve.sdk import Secret
from forwardresolve_backends._postfix_cf import split_list, table_parameters
from forwardresolve_backends._postfix_ldap import NotInvertible, listed_domains

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from forwardresolve_backends._postfix_cf import MainCf

KINDS: Final = {"mysql": "mysql", "pgsql": "postgresql", "sqlite": "sqlite"}
"""Types of tables, and how the url of such a database begins."""

_PLACEHOLDER: Final = re.compile("%(.?)")


@attrs.frozen
class SqlTable:
    """A table.

    Args:
        name: What main.cf calls it.
        kind: ``mysql``, ``pgsql`` or ``sqlite``.
        urls: Where the database lies; of several any is as good.
        query: Its query, with placeholders; empty where it has none.
        domains: The only domains whose addresses it is asked for; empty: all.
        result_format: What it makes of a value.
        expansion_limit: How many values it may answer; 0: any number.
    """

    name: str
    kind: str
    urls: Sequence[Secret]
    query: str
    domains: Sequence[str]
    result_format: str
    expansion_limit: int


def read_sql_table(name: str, main_cf: MainCf) -> SqlTable:
    """Read the parameters of a table.

    Args:
        name: Such as ``mysql:/etc/postfix/virtual.cf``.
        main_cf: The main.cf that names it.

    Raises:
        NotInvertible: A parameter is missing, or says what cannot be followed here.
        BackendMisconfigured: The file cannot be read.
    """
    kind, _, place = name.partition(":")
    said = table_parameters(place, main_cf)

    def get(key: str, default: str = "") -> str:
        return said(key) or default

    limit = get("expansion_limit", "0")
    if not limit.isdecimal():
        msg = f"has an expansion_limit that is no number ({limit})"
        raise NotInvertible(msg)
    result_format = get("result_format", "%s")
    used = [found[1] for found in _PLACEHOLDER.finditer(result_format)]
    if not used or any(each not in tuple("sudSUD%") for each in used):
        msg = f"has result_format = {result_format}; only %s, %u, %d, %S, %U and %D can be followed"
        raise NotInvertible(msg)
    return SqlTable(
        name=name,
        kind=kind,
        urls=tuple(_urls(kind, get)),
        query=get("query") or _legacy_query(get),
        domains=tuple(each.lower() for each in listed_domains(split_list(get("domain")))),
        result_format=result_format,
        expansion_limit=int(limit),
    )


def _legacy_query(get: Callable[..., str]) -> str:
    """Write the query that the parameters before Postfix 2.2 stand for."""
    column, table, key = get("select_field"), get("table"), get("where_field")
    if not (column and table and key):
        return ""
    conditions = get("additional_conditions")
    return f"SELECT {column} FROM {table} WHERE {key} = '%s' {conditions}"  # noqa: S608 (as Postfix does)


def _urls(kind: str, get: Callable[..., str]) -> Iterator[Secret]:
    if kind == "sqlite":
        path = get("dbpath")
        if not path:
            msg = "has no dbpath"
            raise NotInvertible(msg)
        yield Secret(f"sqlite:///{path}")
        return
    login = f"{quote(get('user'), safe='')}:{quote(get('password'), safe='')}"
    database = quote(get("dbname"), safe="")
    for host in split_list(get("hosts", "localhost")):
        if host.startswith(("postgresql://", "postgres://")):
            yield Secret(host)
            continue
        bare = host.removeprefix("inet:")
        if bare.startswith("unix:"):
            socket = bare.removeprefix("unix:")
            where = f"unix_socket={quote(socket)}" if kind == "mysql" else f"host={quote(socket)}"
            yield Secret(f"{KINDS[kind]}://{login}@/{database}?{where}")
            continue
        authority = get("tls_CAfile") if kind == "mysql" else ""
        secure = f"?ssl_ca={quote(authority)}" if authority else ""
        yield Secret(f"{KINDS[kind]}://{login}@{bare}/{database}{secure}")
