"""Read an ``ldap:`` table of Postfix backwards: from what it asks for a key to which keys it has.

A query filter with ``%s`` in it is written as several ways to match. Each has comparisons with the
key, which become key attributes, and others, which the server decides. What is left over, such as
``(!(shadowAddress=%s))``, is asked here for every key.
"""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import attrs

from forwardresolve_backends._ldap_filters import (
    Comparison,
    FilterError,
    all_of,
    parse_filter,
    present,
    written,
)
from forwardresolve_backends._ldap_rules import EVERY_DOMAIN, FORWARDING, Rule
from forwardresolve_backends._postfix_ldap import NeverAnswers, NotInvertible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forwardresolve.sdk import DomainKind
    from forwardresolve_backends._ldap_filters import Filter
    from forwardresolve_backends._ldap_rules import KeyForm, Yields
    from forwardresolve_backends._postfix_ldap import LdapTable

_MOST_WAYS: Final = 256
"""More ways to match than any filter that a person has written."""

_ANYTHING: Final = "(objectClass=*)"

_UPPER = re.compile("%([SUD])")
_PLACEHOLDER = re.compile("%(.?)")
_RDN = re.compile(r"(?:[^,\\]|\\.)+")


@attrs.frozen
class Use:
    """What Postfix has a table for.

    Args:
        yields: What its keys become.
        table: The name of the look-up table that the rules belong to.
        domain_kind: The kind of the domains, where it lists domains.
    """

    yields: Yields
    table: str = ""
    domain_kind: DomainKind = "mailbox"


@attrs.frozen
class _Way:
    """One way in which an entry can match.

    Args:
        static: Filters that do not depend on the key.
        keys: Comparisons with the key.
        tests: Filters, negated ones, that depend on the key.
    """

    static: tuple[str, ...] = ()
    keys: tuple[Comparison, ...] = ()
    tests: tuple[str, ...] = ()

    def __add__(self, other: _Way) -> _Way:
        return _Way(self.static + other.static, self.keys + other.keys, self.tests + other.tests)


@attrs.frozen
class _Asked:
    """How the key attributes of a rule are asked; the fields are those of `Rule`."""

    filter: str
    match: str
    key_form: KeyForm
    key_format: str
    domains: tuple[str, ...]


def invert(table: LdapTable, use: Use) -> tuple[Rule, ...]:
    """Make the rules of a table.

    Args:
        table: The table.
        use: What Postfix has it for.

    Raises:
        NotInvertible: The rules would say less or more than the table.
    """
    if table.follows_aliases:
        msg = "follows the aliases of LDAP (dereference), which are never followed here"
        raise NotInvertible(msg)
    query = _UPPER.sub(lambda found: f"%{found[1].lower()}", table.filter)
    for found in _PLACEHOLDER.finditer(query):
        if found[1] not in tuple("sud"):
            msg = f"has a query_filter with {found[0]}; only %s, %u and %d can be read backwards"
            raise NotInvertible(msg)
    try:
        ways = _ways(parse_filter(query))
    except FilterError as error:
        msg = f"has a query_filter that is none: {error}"
        raise NotInvertible(msg) from error
    united: dict[_Asked, list[str]] = {}
    for way in ways:
        attribute, asked = _read_backwards(way, table, use)
        united.setdefault(asked, []).append(attribute)
    if use.yields in FORWARDING and len({each.key_form == "domain" for each in united}) > 1:
        msg = "asks for the address and for its domain alone in one filter; make two tables of it"
        raise NotInvertible(msg)
    base, within = _split_base(table.base)
    if within and table.scope != "sub":
        msg = f"searches only {table.scope} of a search_base that depends on the key"
        raise NotInvertible(msg)
    return tuple(
        Rule(
            yields=use.yields,
            table=use.table,
            keys=tuple(dict.fromkeys(keys)),
            base=base,
            within=within,
            scope=table.scope,
            domain_kind=use.domain_kind,
            **{**attrs.asdict(asked), **answers, "filter": all_of(asked.filter, condition) or _ANYTHING},
        )
        for asked, keys in united.items()
        for condition, answers in _answers(table, use)
    )


