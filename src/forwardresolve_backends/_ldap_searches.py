"""Which searches a layout needs: as few as can be, each for all rules that look at the same entries.

A search asks only for entries that have something to say: that the attributes are there is tested
by the server, and so is everything else that the rules' filters name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from forwardresolve_backends._ldap_filters import all_of, any_of, parse_filter, present, written
from forwardresolve_backends._ldap_pages import Search
from forwardresolve_backends._ldap_rules import FORWARDING, Layout, Rule, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from forwardresolve_backends._ldap_answers import Meaning

Numbered = tuple[int, Rule]


@attrs.frozen
class Pass:
    """One search, and the rules whose entries it finds.

    Args:
        search: The search.
        meanings: The rules.
    """

    search: Search
    meanings: tuple[Meaning, ...]


def table_of(number: int, rule: Rule) -> str:
    """Return the look-up table of a rule; one without a name is a table of its own.

    Tables of virtual aliases never compete with those of copies: the name says what it yields.
    """
    return f"{rule.yields} {rule.table or number}"


def tables_in_order(rules: Iterable[Numbered]) -> tuple[str, ...]:
    """Return the look-up tables in the order in which they are asked."""
    return tuple(dict.fromkeys(table_of(number, rule) for number, rule in rules if rule.yields in FORWARDING))


def hosted_by(rule: Rule) -> bool:
    """Tell whether a rule yields domains; it is read first, because names may need them."""
    return rule.yields in ("domain", "domain-alias")


def searches(meanings: Sequence[Meaning], layout: Layout, base: str) -> tuple[Pass, ...]:
    """Make the searches of rules, in an order in which tables follow one another.

    Args:
        meanings: The rules.
        layout: Where they come from; it says whether the first table counts or all of them.
        base: Where a rule looks that names no base.
    """
    order = {
        name: at for at, name in enumerate(tables_in_order((each.number, each.rule) for each in meanings))
    }
    groups: dict[tuple[str, Scope, str, str], list[Meaning]] = {}
    free: list[tuple[tuple[str, Scope, str], Meaning]] = []
    for each in meanings:
        rule = each.rule
        place = (rule.base or base, rule.scope, written(parse_filter(rule.filter)))
        if rule.yields in FORWARDING:
            table = table_of(each.number, rule) if layout.lookup == "first" else ""
            groups.setdefault((*place, table), []).append(each)
        else:
            free.append((place, each))
    for place, each in free:
        key = next((key for key in groups if key[:3] == place), (*place, ""))
        groups.setdefault(key, []).append(each)
    ranked = sorted(
        groups.values(),
        key=lambda group: min(order.get(table_of(each.number, each.rule), len(order)) for each in group),
    )
    return tuple(_pass(group, base) for group in ranked)


def _pass(meanings: Sequence[Meaning], base: str) -> Pass:
    rule = meanings[0].rule
    needed = [
        all_of(present(each.keys), present(_answering(each)) if each.rule.has_answers else "")
        for each in meanings
    ]
    attributes = tuple(dict.fromkeys(name for each in meanings for name in each.attributes))
    numbers = ", ".join(str(each.number + 1) for each in sorted(meanings, key=lambda each: each.number))
    filter_ = all_of(written(parse_filter(rule.filter)), any_of(*needed))
    named = f"rule{'s' if len(meanings) > 1 else ''} {numbers} below {rule.base or base}"
    return Pass(Search(rule.base or base, rule.scope, filter_, attributes, named), tuple(meanings))


def _answering(meaning: Meaning) -> tuple[str, ...]:
    return (
        *meaning.values,
        *meaning.dn_values,
        *meaning.filter_values,
        *meaning.leaf,
        *meaning.commands,
    )
