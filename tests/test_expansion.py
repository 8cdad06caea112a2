"""One address, walked forwards: its hops, its shortest way out, and whether Postfix gets there."""

from __future__ import annotations

import pytest

from forwardresolve import Domain, DomainAlias, Final, Forward, ForwardingGraph, Mailbox, Pattern, resolve
from forwardresolve.expansion import overrun, status
from hosts import graph_of, resolution_of

A = Domain("a.example")
LOCAL = Domain("host.example", "local")


def chain(hops: int) -> ForwardingGraph:
    """Make a chain with so many hops; the last one leads outside."""
    rows = [Forward(f"u{n}@a.example", f"u{n + 1}@a.example") for n in range(hops - 1)]
    return graph_of(A, *rows, Forward(f"u{hops - 1}@a.example", "x@ext.example"))


def mailing_list(members: int) -> ForwardingGraph:
    return graph_of(A, Forward("list@a.example", [f"u{n}@ext.example" for n in range(members)]))


# Status: what cleanup(8) does with an expansion.


def test_most_addresses_are_ok() -> None:
    graph = graph_of(A, Mailbox("box@a.example"), Forward("u@a.example", "x@ext.example, box@a.example"))
    assert [status(graph, f"{name}@a.example") for name in ("u", "box", "nobody")] == ["ok"] * 3


def test_999_hops_deliver_and_1000_do_not() -> None:
    assert status(chain(999), "u0@a.example") == "ok"
    assert status(chain(1000), "u0@a.example") == "limit"
    assert overrun(chain(1000), "u0@a.example") == "hops"


def test_hops_are_counted_anew_for_each_further_destination() -> None:
    rows = [Forward(f"u{n}@a.example", f"x@ext.example, u{n + 1}@a.example") for n in range(900)]
    assert status(graph_of(A, *rows), "u0@a.example") == "ok"


def test_1000_results_deliver_and_1001_do_not() -> None:
    assert status(mailing_list(1000), "list@a.example") == "ok"
    assert status(mailing_list(1001), "list@a.example") == "limit"
    assert overrun(mailing_list(1001), "list@a.example") == "results"


def test_a_result_of_more_than_1000_characters_does_not_deliver() -> None:
    graph = graph_of(A, Forward("u@a.example", f"{'x' * 980}@ext.example"))
    assert status(graph, "u@a.example") == "ok"
    assert status(graph, "u+0123456789@a.example") == "limit"
    assert overrun(graph, "u+0123456789@a.example") == "length"


@pytest.mark.parametrize(
    "rows",
    [
        [("u", "v@a.example"), ("v", "u@a.example")],
        [("u", "v@a.example, x@ext.example"), ("v", "w@a.example"), ("w", "v@a.example")],
        [("u", "u+box@a.example")],
        [("u", "v+t@a.example"), ("v", "u@a.example")],
        [("", "@b.example"), ("@b.example", "@a.example")],
        [("", "v@b.example"), ("@b.example", "w@a.example")],
    ],
)
def test_a_circle_is_a_loop(rows: list[tuple[str, str]]) -> None:
    forwards = [Forward(key if "@" in key else f"{key}@a.example", text) for key, text in rows]
    assert status(graph_of(A, Domain("b.example"), *forwards), "u@a.example") == "loop"


@pytest.mark.parametrize(
    "rows",
    [
        [("u", "u@a.example, x@ext.example")],
        [("u", "v@a.example, u@a.example"), ("v", "u@a.example, v@a.example")],
        [("u", "u+box@a.example"), ("u+box", "u+box@a.example")],
        [
            ("u", "v@a.example, w@a.example"),
            ("v", "z@a.example"),
            ("w", "z@a.example"),
            ("z", "x@ext.example"),
        ],
    ],
)
def test_a_row_that_lists_itself_ends_there_and_a_diamond_is_no_circle(rows: list[tuple[str, str]]) -> None:
    graph = graph_of(A, *(Forward(f"{key}@a.example", text) for key, text in rows))
    assert status(graph, "u@a.example") == "ok"


def test_a_circle_through_an_address_that_lists_itself_comes_to_an_end() -> None:
    graph = graph_of(
        A, Forward("u@a.example", "v@a.example"), Forward("v@a.example", "v@a.example, u@a.example")
    )
    assert status(graph, "u@a.example") == "ok"


