"""Patterns: an expression over whole addresses, and destinations that its groups fill in."""

from __future__ import annotations

import pytest

from forwardresolve.errors import AddressError
from forwardresolve.patterns import CompiledPattern, compile_pattern
from forwardresolve.records import Origin, Pattern


def compiled(pattern: Pattern) -> CompiledPattern:
    return compile_pattern(pattern, Origin())


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("$1@x.example", "joe@x.example"),
        ("${1}2@x.example", "joe2@x.example"),
        ("$(1)@x.example", "joe@x.example"),
        (r"\1@x.example", "joe@x.example"),
        ("$1$$@x.example", "joe$@x.example"),
        ("a$7b@x.example", "ab@x.example"),
        ("a$2b@x.example", "ab@x.example"),
    ],
)
def test_a_group_fills_its_place_in_a_destination(template: str, filled: str) -> None:
    pattern = compiled(Pattern(r"^(\w+)(\+.*)?@a\.example$", template))
    assert pattern.answer("joe@a.example") == (filled,)


def test_a_pattern_that_does_not_match_has_no_answer() -> None:
    assert compiled(Pattern("^joe@", "x@x.example")).answer("ann@a.example") is None


def test_a_pattern_is_searched_for_anywhere_unless_it_says_otherwise() -> None:
    assert compiled(Pattern("oe@", "x@x.example", "regexp")).answer("joe@a.example") == ("x@x.example",)


def test_case_does_not_count() -> None:
    assert compiled(Pattern("^JOE@", "X@x.example")).answer("joe@a.example") == ("x@x.example",)


def test_several_destinations_are_split_and_each_named_once() -> None:
    assert compiled(Pattern("^(.*)@", "$1@x.example, y@x.example")).answer("y@a.example") == ("y@x.example",)
    assert compiled(Pattern("^", ["x@x.example", "y@x.example"])).answer("joe") == (
        "x@x.example",
        "y@x.example",
    )


def test_a_domain_as_destination_keeps_the_local_part() -> None:
    assert compiled(Pattern("^joe", "@b.example")).answer("joe+e@a.example") == ("joe+e@b.example",)
    odd = compiled(Pattern("^joe", "@b.example, x@ext.example"))
    assert odd.answer("joe@a.example") == ('"joe@b.example, x"@ext.example',)


def test_a_destination_that_becomes_no_address_is_left_out() -> None:
    assert compiled(Pattern("^(.*)@", "x@$1, y@x.example")).answer("a..b@a.example") == ("y@x.example",)


@pytest.mark.parametrize(
    ("like", "matching", "other"),
    [
        ("%@a.example", "joe@a.example", "joe@a.example.org"),
        ("j_e@A.example", "jxe@a.example", "joxe@a.example"),
        ("j.e@a.example", "j.e@a.example", "joe@a.example"),
    ],
)
def test_a_pattern_of_sql_matches_the_whole_address(like: str, matching: str, other: str) -> None:
    pattern = compiled(Pattern(like, "x@x.example", "like"))
    assert pattern.answer(matching) == ("x@x.example",)
    assert pattern.answer(other) is None


def test_a_group_may_have_a_name_as_in_pcre() -> None:
    assert compiled(Pattern("^(?<who>j.*)@", "$1@x.example")).answer("joe@a.example") == ("joe@x.example",)


def test_an_expression_that_cannot_be_read_is_named() -> None:
    with pytest.raises(AddressError, match=r"'\(' is no pcre pattern"):
        compiled(Pattern("(", "x@x.example"))
