"""Reach: one pass backwards from outside decides every place."""

from __future__ import annotations

import pytest

from forwardresolve import Domain, Forward, ForwardingGraph, Mailbox, Pattern
from forwardresolve.reach import Reach
from hosts import Choices, graph_of

A, B, LOCAL = Domain("a.example"), Domain("b.example"), Domain("host.example", "local")
OUT = "x@ext.example"
IGNORE = Choices(kept_copy="ignore")


def leaving(graph: ForwardingGraph) -> list[str]:
    return sorted(Reach(graph).via)


def test_what_forwards_outside_reaches_it_over_any_number_of_hops() -> None:
    graph = graph_of(
        A,
        Forward("u@a.example", "v@a.example"),
        Forward("v@a.example", "w@a.example"),
        Forward("w@a.example", OUT),
        Forward("y@a.example", "box@a.example"),
    )
    assert Reach(graph).via == {
        "w@a.example": OUT,
        "v@a.example": "w@a.example",
        "u@a.example": "v@a.example",
    }


def test_a_place_notes_the_nearest_way_out() -> None:
    graph = graph_of(A, Forward("u@a.example", f"v@a.example, {OUT}"), Forward("v@a.example", OUT))
    assert Reach(graph).via["u@a.example"] == OUT


def test_a_diamond_is_reached_from_both_sides() -> None:
    graph = graph_of(
        A,
        Forward("u@a.example", "l@a.example, r@a.example"),
        Forward("l@a.example", "d@a.example"),
        Forward("r@a.example", "d@a.example"),
        Forward("d@a.example", OUT),
    )
    assert leaving(graph) == ["d@a.example", "l@a.example", "r@a.example", "u@a.example"]


def test_a_circle_reaches_outside_only_where_it_has_a_way_out() -> None:
    circle = Forward("u@a.example", "v@a.example"), Forward("v@a.example", "u@a.example")
    assert leaving(graph_of(A, *circle)) == []
    assert leaving(graph_of(A, *circle, Forward("v@a.example", OUT))) == ["u@a.example", "v@a.example"]


def test_the_rows_of_addresses_outside_lead_back_in() -> None:
    reach = Reach(graph_of(A, Forward("u@a.example", OUT), Forward(OUT, "box@a.example")))
    assert not reach.leaves("u@a.example")
    assert not reach.leaves(OUT)


def test_an_envelope_recipient_reaches_outside_by_what_it_is_rewritten_to_or_copied_to() -> None:
    reach = Reach(
        graph_of(
            A,
            Forward("old@a.example", "u@a.example", table="canonical"),
            Forward("u@a.example", OUT),
            Forward("v@a.example", OUT, table="bcc"),
        )
    )
    assert reach.reaches_external("old@a.example")
    assert not reach.leaves("old@a.example")
    assert reach.reaches_external("v@a.example")
    assert not reach.leaves("v@a.example")


@pytest.mark.parametrize(
    ("row", "address"),
    [
        (Forward("u@a.example", f"u@a.example, {OUT}"), "u@a.example"),
        (Forward("u@a.example", f"box@a.example, {OUT}"), "u@a.example"),
        (Forward("box@a.example", OUT, table="bcc"), "box@a.example"),
        (Forward("joe", f"joe, {OUT}", table="local"), "joe@host.example"),
    ],
)
def test_a_kept_copy_counts_unless_it_is_to_be_ignored(row: Forward, address: str) -> None:
    records = A, LOCAL, Mailbox("box@a.example"), row
    assert Reach(graph_of(*records)).counts(address)
    ignoring = Reach(graph_of(*records, **IGNORE))
    assert ignoring.reaches_external(address)
    assert not ignoring.counts(address)


def test_an_address_without_a_copy_counts_in_any_case() -> None:
    records = A, Forward("u@a.example", f"nobody@a.example, {OUT}")
    assert Reach(graph_of(*records, **IGNORE)).counts("u@a.example")
    assert Reach(graph_of(*records, **IGNORE)).counts_place("u@a.example")


def test_a_copy_that_is_kept_further_on_is_kept() -> None:
    reach = Reach(
        graph_of(
            A, Forward("u@a.example", "v@a.example"), Forward("v@a.example", f"v@a.example, {OUT}"), **IGNORE
        )
    )
    assert not reach.counts("u@a.example")
    assert not reach.counts_place("u@a.example")


def test_an_address_that_only_patterns_answer_for_is_followed_to_its_end() -> None:
    reach = Reach(
        graph_of(
            A,
            B,
            Pattern("^out@a", "out@b.example"),
            Pattern("^out@b", OUT),
            Pattern("^in@a", "box@b.example"),
            Pattern("^same@ext", "same@ext.example"),
            Pattern("^row@a", "u@a.example"),
            Pattern("^circle@a", "circle@b.example"),
            Pattern("^circle@b", "circle@a.example"),
            Forward("u@a.example", OUT),
        )
    )
    assert reach.leaves("out@a.example")
    assert reach.leaves("same@ext.example")
    assert reach.leaves("row@a.example")
    assert not reach.leaves("in@a.example")
    assert not reach.leaves("circle@a.example")


def test_patterns_that_double_an_address_for_ever_are_followed_only_so_far() -> None:
    doubling = Pattern(r"^(.*)@a\.example$", "$1a@a.example, $1b@a.example")
    assert not Reach(graph_of(A, doubling)).leaves("u@a.example")


def test_rows_that_lead_to_what_a_pattern_answers_for_reach_outside() -> None:
    graph = graph_of(
        A, B, Forward("u@a.example", "v@b.example"), Pattern("^v@b", "w@b.example"), Pattern("^w@b", OUT)
    )
    assert "u@a.example" in Reach(graph).via
