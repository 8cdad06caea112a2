"""Members are followed as far as they lead; circles end, and what is missing is said."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.paper_directory import BASE, PaperConnection, paper, reader_of
from forwardresolve.sdk import Remark
from forwardresolve_backends._ldap_answers import Meaning
from forwardresolve_backends._ldap_reading import found_by
from forwardresolve_backends._ldap_rules import Layout, Rule
from forwardresolve_backends._ldap_searches import searches

RULE = Rule(
    keys=("mail",), values=("goesTo",), dn_values=("member", "url"), filter_values=("finds",), leaf=("mail",)
)


def named(name: str) -> str:
    return f"cn={name},{BASE}"


def found(connection: PaperConnection, rule: Rule = RULE) -> tuple[dict[str, set[str]], list[str]]:
    """Return the destinations of each key, and the texts of the remarks."""
    meaning = Meaning.of(0, rule, str.casefold)
    (asked,) = searches([meaning], Layout(rules=(rule,)), BASE)
    answers: dict[str, set[str]] = {}
    remarks = []
    for each in found_by(reader_of(connection), asked, BASE):
        if isinstance(each, Remark):
            remarks.append(each.text)
        else:
            for key in each.keys:
                answers.setdefault(key, set()).update(each.destinations)
    return answers, remarks


def test_nested_groups_give_all_their_members_and_circles_end() -> None:
    connection = paper(
        joe={"mail": "joe@x"},
        ann={"mail": "ann@x", "goesTo": "ann@out"},
        inner={"mail": "inner@x", "member": [named("ann"), named("outer"), named("inner")]},
        outer={"mail": "outer@x", "member": [named("joe").upper(), named("inner")], "goesTo": "also@out"},
    )
    answers, remarks = found(connection)

    assert answers["outer@x"] == {"joe@x", "ann@x", "ann@out", "also@out"}
    assert answers["inner@x"] == {"joe@x", "ann@x", "ann@out", "also@out"}
    assert answers["joe@x"] == {"joe@x"}
    assert remarks == []


def test_an_own_destination_of_a_group_counts_once_and_its_own_address_does_not() -> None:
    connection = paper(outer={"mail": "outer@x", "member": [named("outer")], "goesTo": "also@out"})

    assert found(connection)[0] == {"outer@x": {"also@out"}}


def test_a_member_that_is_not_there_is_said_with_the_group() -> None:
    connection = paper(group={"mail": "g@x", "member": [named("gone"), named("joe")]}, joe={"mail": "joe@x"})
    answers, (remark,) = found(connection)

    assert answers["g@x"] == {"joe@x"}
    assert remark.startswith(f"{named('group')} refers to '{named('gone')}'")


def test_many_members_are_read_together_and_those_elsewhere_one_by_one() -> None:
    people = {f"u{number}": {"mail": f"u{number}@x"} for number in range(120)}
    connection = paper(
        **people,
        stranger={"mail": "stranger@x"},
        group={"mail": "g@x", "member": [*map(named, people), "cn=far,dc=y", named("gone")]},
    )
    connection.entries["cn=far,dc=y"] = {"mail": [b"far@y"]}
    answers, remarks = found(connection)

    assert answers["g@x"] == {f"u{number}@x" for number in range(120)} | {"far@y"}
    assert len(remarks) == 1
    assert len([each for each in connection.searches if each["search_scope"] == "BASE"]) == 2


def test_urls_and_filters_find_members() -> None:
    connection = paper(
        joe={"mail": "joe@x", "status": "1"},
        ann={"mail": "ann@x", "status": "2"},
        one={"mail": "one@x", "url": f"ldap:///{BASE}?mail?sub?(status=1)"},
        two={"mail": "two@x", "finds": "(status=2)"},
        base={"mail": "base@x", "url": f"ldap:///{named('ann')}"},
        level={"mail": "level@x", "url": f"ldap://other.host/{BASE}??one?(%7C(status=1)(status=2))"},
        all={"mail": "all@x", "finds": "(|(cn=x)(goesTo=*)(finds=*)(status=*))"},
    )
    answers, remarks = found(connection)

    assert answers["one@x"] == {"joe@x"}
    assert answers["two@x"] == {"ann@x"}
    assert answers["base@x"] == {"ann@x"}
    assert answers["level@x"] == {"joe@x", "ann@x"}
    assert answers["all@x"] == {"joe@x", "ann@x"}
    assert remarks == []


@pytest.mark.parametrize("broken", ["ldap:///dc=x??sub?(a=b", "ldap:///dc=x??deep?(a=b)"])
def test_an_url_or_filter_that_cannot_be_read_is_said(broken: str) -> None:
    answers, (remark,) = found(paper(one={"mail": "one@x", "url": broken}))

    assert answers == {}
    assert broken in remark


@given(st.dictionaries(st.integers(0, 9), st.sets(st.integers(0, 9), max_size=4), max_size=10))
def test_any_web_of_groups_gives_what_a_walk_gives(web: dict[int, set[int]]) -> None:
    entries: dict[str, Any] = {f"g{name}": {"mail": f"g{name}@x"} for name in range(10)}
    for name, members in web.items():
        if members:
            entries[f"g{name}"]["member"] = [named(f"g{each}") for each in members]
    answers, _ = found(paper(**entries))

    for name in range(10):
        seen, waiting = {name}, [name]
        while waiting:
            for each in web.get(waiting.pop(), set()) - seen:
                seen.add(each)
                waiting.append(each)
        leaves = {f"g{each}@x" for each in seen if not web.get(each)}
        assert answers.get(f"g{name}@x", set()) == leaves
