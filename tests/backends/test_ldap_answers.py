"""What an entry says by a rule: keys and destinations, in every form that directories write them."""

from __future__ import annotations

from typing import Any

import pytest

from forwardresolve.sdk import Remark
from forwardresolve_backends._ldap_answers import Answer, Meaning
from forwardresolve_backends._ldap_pages import Entry
from forwardresolve_backends._ldap_rules import Rule

PLAIN: dict[str, Any] = {"keys": ("mail",), "values": ("goesTo",)}


def entry(dn: str = "cn=e,dc=x", **values: Any) -> Entry:  # noqa: ANN401 (one value or several)
    held = {
        name.casefold(): [each] if isinstance(each, str | bytes) else each for name, each in values.items()
    }
    return Entry(
        dn,
        {
            name: [each if isinstance(each, bytes) else each.encode() for each in several]
            for name, several in held.items()
        },
    )


def said(rule: Rule, given: Entry, members: tuple[str, ...] = (), hosted: tuple[str, ...] = ()) -> list[Any]:
    meaning = Meaning.of(0, rule, str.casefold, hosted)
    return list(meaning.answers(given, members))


def pairs(rule: Rule, given: Entry, **more: Any) -> list[tuple[list[str], list[str]]]:  # noqa: ANN401 (as above)
    return [
        (list(each.keys), list(each.destinations))
        for each in said(rule, given, **more)
        if isinstance(each, Answer)
    ]


def keys(given: Entry, *, hosted: tuple[str, ...] = (), **rule: Any) -> list[str]:  # noqa: ANN401 (of a rule)
    found = said(Rule(yields="mailbox", keys=("mail",), **rule), given, hosted=hosted)
    return [key for each in found for key in each.keys]


def values(given: Entry, **rule: Any) -> list[list[str]]:  # noqa: ANN401 (of a rule)
    return [destinations for _, destinations in pairs(Rule(**{**PLAIN, **rule}), given)]


def test_an_entry_answers_for_all_its_keys_with_all_its_values() -> None:
    rule = Rule(keys=("mail", "alias"), values=("goesTo", "mail"))
    given = entry(mail="a@x.example", alias=["b@x.example", "@x.example"], goesTo="c@y.example, d@y.example")

    assert pairs(rule, given) == [
        (["a@x.example", "b@x.example", "@x.example"], ["c@y.example, d@y.example", "a@x.example"])
    ]


def test_an_entry_without_a_key_or_a_value_says_nothing() -> None:
    assert pairs(Rule(**PLAIN), entry(goesTo="c@y.example")) == []
    assert pairs(Rule(**PLAIN), entry(mail="a@x.example")) == []
    assert keys(entry()) == []


def test_a_leaf_counts_only_where_nobody_is_referred_to() -> None:
    rule = Rule(keys=("mail",), dn_values=("member",), leaf=("own",))

    assert pairs(rule, entry(mail="a", own="b")) == [(["a"], ["b"])]
    assert pairs(rule, entry(mail="a", own="b", member="cn=c"), members=("c",)) == [(["a"], ["c"])]


def test_a_program_is_a_destination_that_nobody_can_follow() -> None:
    rule = Rule(keys=("mail",), commands=("program",))
    given = entry(mail="a", program=['/usr/bin/vac"ation joe@y.example', "  "])

    assert pairs(rule, given) == [(["a"], ['"|/usr/bin/vacation"'])]