def test_an_address_that_leads_into_a_circle_is_a_loop_too() -> None:
    graph = graph_of(
        A,
        Forward("in@a.example", "x@ext.example, u@a.example"),
        Forward("u@a.example", "v@a.example"),
        Forward("v@a.example", "u@a.example"),
    )
    assert status(graph, "in@a.example") == "loop"


def test_a_copy_by_bcc_that_loops_makes_the_address_a_loop() -> None:
    graph = graph_of(
        A,
        Mailbox("u@a.example"),
        Forward("u@a.example", "v@a.example", table="bcc"),
        Forward("v@a.example", "w@a.example"),
        Forward("w@a.example", "v@a.example"),
    )
    assert status(graph, "u@a.example") == "loop"
    assert status(graph, "x@a.example") == "ok"


def test_a_circle_of_aliases_of_the_host_is_no_loop() -> None:
    graph = graph_of(LOCAL, Forward("a", "b, x@ext.example", table="local"), Forward("b", "a", table="local"))
    assert status(graph, "a@host.example") == "ok"


def test_one_row_with_ever_other_extensions_is_a_loop() -> None:
    graph = graph_of(A, Forward("u@a.example", "u+a@a.example, u+b@a.example"))
    assert status(graph, "u@a.example") == "loop"


def test_an_odd_list_that_grows_is_a_loop() -> None:
    graph = graph_of(A, Forward("@a.example", "@b.example, x@a.example"))
    assert status(graph, "u@a.example") == "loop"


def test_a_long_chain_is_a_limit_and_no_loop() -> None:
    assert status(chain(6000), "u0@a.example") == "limit"


def test_a_list_that_is_too_long_is_no_loop_though_two_ways_lead_to_it() -> None:
    graph = graph_of(
        A,
        Forward("u@a.example", "l@a.example, r@a.example"),
        Forward("l@a.example", "list@a.example"),
        Forward("r@a.example", "list@a.example"),
        Forward("list@a.example", [f"u{n}@ext.example" for n in range(1000)]),
    )
    assert status(graph, "u@a.example") == "limit"


def test_a_list_of_very_many_rows_is_no_loop_though_one_row_answers_for_several() -> None:
    names = ["u+a", "u+b", *(f"u{n}" for n in range(5100))]
    rows = [Forward(f"{name}@a.example", "x@ext.example") for name in ("u", *names[2:])]
    graph = graph_of(A, *rows, Forward("list@a.example", [f"{name}@a.example" for name in names]))
    assert status(graph, "list@a.example") == "limit"


# Ends.


def test_every_member_of_a_long_list_is_an_end() -> None:
    halves = [[f"{half}{n}@ext.example" for n in range(4000)] for half in "ab"]
    verdict = resolution_of(
        A,
        Forward("u@a.example", "l@a.example, r@a.example"),
        *(Forward(f"{name}@a.example", half) for name, half in zip("lr", halves, strict=True)),
    ).verdict("u@a.example")
    assert (verdict.status, len(verdict.finals)) == ("limit", 8000)


def test_a_way_through_more_rows_than_postfix_follows_still_has_its_end() -> None:
    verdict = resolve(chain(6000)).verdict("u0@a.example")
    assert verdict.finals == (Final("external", "x@ext.example"),)


def test_an_address_that_a_pattern_makes_longer_for_ever_has_no_end() -> None:
    growing = Pattern(r"^(.*)@a\.example$", f"{'x' * 90}$1@a.example")
    verdict = resolution_of(A, growing).verdict("u@a.example")
    assert (verdict.status, verdict.finals, verdict.listed) == ("loop", (), False)


def test_patterns_that_double_an_address_for_ever_are_followed_only_so_far() -> None:
    doubling = Pattern(r"^(.*)@a\.example$", "$1a@a.example, $1b@a.example, x@ext.example")
    verdict = resolution_of(A, doubling).verdict("u@a.example")
    assert (verdict.status, verdict.listed) == ("loop", True)
    assert Final("external", "x@ext.example") in verdict.finals


def test_every_end_is_found_once() -> None:
    verdict = resolution_of(
        A,
        Mailbox("box@a.example"),
        Forward("u@a.example", "v@a.example, w@a.example"),
        Forward("v@a.example", "x@ext.example, box@a.example"),
        Forward("w@a.example", "x@ext.example, nobody@a.example"),
    ).verdict("u@a.example")
    assert verdict.finals == (
        Final("external", "x@ext.example"),
        Final("mailbox", "box@a.example"),
        Final("undeliverable", "nobody@a.example"),
    )


