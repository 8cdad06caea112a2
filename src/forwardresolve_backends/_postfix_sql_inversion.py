"""Read an SQL table of Postfix backwards: from what it asks for a key to which keys it has.

Where a query compares a column with the key, the column is selected and the comparison left out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve_backends._postfix_ldap import NeverAnswers, NotInvertible
from forwardresolve_backends._postfix_sql_text import plain, ways_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forwardresolve_backends._postfix_sql import SqlTable
    from forwardresolve_backends._postfix_sql_text import Comparison, Way

_NO_ADDRESSES: Final = ("domain", "local")
"""What tables are for that are asked for a domain or a name, never for an address."""


@attrs.frozen
class Question:
    """A query that gives all keys with their values.

    Args:
        statement: The query; its first columns hold the parts of the key.
        key: How these make up the key: ``address``, ``domain`` or ``@domain`` (of all its addresses),
            ``local domain``, or ``local of address`` (an address, the domain it must have, and the
            key's domain).
        parts: How many columns that are.
        needs_local: Whether a key without a local part is never asked for.
        needs_domain: Whether a key without a domain is never asked for.
        domain_alone: Whether it answers whatever the local part is.
        keeps_local: Whether a value is the domain that a key's local part goes on to.
    """

    statement: str
    key: str
    parts: int
    needs_local: bool = False
    needs_domain: bool = False
    domain_alone: bool = False
    keeps_local: bool = False


def invert_sql(table: SqlTable, role: str, delimiters: str) -> tuple[Question, ...]:
    """Make the queries of a table.

    Args:
        table: The table.
        role: What Postfix has it for.
        delimiters: The recipient_delimiter.

    Raises:
        NotInvertible: They would say less or more than the table.
    """
    if not table.query:
        msg = "has no query"
        raise NotInvertible(msg)
    # A part that the key lacks keeps the whole query from being asked (mysql_table(5)).
    asks = {each.lower() for each in re.findall("%(.)", table.query)}
    questions = tuple(
        attrs.evolve(
            _question(way, table, role, delimiters),
            needs_local=bool(table.domains) or "u" in asks,
            needs_domain=bool(table.domains) or "d" in asks,
        )
        for way in ways_of(table.query)
    )
    if len({each.domain_alone for each in questions}) > 1:
        msg = "asks for the address and for its domain alone in one query; make two tables of it"
        raise NotInvertible(msg)
    if questions[0].domain_alone and any(mark in table.result_format for mark in ("%S", "%U")):
        msg = "asks for the domain alone, and has the key in its result_format"
        raise NotInvertible(msg)
    return questions


def _question(way: Way, table: SqlTable, role: str, delimiters: str) -> Question:
    by_form: dict[str, Comparison] = {each.form: each for each in way.comparisons}
    forms = sorted(by_form)
    if len(by_form) != len(way.comparisons):
        msg = "compares several columns with the same part of the key"
        raise NotInvertible(msg)
    if role in _NO_ADDRESSES and forms not in (["%s"], ["%u"]):
        msg = "asks for %d, which Postfix never knows here: its keys are no addresses"
        raise NeverAnswers(msg)
    alone = False
    extra: tuple[str, ...] = ()
    match forms:
        case ["%s"] | ["%u@%d"]:
            key, columns = "address", [by_form[forms[0]].column]
        case ["%u"] if role in _NO_ADDRESSES:
            key, columns = "address", [by_form["%u"].column]
        case ["%d", "%u"]:
            key, columns = "local domain", [by_form["%u"].column, by_form["%d"].column]
        case ["%d"] | ["@%d"]:
            key, columns, alone = forms[0].replace("%d", "domain"), [by_form[forms[0]].column], True
        case ["%d", "%u@"]:
            key = "local of address"
            joined = by_form["%u@"]
            columns = [joined.column, joined.domain, by_form["%d"].column]
            extra = (_ends_with(joined, table.kind),)
        case []:
            msg = "answers whatever the key is: nothing in its query is compared with %s"
            raise NotInvertible(msg)
        case _:
            msg = f"compares columns with {' and '.join(forms)}, which cannot be read backwards"
            raise NotInvertible(msg)
    if way.keeps_local and not alone:
        msg = "selects the key's local part, and asks for more than its domain"
        raise NotInvertible(msg)
    # Postfix folds the key, so in a database that minds case a column with capitals is never found.
    folded = tuple(f"({each.column}) = LOWER({each.column})" for each in way.comparisons)
    conditions = (*way.static, *extra, *folded)
    statement = " ".join(
        (
            f"SELECT {', '.join((*columns, way.chosen))}",
            f"FROM {way.source}",
            f"WHERE {' AND '.join(f'({each})' for each in conditions)}",
        )
    )
    guarded = bool(delimiters) and set(delimiters) <= set(way.no_extension)
    return Question(
        plain(statement),
        key,
        len(columns),
        domain_alone=alone and bool(delimiters) and not guarded,
        keeps_local=way.keeps_local,
    )


def _ends_with(joined: Comparison, kind: str) -> str:
    """Write the condition that an address ends with a domain; it is looked at again row by row."""
    ending = f"CONCAT('%%@', {joined.domain})" if kind == "mysql" else f"'%%@' || {joined.domain}"
    return f"{joined.column} LIKE {ending}"


def keys_of(question: Question, parts: Sequence[str], domains: Sequence[str]) -> str:
    """Return the key that a row answers for; an empty text for none.

    Args:
        question: What gave the row.
        parts: Its first columns.
        domains: The only domains whose addresses the table is asked for; empty: all.
    """
    match question.key:
        case "domain" | "@domain":
            key = parts[0].lower() if question.key == "@domain" else f"@{parts[0]}".lower()
            is_whole_domain = key.startswith("@") and "@" not in key[1:]
            return key if is_whole_domain and (not domains or key[1:] in domains) else ""
        case "local domain":
            key = f"{parts[0]}@{parts[1]}"
        case "local of address":
            ending = f"@{parts[1]}".lower()
            if not parts[0].lower().endswith(ending):
                return ""
            key = f"{parts[0][: -len(ending)]}@{parts[2]}"
        case _:
            key = parts[0]
    key = key.lower()
    local, at, domain = key.rpartition("@")
    if (question.needs_domain and not at) or (question.needs_local and at and not local):
        return ""
    return "" if domains and domain not in domains else key