def _ways(filter_: Filter, *, negated: bool = False) -> list[_Way]:
    """Write a filter as a disjunction; parts without the key stay whole."""
    text = written(filter_)
    if "%" not in text:
        return [_Way(static=(f"(!{text})" if negated else text,))]
    if isinstance(filter_, Comparison):
        if filter_.parts is None or filter_.operator != "=":
            msg = f"compares the key with {text}; only an equality can be read backwards"
            raise NotInvertible(msg)
        return [_Way(tests=(f"(!{text})",))] if negated else [_Way(keys=(filter_,))]
    if filter_.operator == "!":
        return _ways(filter_.members[0], negated=not negated)
    members = [_ways(each, negated=negated) for each in filter_.members]
    if (filter_.operator == "|") != negated:
        return [way for each in members for way in each]
    size = 1
    for each in members:
        size *= len(each)
    if size > _MOST_WAYS:
        msg = f"has a query_filter with more than {_MOST_WAYS} ways to match"
        raise NotInvertible(msg)
    return [sum(each, _Way()) for each in product(*members)]


def _read_backwards(way: _Way, table: LdapTable, use: Use) -> tuple[str, _Asked]:
    """Return the attribute that holds the key in one way to match, and how it is asked."""
    if not way.keys:
        msg = "answers for every address: in one way to match its query_filter, nothing is compared with %s"
        raise NotInvertible(msg)
    chief, *others = sorted(way.keys, key=_rank)
    key_format = "*".join(chief.parts or ())
    tests = [*map(written, others), *way.tests]
    asks = {found[1] for found in _PLACEHOLDER.finditer(key_format)}
    if key_format == "%u@%d":
        tests.append(written(chief))  # a key without one of the two matches nothing
        key_format, asks = "%s", {"s"}
    if use.yields == "domain":
        tests.append(written(chief))  # @domain is no domain
    if len(asks) != 1 or key_format.count("%") != 1:
        msg = f"compares the key with {written(chief)}, which cannot be read backwards"
        raise NotInvertible(msg)
    form: KeyForm = _FORMS[asks.pop()]
    if form == "domain" and any("%s" in each or "%u" in each for each in tests):
        msg = "asks for the domain alone, but not for every address in it; make two tables of it"
        raise NotInvertible(msg)
    if use.yields in ("domain", "local"):
        if form == "domain" or any("%d" in each for each in tests):
            msg = "asks for %d, which Postfix never knows here: its keys are no addresses"
            raise NeverAnswers(msg)
        form = "address" if use.yields == "domain" else "name"
    domains = tuple(table.domains) or ((EVERY_DOMAIN,) if form == "name" and use.yields != "local" else ())
    if domains and use.yields in ("domain", "local"):
        msg = "restricts itself to domains (domain = ...), so Postfix never asks it here"
        raise NeverAnswers(msg)
    return chief.name, _Asked(all_of(*way.static), all_of(*tests), form, key_format, domains)


_FORMS: Final[dict[str, KeyForm]] = {"s": "address", "u": "name", "d": "domain"}


def _rank(comparison: Comparison) -> int:
    """Sort what says most about the key to the front."""
    text = "*".join(comparison.parts or ())
    return 0 if "%s" in text or text == "%u@%d" else 1 if "%u" in text else 2


def _split_base(base: str) -> tuple[str, str]:
    """Return the base that does not depend on the key, and the whole where a part does."""
    lower = _UPPER.sub(lambda found: f"%{found[1].lower()}", base)
    if "%" not in lower:
        return base, ""
    for found in _PLACEHOLDER.finditer(lower):
        if found[1] not in tuple("sud123456789"):
            msg = f"has a search_base with {found[0]}, which cannot be read backwards"
            raise NotInvertible(msg)
    parts: list[str] = _RDN.findall(lower)
    last = max(place for place, part in enumerate(parts) if "%" in part)
    return ",".join(part.strip() for part in parts[last + 1 :]), lower


def _answers(table: LdapTable, use: Use) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what entries answer, as fields of a rule, and which entries; terminal attributes make two."""
    if use.yields not in FORWARDING:
        yield present((*table.terminal, *table.values, *table.leaf, *table.special)), {}
        return
    formatted = _value_format(table.result_format)
    others = {
        "values": tuple(table.values),
        "leaf": tuple(table.leaf),
        "dn_values": tuple(table.special),
        "value_format": formatted,
    }
    if not table.terminal:
        yield "", others
        return
    if table.special:
        msg = "has terminal_result_attribute and special_result_attribute, which cannot be read together"
        raise NotInvertible(msg)
    terminal = present(table.terminal)
    yield terminal, {"values": tuple(table.terminal), "value_format": formatted}
    if table.values or table.leaf:
        yield f"(!{terminal})", others


def _value_format(text: str) -> str:
    found: Sequence[str] = [each[1] for each in _PLACEHOLDER.finditer(text)]
    if not found or any(each not in tuple("sudSUD%") for each in found):
        msg = f"has result_format = {text}; only %s, %u, %d, %S, %U and %D can be followed"
        raise NotInvertible(msg)
    return text
