"""From what a directory answers to records; of several tables the first one counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.sdk import (
    Domain,
    DomainAlias,
    Forward,
    ForwardTable,
    Mailbox,
    Origin,
    Record,
    Relocated,
    Remark,
    Transport,
)
from forwardresolve_backends._ldap_answers import PLACE, Answer
from forwardresolve_backends._ldap_rules import FORWARDING, Layout, Rule, Yields
from forwardresolve_backends._ldap_searches import table_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_TABLES: Final[Mapping[str, ForwardTable]] = {
    "forward": "virtual",
    "local": "local",
    "canonical": "canonical",
    "bcc": "bcc",
}


@attrs.define
class _FirstHits:
    """Which table each key belongs to: the first one that has something for it."""

    _last: Mapping[Yields, str]
    _owners: dict[tuple[str, str], str] = attrs.field(factory=dict)

    def take(self, rule: Rule, table: str, keys: Sequence[str]) -> Sequence[str]:
        """Return the keys that no earlier table has, and keep them for this one."""
        owners, kind = self._owners, rule.yields
        if self._last[kind] == table:  # nobody comes after it, so nobody has to be kept out
            return (
                [key for key in keys if owners.get((kind, key.casefold()), table) == table]
                if owners
                else keys
            )
        return [key for key in keys if owners.setdefault((kind, key.casefold()), table) == table]


def records_of(found: Iterable[Answer | Remark], layout: Layout) -> Iterator[Record]:
    """Make records of what a directory answers.

    Args:
        found: The answers; those of a table stand together, and tables in their order.
        layout: The rules that they come from.

    Yields:
        The records, in the order of the answers.
    """
    rules = layout.rules
    tables = [table_of(number, rule) for number, rule in enumerate(rules)]
    last: dict[Yields, str] = {
        rule.yields: table for rule, table in _by_first_place(rules, tables) if rule.yields in FORWARDING
    }
    hits = _FirstHits(last) if layout.lookup == "first" else None
    for each in found:
        if isinstance(each, Remark):
            yield each
            continue
        rule = rules[each.rule]
        origin = Origin(PLACE, each.dn)
        if rule.yields not in FORWARDING:
            for key in each.keys:
                yield from _other(rule, key, each, origin)
            continue
        keys = each.keys if hits is None else hits.take(rule, tables[each.rule], each.keys)
        destinations, table = tuple(each.destinations), _TABLES[rule.yields]
        for key in keys:
            yield Forward(key, destinations, table, origin)


def _by_first_place(rules: Sequence[Rule], tables: Sequence[str]) -> Iterator[tuple[Rule, str]]:
    """Yield each table once, where its first rule stands."""
    seen: set[str] = set()
    for rule, table in zip(rules, tables, strict=True):
        if table not in seen:
            seen.add(table)
            yield rule, table


def _other(rule: Rule, key: str, answer: Answer, origin: Origin) -> Iterator[Record]:
    match rule.yields:
        case "mailbox":
            yield Mailbox(key, rule.shields, origin)
        case "domain":
            yield Domain(key, rule.domain_kind, origin)
        case "transport":
            yield Transport(key, rule.transport_kind, origin)
        case "relocated":
            yield Relocated(key, origin)
        case _:
            yield from (DomainAlias(key, target.removeprefix("@"), origin) for target in answer.destinations)
