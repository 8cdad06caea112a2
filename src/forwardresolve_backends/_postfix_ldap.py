"""One ``ldap:`` table of Postfix: what it asks, where, and what of the answer counts (ldap_table(5))."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

import attrs

from forwardresolve_backends._ldap_rules import Scope
from forwardresolve_backends._postfix_cf import is_file, split_list, table_parameters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forwardresolve_backends._postfix_cf import MainCf

LDAP: Final = "ldap:"

_DEFAULTS: Final = {
    "server_host": "localhost",
    "query_filter": "(mailacceptinggeneralid=%s)",
    "result_attribute": "maildrop",
    "scope": "sub",
    "dereference": "0",
}


class NotInvertible(Exception):  # noqa: N818 (its name says what happened)
    """A table cannot be read backwards; the message says what of it, and what to do."""


class NeverAnswers(NotInvertible):
    """A table has no answer to the keys that Postfix asks it for here."""


@attrs.frozen(kw_only=True)
class LdapTable:
    """A table.

    Args:
        name: What main.cf calls it, such as ``ldap:/etc/postfix/aliases.cf``.
        server: Its ``server_host``.
        base: Its ``search_base``, which may hold placeholders.
        scope: How far below the base it searches.
        filter: Its ``query_filter``, in brackets.
        domains: The only domains that it is asked about; empty: all.
        values: Attributes whose values it always returns.
        leaf: Attributes whose values it returns where an entry refers to no others.
        terminal: Attributes whose values, where there are any, are all that it returns.
        special: Attributes that refer to further entries.
        result_format: What it makes of a value.
        follows_aliases: Whether it follows the alias entries of LDAP.
    """

    name: str
    server: str
    base: str
    scope: Scope
    filter: str
    domains: Sequence[str]
    values: Sequence[str]
    leaf: Sequence[str]
    terminal: Sequence[str]
    special: Sequence[str]
    result_format: str
    follows_aliases: bool


def read_table(name: str, main_cf: MainCf) -> LdapTable:
    """Read the parameters of a table.

    Args:
        name: ``ldap:/PATH`` for a file of its own, or ``ldap:NAME`` for parameters ``NAME_...`` of
            main.cf. References with ``$`` count in main.cf only (measured).
        main_cf: The main.cf that names it.

    Raises:
        NotInvertible: A parameter is missing, or says what cannot be followed here.
        BackendMisconfigured: The file cannot be read.
    """
    said = table_parameters(name.removeprefix(LDAP), main_cf)

    def get(key: str) -> str:
        return said(key) or _DEFAULTS.get(key, "")

    scope = get("scope")
    base = said("search_base")
    if base is None:
        place = name.removeprefix(LDAP)
        hint = "" if is_file(place) else f" ({place}_search_base in main.cf; a file's name begins with /)"
        msg = f"has no search_base{hint}"
        raise NotInvertible(msg)
    if scope not in get_args(Scope):
        msg = f"has an unknown scope {scope!r}"
        raise NotInvertible(msg)
    values = said("result_attribute")
    leaf, terminal, special = (
        split_list(get(f"{kind}_result_attribute")) for kind in ("leaf", "terminal", "special")
    )
    first = {each.casefold() for each in (*leaf, *terminal, *special)}
    query = get("query_filter")
    return LdapTable(
        name=name,
        server=get("server_host"),
        base=base,
        scope=scope,  # type: ignore[arg-type] # it is one of them
        filter=query if query.startswith("(") else f"({query})",
        domains=listed_domains(split_list(get("domain"))),
        # An attribute of two lists counts as what is more special (measured).
        values=[
            each
            for each in split_list(_DEFAULTS["result_attribute"] if values is None else values)
            if each.casefold() not in first
        ],
        leaf=leaf,
        terminal=terminal,
        special=special,
        result_format=get("result_format") or get("result_filter") or "%s",
        follows_aliases=get("dereference") != "0",
    )


def listed_domains(given: Sequence[str]) -> Sequence[str]:
    """Return the domains that a table is restricted to.

    Raises:
        NotInvertible: The list lies elsewhere.
    """
    for each in given:
        if any(mark in each for mark in "/:$!"):
            msg = f"has a list of domains that lies elsewhere (domain = {each})"
            raise NotInvertible(msg)
    return given