@pytest.mark.parametrize(
    ("rule", "given", "expected"),
    [
        ({}, ["a@x.example"], ["a@x.example"]),
        (
            {"prefixes": ("smtp:",)},
            ["SMTP:a@x.example", "X500:/o=a", "b@x.example"],
            ["a@x.example", "b@x.example"],
        ),
        ({"prefixes": ("smtp:",)}, ['"a:b"@x.example', "a@x:1"], ['"a:b"@x.example', "a@x:1"]),
        (
            {"catchall": "catchall"},
            ["CatchAll@x.example", "catchall2@x.example"],
            ["@x.example", "catchall2@x.example"],
        ),
        ({"key_form": "domain"}, ["x.example"], ["@x.example"]),
        ({"key_form": "domain", "domains": ("x.example",)}, ["X.example", "y.example"], ["@X.example"]),
        ({"key_form": "domain", "key_format": "*@%s"}, ["a@x.example", "x.example"], ["@x.example"]),
        ({"key_form": "name"}, ["joe"], ["joe"]),
        (
            {"key_form": "name", "domains": ("X.example", "y.example")},
            ["joe"],
            ["joe@x.example", "joe@y.example"],
        ),
        ({"key_form": "name", "key_format": "cn=%u (mail)"}, ["CN=joe (Mail)", "joe"], ["joe"]),
        ({"key_format": "100%%:%s"}, ["100%:a@x.example"], ["a@x.example"]),
        ({"domains": ("x.example",)}, ["a@X.example", "a@y.example", "@x.example", "joe"], ["a@X.example"]),
        ({"match": "(!(alias=%s))"}, ["a@x.example", "b@x.example"], ["a@x.example"]),
        ({"match": "(alias=%u@%d)"}, ["a@x.example", "b@x.example"], ["b@x.example"]),
        ({"within": "cn=e,dc=%d"}, ["a@x", "a@y"], ["a@x"]),
        ({"within": "dc=%1"}, ["a@b.x", "a@x.b", "@x", "a"], ["a@b.x", "@x"]),
        ({"within": "dc=%2"}, ["a@x.b", "a@x"], ["a@x.b"]),
        ({"within": "cn=%u,dc=x"}, ["e@b", "a@b"], ["e@b"]),
    ],
)
def test_a_key_is_what_the_rule_makes_of_a_value(
    rule: dict[str, Any], given: list[str], expected: list[str]
) -> None:
    assert keys(entry(mail=given, alias="b@x.example"), **rule) == expected


def test_a_name_counts_in_every_hosted_domain() -> None:
    rule: dict[str, Any] = {"key_form": "name", "domains": ("*", "z.example")}

    assert keys(entry(mail="joe"), hosted=("x.example",), **rule) == ["joe@x.example", "joe@z.example"]
    assert keys(entry(mail="joe"), **{**rule, "domains": ("*",)}) == []


def test_a_rule_of_domains_has_domains_for_keys() -> None:
    rule = Rule(yields="domain-alias", keys=("mail",), values=("goesTo",))

    assert pairs(rule, entry(mail=["@x.example", "y.example", "joe@x.example"], goesTo="z.example")) == [
        (["x.example", "y.example"], ["z.example"])
    ]


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("%s", [["c@y.example", "bare"]]),
        ("%u@relay.example", [["c@relay.example", "bare@relay.example"]]),
        ("%s@%D", [["c@y.example@x.example", "bare@x.example"]]),
        ("%U%%%d", [["a%y.example"]]),
        ("%S", [["a@x.example", "a@x.example"]]),
    ],
)
def test_a_value_becomes_what_the_format_says(made: str, expected: list[list[str]]) -> None:
    assert values(entry(mail="a@x.example", goesTo=["c@y.example", "bare"]), value_format=made) == expected


def test_a_format_without_its_parts_makes_nothing() -> None:
    assert values(entry(mail="a", goesTo="c"), value_format="%d") == []


def test_a_value_with_a_foreign_prefix_is_a_remark() -> None:
    rule = Rule(**PLAIN, prefixes=("smtp:",))
    found = said(rule, entry(mail="a@x.example", goesTo=["smtp:c@y.example", "x400:/c=de"]))

    assert found[0].id == "ldap-no-address"
    assert "x400:/c=de" in found[0].text
    assert found[1].destinations == ["c@y.example"]


@pytest.mark.parametrize("place", ["mail", "goesTo", "program"])
def test_a_text_that_is_no_utf8_is_a_remark_and_not_lost(place: str) -> None:
    rule = Rule(keys=("mail",), values=("goesTo",), commands=("program",))
    given: dict[str, Any] = {"mail": b"a@x.example", "goesTo": b"c@y.example", "program": b"/bin/x"}
    found = said(rule, entry(**{**given, place: b"j\xfc"}))

    (remark,) = (each for each in found if isinstance(each, Remark))
    assert remark.id == "ldap-no-utf8"
    assert "cn=e,dc=x" in remark.text
    assert str(remark.origin) == "ldap (cn=e,dc=x)"
    assert any("j�" in "".join([*each.keys, *each.destinations]) for each in found if each is not remark)


def test_only_the_attributes_that_a_rule_needs_are_asked_for() -> None:
    rule = Rule(
        keys=("Mail",), values=("GoesTo", "mail"), commands=("Program",), match="(&(Status=1)(mail=%s))"
    )

    assert Meaning.of(0, rule, str.casefold).attributes == ("mail", "goesto", "program", "status")
