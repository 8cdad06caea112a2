"""Arrivals: an address is followed to the row that decides, over all that only passes it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forwardresolve import Domain, DomainAlias, Forward, Mailbox, Pattern, Transport
from forwardresolve.addresses import FRESH
from forwardresolve.arrivals import INSIDE, OUTSIDE, Arrivals
from forwardresolve.patterns import PATTERN
from hosts import graph_of, resolution_of

if TYPE_CHECKING:
    from forwardresolve.records import Record
    from hosts import Choices

A, B, LOCAL = Domain("a.example"), Domain("b.example"), Domain("host.example", "local")
OUT = "x@ext.example"
TWIN = DomainAlias("al.example", "a.example")


def test_an_address_arrives_at_its_row() -> None:
    arrivals = Arrivals(graph_of(A, Forward("u@a.example", OUT)))
    assert arrivals.arrive("u@a.example") == ("u@a.example", "")
    assert arrivals.arrive("u+e@a.example") == ("u@a.example", "+e")


def test_an_address_without_a_row_arrives_at_itself() -> None:
    assert Arrivals(graph_of(A)).arrive("u@a.example") == ("", "u@a.example")


def test_rewriting_domains_are_stepped_over() -> None:
    arrivals = Arrivals(
        graph_of(
            A,
            B,
            Forward("@a.example", "@b.example"),
            Forward("@b.example", "@c.example"),
            Forward("u@c.example", OUT),
        )
    )
    assert arrivals.arrive("u@a.example") == ("u@c.example", "")
    assert arrivals.arrive("v+e@a.example") == ("", "v+e@c.example")


def test_a_rewriting_domain_with_rows_of_its_own_is_asked_for_them() -> None:
    arrivals = Arrivals(graph_of(A, B, Forward("@a.example", "@b.example"), Forward("u@a.example", OUT)))
    assert arrivals.arrive("u@a.example") == ("u@a.example", "")
    assert arrivals.arrive("v@a.example") == ("", "v@b.example")


@pytest.mark.parametrize(
    "circle",
    [
        [("@a.example", "@b.example"), ("@b.example", "@a.example")],
        [("@a.example", "@b.example"), ("@b.example", "@a.example"), ("v@a.example", OUT)],
    ],
)
def test_a_circle_of_rewriting_domains_arrives_nowhere(circle: list[tuple[str, str]]) -> None:
    arrivals = Arrivals(graph_of(A, B, *(Forward(key, text) for key, text in circle)))
    assert arrivals.arrive("u@a.example") == ("", "")
    assert arrivals.end("") is INSIDE


def test_a_domain_that_leads_into_a_circle_arrives_nowhere() -> None:
    rows = [("@a.example", "@b.example"), ("@b.example", "@c.example"), ("@c.example", "@b.example")]
    assert Arrivals(graph_of(A, B, *(Forward(key, text) for key, text in rows))).arrive("u@a.example") == (
        "",
        "",
    )


def test_a_domain_that_rewrites_to_itself_ends_there() -> None:
    arrivals = Arrivals(graph_of(A, Forward("@a.example", "@a.example")))
    assert arrivals.arrive("u@a.example") == ("", "u@a.example")


def test_a_row_that_lists_only_itself_is_stepped_over() -> None:
    arrivals = Arrivals(graph_of(A, TWIN, Forward("u@a.example", "u@a.example")))
    assert arrivals.arrive("u@a.example") == ("", "u@a.example")
    assert arrivals.arrive("u+e@a.example") == ("", "u+e@a.example")
    assert arrivals.arrive("u@al.example") == ("", "u@a.example")


def test_an_alias_domain_arrives_at_the_rows_of_its_target() -> None:
    assert Arrivals(graph_of(A, TWIN, Forward("u@a.example", OUT))).arrive("u@al.example") == (
        "u@a.example",
        "",
    )


def test_an_alias_domain_arrives_at_its_target_by_a_catch_all_that_lists_itself() -> None:
    arrivals = Arrivals(graph_of(A, TWIN, Forward("@a.example", "@a.example"), Forward("u@a.example", OUT)))
    assert arrivals.arrive("v@al.example") == ("", "v@a.example")
    assert arrivals.arrive("u+e@al.example") == ("u@a.example", "+e")


def test_an_account_of_the_host_is_marked() -> None:
    arrivals = Arrivals(
        graph_of(LOCAL, Forward("joe", OUT, table="local"), Forward("ann", "ann", table="local"))
    )
    assert arrivals.arrive("joe@host.example") == ("joe@", "")
    assert arrivals.arrive("joe") == ("joe@", "")
    assert arrivals.arrive("ann") == ("", "ann")
    assert arrivals.arrive("tom") == ("", "tom")


def test_an_address_that_a_pattern_answers_for_is_marked() -> None:
    arrivals = Arrivals(graph_of(A, Pattern("^u", OUT)))
    assert arrivals.arrive("u+e@a.example") == (f"{PATTERN}u+e@a.example", "")


def test_a_name_that_nobody_can_know_arrives_like_any_unknown_one() -> None:
    arrivals = Arrivals(graph_of(A, Forward("@a.example", OUT)))
    assert arrivals.arrive(f"{FRESH}@a.example") == ("@a.example", "")


def test_mail_ends_outside_or_inside() -> None:
    arrivals = Arrivals(graph_of(A, Mailbox("u@a.example")))
    assert arrivals.end("u@a.example") is INSIDE
    assert arrivals.end(OUT) is OUTSIDE


def test_most_domains_have_one_answer_for_every_name_without_a_row() -> None:
    arrivals = Arrivals(graph_of(A, B, Forward("@b.example", OUT), Mailbox("u@a.example")))
    assert arrivals.default("a.example") is INSIDE
    assert arrivals.default("b.example") == "@b.example"
    assert arrivals.default("ext.example") is OUTSIDE


def test_where_the_local_part_decides_there_is_no_such_answer() -> None:
    graph = graph_of(A, B, LOCAL, TWIN, Forward("@b.example", "@a.example"), myorigin="o.example")
    arrivals = Arrivals(graph)
    assert [arrivals.default(f"{name}.example") for name in ("al", "b", "host", "o")] == [""] * 4
    moved = Arrivals(graph_of(A, Transport("u@a.example", "external")))
    assert moved.default("a.example") == ""


def test_domains_that_inherit_a_catch_all_of_another_are_known() -> None:
    arrivals = Arrivals(
        graph_of(
            A,
            TWIN,
            DomainAlias("al2.example", "b.example"),
            Forward("@a.example", OUT),
            Forward("@c.example", "@al.example"),
            Forward("@d.example", "@c.example"),
            Forward("@e.example", "@b.example"),
        )
    )
    assert arrivals.mixed == {"al.example", "c.example", "d.example"}


@pytest.mark.parametrize(
    ("records", "choices"),
    [
        ((Forward("@b.example", "@c.example"), Forward("u@b.example", OUT)), {}),
        ((Domain("b.example", "local"), Forward("@b.example", "@c.example"), Forward("u", OUT)), {}),
        ((Forward("@b.example", "@c.example"), Forward("u", OUT)), {"myorigin": "b.example"}),
        (
            (
                DomainAlias("b.example", "t.example"),
                Forward("@b.example", "@c.example"),
                Forward("u@t.example", OUT),
            ),
            {},
        ),
    ],
    ids=["a row of its own", "accounts of the host", "names of myorigin", "rows of its target"],
)
def test_a_rewriting_domain_is_not_passed_over_where_something_in_it_answers_first(
    records: tuple[Record, ...], choices: Choices
) -> None:
    a, c = Domain("a.example"), Domain("c.example")
    resolution = resolution_of(a, c, Forward("v@a.example", "u@b.example"), *records, **choices)
    assert "v@a.example" in resolution
    assert "w@a.example" not in resolution
