"""Links: every destination turned round, so that the pass can walk backwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forwardresolve import Domain, DomainAlias, Forward, ForwardingGraph, Mailbox, Pattern, links
from forwardresolve.addresses import FRESH
from forwardresolve.links import Links, link
from forwardresolve.nodes import Nodes
from forwardresolve.patterns import PATTERN
from hosts import graph_of

if TYPE_CHECKING:
    import pytest

A, B, LOCAL = Domain("a.example"), Domain("b.example"), Domain("host.example", "local")
OUT = "x@ext.example"


def links_of(graph: ForwardingGraph, *, copies: bool = False) -> Links:
    return link(Nodes(graph), copies=copies)


def test_a_place_knows_who_feeds_it() -> None:
    found = links_of(
        graph_of(
            A,
            Forward("u@a.example", "w@a.example"),
            Forward("v@a.example", "w@a.example"),
            Forward("w@a.example", OUT),
        )
    )
    assert found.feeders == {"w@a.example": ["u@a.example", "v@a.example"]}
    assert found.leaving == {"w@a.example": OUT}


def test_the_first_destination_outside_is_kept() -> None:
    found = links_of(graph_of(A, Forward("u@a.example", f"box@a.example, {OUT}, y@ext.example")))
    assert found.leaving == {"u@a.example": OUT}


def test_a_catch_all_feeds_and_is_fed() -> None:
    found = links_of(graph_of(A, B, Forward("@a.example", "any@b.example"), Forward("@b.example", OUT)))
    assert found.feeders == {"@b.example": ["@a.example"]}


def test_a_catch_all_that_sends_back_into_its_domain_feeds_nobody() -> None:
    found = links_of(graph_of(A, Forward("@a.example", "any@a.example")))
    assert found == Links()


def test_a_kept_copy_is_no_edge() -> None:
    found = links_of(graph_of(A, Forward("u@a.example", f"u@a.example, {OUT}")))
    assert found.feeders == {}
    assert found.leaving == {"u@a.example": OUT}


def test_where_mail_stays_is_found_only_when_somebody_asks() -> None:
    graph = graph_of(A, Mailbox("box@a.example"), Forward("u@a.example", "box@a.example, nobody@a.example"))
    assert links_of(graph).staying == {}
    assert links_of(graph, copies=True).staying == {"u@a.example": "box@a.example"}


def test_a_row_that_lists_itself_keeps_mail_here() -> None:
    graph = graph_of(A, Forward("u@a.example", f"u@a.example, {OUT}"))
    assert links_of(graph, copies=True).staying == {"u@a.example": "u@a.example"}


def test_a_row_that_lists_itself_under_its_alias_domain_keeps_mail_here() -> None:
    graph = graph_of(
        A, DomainAlias("al.example", "a.example"), Forward("u@a.example", f"u@al.example, {OUT}")
    )
    assert links_of(graph, copies=True).staying == {"u@a.example": "u@al.example"}


def test_an_account_of_the_host_feeds_and_keeps_like_a_row() -> None:
    graph = graph_of(
        LOCAL, Forward("joe", f"joe, ann, {OUT}", table="local"), Forward("ann", OUT, table="local")
    )
    found = links_of(graph, copies=True)
    assert found.feeders == {"ann@": ["joe@"]}
    assert found.leaving == {"joe@": OUT, "ann@": OUT}
    assert "joe@" in found.staying
    assert "ann@" not in found.staying


def test_a_bare_destination_is_an_account_of_the_host() -> None:
    found = links_of(graph_of(A, Forward("u@a.example", "joe")))
    assert found == Links()


def test_a_starred_row_is_a_place_with_an_unknown_extension_too() -> None:
    found = links_of(
        graph_of(
            A,
            Forward("u@a.example", "w+p@a.example"),
            Forward("w+p@a.example", OUT),
            Forward("w@a.example", "box@a.example"),
        )
    )
    assert found.feeders == {"w+p@a.example": ["u@a.example"], "w@a.example": [f"u+{FRESH}@a.example"]}


def test_a_derived_place_feeds_the_key_that_it_leads_to() -> None:
    found = links_of(graph_of(A, Forward("u@a.example", "h@a.example"), Forward("h+e@a.example", OUT)))
    assert found.feeders == {"h+e@a.example": ["u+e@a.example"]}


def test_an_address_that_a_pattern_answers_for_is_a_place() -> None:
    graph = graph_of(
        A,
        B,
        Forward("u@a.example", "v@b.example"),
        Pattern("^(.*)@b", "$1@c.example"),
        Pattern("^(.*)@c", OUT),
    )
    found = links_of(graph)
    assert {f"{PATTERN}v@b.example", f"{PATTERN}v@c.example"} <= found.patterned.keys()
    assert "u@a.example" in found.feeders[f"{PATTERN}v@b.example"]
    assert f"{PATTERN}v@b.example" in found.feeders[f"{PATTERN}v@c.example"]
    assert found.leaving[f"{PATTERN}v@c.example"] == OUT


def test_patterns_that_make_ever_more_addresses_are_cut_off_and_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(links, "MOST_PATTERNED", 100)
    doubling = Pattern(r"^(.*)@a\.example$", "$1a@a.example, $1b@a.example")
    nodes = Nodes(graph_of(A, doubling, Forward("u@b.example", "u@a.example")))
    assert len(link(nodes).patterned) < 300
    assert nodes.cut_off


def test_an_address_that_grows_by_a_pattern_ends_at_the_longest() -> None:
    growing = Pattern(r"^(.*)@a\.example$", f"{'x' * 90}$1@a.example")
    found = links_of(graph_of(A, growing, Forward("u@b.example", "u@a.example")))
    assert 10 <= len(found.patterned) <= 40


def test_an_address_stays_where_it_ends_in_a_mailbox() -> None:
    nodes = Nodes(
        graph_of(
            A,
            Mailbox("box@a.example"),
            Forward("u@a.example", "u@a.example"),
            Forward("v@a.example", "box@a.example"),
        )
    )
    assert nodes.stays("box@a.example")
    assert nodes.stays("u@a.example")
    assert not nodes.stays("v@a.example")
    assert not nodes.stays("nobody@a.example")


def test_nothing_stays_in_a_circle_of_rewriting_domains() -> None:
    nodes = Nodes(graph_of(A, B, Forward("@a.example", "@b.example"), Forward("@b.example", "@a.example")))
    assert not nodes.stays("u@a.example")
