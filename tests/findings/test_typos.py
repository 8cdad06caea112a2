"""Domains one slip apart, and no others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwardresolve.findings.typos import nearest_domains

NAMES = st.text("abc.", min_size=1, max_size=8)


def slips(text: str) -> set[str]:
    """Return everything that one slip makes of a text."""
    places = range(len(text))
    return {
        *(text[:place] + text[place + 1 :] for place in places),
        *(text[:place] + letter + text[place + 1 :] for place in places for letter in "abc."),
        *(text[:place] + letter + text[place:] for place in range(len(text) + 1) for letter in "abc."),
        *(text[:place] + text[place + 1] + text[place] + text[place + 2 :] for place in places[:-1]),
    } - {text}


@given(NAMES, NAMES)
def test_a_domain_is_near_exactly_if_one_slip_leads_there(one: str, other: str) -> None:
    near = nearest_domains({one}, {other} - {one})

    assert bool(near) == (other in slips(one))


@pytest.mark.parametrize(
    "typed", ["example.nt", "example.nett", "exanple.net", "exmaple.net", "examplenet", "xexample.net"]
)
def test_a_mistyped_domain_finds_the_hosted_one(typed: str) -> None:
    assert nearest_domains({typed}, {"example.net", "other.example"}) == {typed: "example.net"}


@pytest.mark.parametrize("typed", ["example.org", "exapmel.net", "sub.example.net", "gmail.com"])
def test_a_domain_further_away_finds_none(typed: str) -> None:
    assert nearest_domains({typed}, {"example.net"}) == {}


def test_of_two_near_domains_the_first_by_name_is_meant() -> None:
    assert nearest_domains({"bxb.example"}, {"bab.example", "bbb.example"}) == {"bxb.example": "bab.example"}


def test_one_letter_moved_far_is_more_than_one_slip() -> None:
    assert nearest_domains({"bcda"}, {"abcd"}) == {}