def test_a_circle_of_aliases_of_the_host_bounces_and_its_other_branch_goes_out() -> None:
    verdict = resolution_of(
        LOCAL, Forward("a", "b, x@ext.example", table="local"), Forward("b", "a", table="local")
    ).verdict("a@host.example")
    assert verdict.finals == (
        Final("external", "x@ext.example"),
        Final("undeliverable", "a"),
        Final("undeliverable", "b"),
    )
    assert verdict.reaches_external


def test_a_row_that_grows_for_ever_still_has_its_ends() -> None:
    verdict = resolution_of(A, Forward("u@a.example", "u+a@a.example, u+b@a.example, x@ext.example")).verdict(
        "u@a.example"
    )
    assert verdict.status == "loop"
    assert verdict.reaches_external
    assert Final("external", "x@ext.example") in verdict.finals


# Paths.


def test_the_shortest_way_out_is_told() -> None:
    resolution = resolution_of(
        A,
        Forward("u@a.example", "long@a.example, short@a.example"),
        Forward("long@a.example", "longer@a.example"),
        Forward("longer@a.example", "x@ext.example"),
        Forward("short@a.example", "y@ext.example"),
    )
    assert resolution.path("U@A.example") == ("u@a.example", "short@a.example", "y@ext.example")


def test_of_two_ways_of_one_length_it_is_always_the_same() -> None:
    rows = [Forward("u@a.example", "b@ext.example"), Forward("u@a.example", "a@ext.example")]
    assert resolution_of(A, *rows).path("u@a.example") == ("u@a.example", "a@ext.example")
    assert resolution_of(A, *reversed(rows)).path("u@a.example") == ("u@a.example", "a@ext.example")


def test_where_no_way_leads_out_there_is_no_path() -> None:
    resolution = resolution_of(A, Mailbox("box@a.example"), Forward("u@a.example", "box@a.example"))
    assert resolution.path("u@a.example") is None


def test_the_path_of_an_address_outside_is_the_address() -> None:
    assert resolution_of(A).path("x@ext.example") == ("x@ext.example",)


def test_a_path_begins_with_what_the_client_names() -> None:
    resolution = resolution_of(
        A,
        Forward("old@a.example", "u@a.example", table="canonical"),
        Forward("u@a.example", "x@ext.example"),
        Forward("box@a.example", "y@ext.example", table="bcc"),
        Mailbox("box@a.example"),
    )
    assert resolution.path("old@a.example") == ("old@a.example", "u@a.example", "x@ext.example")
    assert resolution.path("box@a.example") == ("box@a.example", "y@ext.example")


def test_a_path_may_come_back_to_the_name_that_was_rewritten() -> None:
    resolution = resolution_of(
        A,
        Forward("a@a.example", "b@a.example", table="canonical"),
        Forward("b@a.example", "a@a.example"),
        Forward("a@a.example", "x@ext.example"),
    )
    way = resolution.path("a@a.example")
    assert way is not None
    assert way[0] == "a@a.example"
    assert way[-2:] == ("a@a.example", "x@ext.example")


def test_a_path_over_a_route_ends_at_the_host_that_it_names() -> None:
    resolution = resolution_of(A, LOCAL, Forward("u@a.example", "x%ext.example@host.example"))
    assert resolution.path("u@a.example") == ("u@a.example", "x%ext.example@host.example", "x@ext.example")


def test_a_path_goes_around_a_circle() -> None:
    resolution = resolution_of(
        A,
        Forward("u@a.example", "v@a.example"),
        Forward("v@a.example", "u@a.example, w@a.example"),
        Forward("w@a.example", "x@ext.example"),
    )
    assert resolution.path("u@a.example") == ("u@a.example", "v@a.example", "w@a.example", "x@ext.example")


def test_the_path_of_a_twin_goes_by_the_row_of_its_target() -> None:
    resolution = resolution_of(
        A, DomainAlias("al.example", "a.example"), Forward("u@a.example", "x@ext.example")
    )
    assert resolution.path("u+e@al.example") == ("u+e@al.example", "x+e@ext.example")


def test_the_walk_shows_the_nearest_hop_first() -> None:
    resolution = resolve(chain(4))
    assert [hop.address for hop in resolution.hops("u0@a.example")] == [
        "u0@a.example",
        "u1@a.example",
        "u2@a.example",
        "u3@a.example",
        "x@ext.example",
    ]
