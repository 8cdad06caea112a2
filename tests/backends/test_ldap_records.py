"""Answers become records, and of several tables the first one counts that has something."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from forwardresolve.sdk import (
    Domain,
    DomainAlias,
    Forward,
    Mailbox,
    Origin,
    Relocated,
    Remark,
    Transport,
)
from forwardresolve_backends._ldap_answers import Answer
from forwardresolve_backends._ldap_records import records_of
from forwardresolve_backends._ldap_rules import Layout, Lookup, Rule

HERE = Origin("ldap", "cn=e")


def forward(table: str = "", **more: Any) -> Rule:  # noqa: ANN401 (of a rule)
    return Rule(keys=("mail",), values=("goesTo",), table=table, **more)


def made(
    rules: list[Rule], *answers: tuple[int, str, str], lookup: Lookup = "first"
) -> list[tuple[str, str]]:
    found = (Answer(number, "cn=e", [key], [goes]) for number, key, goes in answers)
    return [
        (each.source, each.destinations[0])
        for each in records_of(found, Layout(rules=rules, lookup=lookup))
        if isinstance(each, Forward)
    ]


def test_each_kind_of_rule_yields_its_records() -> None:
    rules = [
        Rule(yields="mailbox", keys=("mail",), shields=True),
        Rule(yields="domain", keys=("mail",), domain_kind="relay"),
        Rule(yields="domain-alias", keys=("mail",), values=("goesTo",)),
        Rule(yields="transport", keys=("mail",), transport_kind="relay"),
        Rule(yields="relocated", keys=("mail",)),
        forward(yields="local"),
        forward(yields="canonical"),
        forward(yields="bcc"),
        forward(),
    ]
    answers = [
        Answer(number, "cn=e", ["k"], ["@v", "w"] if number in (2, 5, 6, 7, 8) else ()) for number in range(9)
    ]
    remark = Remark("x", "y")

    assert list(records_of([remark, *answers], Layout(rules=rules))) == [
        remark,
        Mailbox("k", shields=True, origin=HERE),
        Domain("k", "relay", HERE),
        DomainAlias("k", "v", HERE),
        DomainAlias("k", "w", HERE),
        Transport("k", "relay", HERE),
        Relocated("k", HERE),
        Forward("k", ("@v", "w"), "local", HERE),
        Forward("k", ("@v", "w"), "canonical", HERE),
        Forward("k", ("@v", "w"), "bcc", HERE),
        Forward("k", ("@v", "w"), "virtual", HERE),
    ]


def test_the_first_table_with_something_for_a_key_counts() -> None:
    rules = [forward("one"), forward("two"), forward("three")]

    assert made(
        rules,
        (0, "A@x", "1"),
        (0, "a@x", "2"),
        (1, "a@X", "3"),
        (1, "b@x", "4"),
        (2, "b@x", "5"),
        (2, "c@x", "6"),
    ) == [
        ("A@x", "1"),
        ("a@x", "2"),
        ("b@x", "4"),
        ("c@x", "6"),
    ]


def test_all_tables_count_in_a_union() -> None:
    rules = [forward("one"), forward("two")]

    assert made(rules, (0, "a", "1"), (1, "a", "2"), lookup="union") == [("a", "1"), ("a", "2")]


def test_rules_of_one_table_unite_and_rules_without_a_name_do_not() -> None:
    assert made([forward("one"), forward("one")], (0, "a", "1"), (1, "a", "2")) == [("a", "1"), ("a", "2")]
    assert made([forward(), forward()], (0, "a", "1"), (1, "a", "2")) == [("a", "1")]


def test_a_copy_never_keeps_a_forwarding_out() -> None:
    rules = [forward("one", yields="bcc"), forward("one"), forward("two", yields="bcc")]

    assert made(rules, (0, "a", "1"), (1, "a", "2"), (2, "a", "3")) == [("a", "1"), ("a", "2")]


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("aAbc"), st.sampled_from("123")), max_size=30))
def test_a_key_has_exactly_the_destinations_of_its_first_table(rows: list[tuple[int, str, str]]) -> None:
    tables = ("one", "two", "one", "three")
    rules = [forward(table) for table in tables]
    rank = {name: at for at, name in enumerate(dict.fromkeys(tables))}
    ordered = sorted(rows, key=lambda row: rank[tables[row[0]]])
    first = {
        key: min(rank[tables[number]] for number, other, _ in rows if other.casefold() == key)
        for key in {row[1].casefold() for row in rows}
    }

    assert made(rules, *ordered) == [
        (key, goes) for number, key, goes in ordered if rank[tables[number]] == first[key.casefold()]
    ]
