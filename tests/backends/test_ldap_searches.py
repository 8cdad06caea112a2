"""As few searches as can be, in the order of the tables, and only for what has something to say."""

from __future__ import annotations

from typing import Any

from forwardresolve_backends._ldap_answers import Meaning
from forwardresolve_backends._ldap_rules import Layout, Lookup, Rule
from forwardresolve_backends._ldap_searches import Pass, searches

USERS = "(objectClass=user)"


def plan(*rules: Rule, lookup: Lookup = "first") -> list[Pass]:
    meanings = [Meaning.of(number, rule, str.casefold) for number, rule in enumerate(rules)]
    return list(searches(meanings, Layout(rules=rules, lookup=lookup), "dc=x"))


def numbers(passes: list[Pass]) -> list[list[int]]:
    return [[each.number for each in one.meanings] for one in passes]


def test_rules_that_look_at_the_same_entries_share_a_search() -> None:
    (only,) = plan(
        Rule(yields="mailbox", filter=USERS, keys=("mail",)),
        Rule(filter=f" {USERS} ", keys=("mail", "alias"), values=("goesTo",)),
    )

    assert [each.number for each in only.meanings] == [1, 0]
    assert only.search.filter == ("(&(objectClass=user)(|(&(|(mail=*)(alias=*))(goesto=*))(mail=*)))")
    assert only.search.attributes == ("mail", "alias", "goesto")
    assert only.search.subject == "rules 1, 2 below dc=x"


def test_rules_of_other_entries_have_searches_of_their_own() -> None:
    forwards: dict[str, Any] = {"keys": ("mail",), "values": ("goesTo",), "table": "t"}

    passes = plan(
        Rule(**forwards),
        Rule(**forwards, filter=USERS),
        Rule(**forwards, base="dc=y"),
        Rule(**forwards, scope="one"),
    )

    assert numbers(passes) == [[0], [1], [2], [3]]
    assert [each.search.base for each in passes] == ["dc=x", "dc=x", "dc=y", "dc=x"]
    assert passes[3].search.scope == "one"


def test_tables_follow_one_another_although_their_rules_do_not() -> None:
    first: dict[str, Any] = {"keys": ("mail",), "values": ("goesTo",), "table": "first"}
    second = {**first, "table": "second"}
    rules = (
        Rule(**first),
        Rule(**second),
        Rule(**first, filter=USERS),
        Rule(yields="mailbox", keys=("mail",)),
    )

    assert numbers(plan(*rules)) == [[0, 3], [2], [1]]
    assert numbers(plan(*rules, lookup="union")) == [[0, 1, 3], [2]]


def test_rules_that_yield_no_forwardings_share_a_search_too() -> None:
    rules = (
        Rule(yields="mailbox", keys=("mail",)),
        Rule(yields="transport", keys=("alias",)),
        Rule(yields="relocated", keys=("mail",), filter=USERS),
    )

    assert numbers(plan(*rules)) == [[0, 1], [2]]


def test_an_entry_counts_with_any_of_its_answers() -> None:
    rule = Rule(
        keys=("mail",),
        values=("a",),
        dn_values=("b",),
        filter_values=("c",),
        leaf=("d",),
        commands=("e",),
    )
    (only,) = plan(rule)

    assert only.search.filter == "(&(objectClass=*)(&(mail=*)(|(a=*)(b=*)(c=*)(d=*)(e=*))))"
