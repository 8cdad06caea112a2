"""Places: rows, and rows with an extension only where it can make a difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forwardresolve import Domain, DomainAlias, Forward, ForwardingGraph, Mailbox, Transport, nodes
from forwardresolve.addresses import FRESH
from forwardresolve.arrivals import INSIDE, OUTSIDE
from forwardresolve.reach import Reach
from hosts import Choices, graph_of

if TYPE_CHECKING:
    from forwardresolve.nodes import Nodes

A = Domain("a.example")
OUT = "x@ext.example"


def places_of(graph: ForwardingGraph) -> Nodes:
    """Return the places of a graph, starred where they need to be."""
    return Reach(graph).nodes


def test_without_tagged_names_every_row_is_one_place() -> None:
    found = places_of(graph_of(A, Forward("u@a.example", "v@a.example"), Forward("v@a.example", OUT)))
    assert not found.wary
    assert (found.tagged, found.derived, found.starred) == ({}, {}, frozenset())
    assert found.place("u+e@a.example") == "u@a.example"


def test_an_address_without_a_row_is_decided_by_its_end() -> None:
    found = places_of(graph_of(A))
    assert found.place("u@a.example") is INSIDE
    assert found.place(OUT) is OUTSIDE


def test_a_row_that_leads_to_a_key_with_an_extension_is_a_place_with_it() -> None:
    found = places_of(
        graph_of(
            A,
            Forward("t@a.example", "u@a.example"),
            Forward("u@a.example", "h@a.example"),
            Forward("h+e@a.example", OUT),
        )
    )
    assert found.derived.keys() == {"u+e@a.example", "t+e@a.example"}
    assert found.place("t+e@a.example") == "t+e@a.example"
    assert found.place("t+other@a.example") == "t@a.example"


def test_a_destination_puts_its_own_extension_in_front() -> None:
    found = places_of(graph_of(A, Forward("u@a.example", "w+p@a.example"), Forward("w+p+e@a.example", OUT)))
    assert found.derived.keys() == {"u+e@a.example"}


def test_an_address_with_an_own_row_for_the_extension_is_not_derived() -> None:
    found = places_of(
        graph_of(
            A,
            Forward("u@a.example", "h@a.example"),
            Forward("u+e@a.example", OUT),
            Forward("h+e@a.example", OUT),
        )
    )
    assert found.derived == {}


@pytest.mark.parametrize(
    "row",
    [
        Forward("@a.example", "h@a.example"),
        Forward("u@a.example", "other@a.example"),
        Forward("u@a.example", "h+e+f@a.example"),
        Forward("owner-u@a.example", "h@a.example"),
    ],
)
def test_a_row_that_cannot_lead_there_derives_nothing(row: Forward) -> None:
    found = places_of(graph_of(A, row, Forward("h+e@a.example", OUT), recipient_delimiter="+-"))
    assert found.derived == {}


def test_a_row_that_the_catch_all_of_a_target_hides_derives_nothing() -> None:
    found = places_of(
        graph_of(
            A,
            DomainAlias("al.example", "a.example"),
            Forward("@a.example", OUT),
            Forward("u@b.example", "h@al.example"),
            Forward("h+e@b.example", OUT),
        )
    )
    assert found.derived == {}


def test_a_row_whose_answer_an_unknown_extension_changes_is_starred_with_all_that_feed_it() -> None:
    found = places_of(
        graph_of(
            A,
            Forward("s@a.example", "t@a.example"),
            Forward("t@a.example", "u@a.example"),
            Forward("u@a.example", "w+p@a.example"),
            Forward("w+p@a.example", OUT),
            Forward("other@a.example", OUT),
        )
    )
    assert found.starred == {"s@a.example", "t@a.example", "u@a.example"}
    assert found.place("s+e@a.example") == f"s+{FRESH}@a.example"
    assert found.place("s@a.example") == "s@a.example"
    assert found.place("other+e@a.example") == "other@a.example"


def test_a_row_that_never_splits_is_not_starred_though_it_feeds_one_that_is() -> None:
    found = places_of(
        graph_of(
            A,
            Forward("postmaster@a.example", "u@a.example"),
            Forward("list-request@a.example", "u@a.example"),
            Forward("u@a.example", "w+p@a.example, v@a.example"),
            Forward("v@a.example", "u@a.example"),
            Forward("w+p@a.example", OUT),
            recipient_delimiter="+-",
        )
    )
    assert found.starred == {"postmaster@a.example", "u@a.example", "v@a.example"}


def test_a_self_row_with_an_extension_forces_a_star_too() -> None:
    found = places_of(
        graph_of(
            A,
            Forward("u@a.example", "w+p@a.example"),
            Forward("w@a.example", OUT),
            Mailbox("w+p@a.example", shields=True),
        )
    )
    assert found.starred == {"u@a.example"}


def test_an_address_that_no_extension_can_find_is_not_starred() -> None:
    rows = Forward("u-request@a.example", "w+p@a.example"), Forward("w+p@a.example", OUT)
    assert places_of(graph_of(A, *rows, recipient_delimiter="+-")).starred == frozenset()


def test_a_request_name_as_destination_is_sensitive_where_a_hyphen_splits() -> None:
    found = places_of(
        graph_of(
            A,
            Forward("u@a.example", "x-request@a.example"),
            Forward("x@a.example", OUT),
            recipient_delimiter="-",
        )
    )
    assert found.starred == {"u@a.example"}


def test_the_catch_all_of_an_alias_target_makes_extensions_matter() -> None:
    found = places_of(
        graph_of(
            A,
            DomainAlias("al.example", "a.example"),
            Forward("@a.example", OUT),
            Forward("v@al.example", "box@b.example"),
            Forward("u@b.example", "v@al.example"),
        )
    )
    assert found.starred == {"u@b.example"}


def test_tagged_names_of_every_table_count() -> None:
    found = places_of(
        graph_of(
            A,
            Domain("host.example", "local"),
            Forward("u+a@a.example", OUT),
            Mailbox("v+b@a.example", shields=True),
            Transport("w+c@a.example", "external"),
            Forward("joe+d", OUT, table="local"),
            Forward("ann+e", OUT),
            Forward("plain@a+b.example", OUT),
        )
    )
    assert found.tagged.keys() == {"u+a@a.example", "v+b@a.example", "w+c@a.example", "joe+d@", "ann+e"}


@pytest.mark.parametrize("choices", [Choices(recipient_delimiter=""), Choices(recipient_delimiter="-")])
def test_a_name_is_tagged_only_by_a_delimiter(choices: Choices) -> None:
    assert places_of(graph_of(A, Forward("u+a@a.example", OUT), **choices)).tagged == {}


def test_a_hub_with_a_thousand_tagged_keys_is_cut_off_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "MOST_DERIVED", 5000)
    keys = [Forward(f"hub+{n}@a.example", OUT) for n in range(1000)]
    feeders = [Forward(f"u{n}@a.example", "hub@a.example") for n in range(10)]
    found = places_of(graph_of(A, *keys, *feeders))
    assert found.cut_off
    assert len(found.derived) == 5000


def test_a_hub_below_the_bound_is_kept_whole() -> None:
    keys = [Forward(f"hub+{n}@a.example", OUT) for n in range(100)]
    feeders = [Forward(f"u{n}@a.example", "hub@a.example") for n in range(10)]
    found = places_of(graph_of(A, *keys, *feeders))
    assert not found.cut_off
    assert len(found.derived) == 1000
