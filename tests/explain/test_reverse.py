"""Who reaches a destination, directly and over others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from explain.hosts_explained import answer, six_hops
from findings.test_stuck import hosts
from forwardresolve import Domain, DomainAlias, Forward, ForwardingGraph, Origin, Pattern, resolve
from forwardresolve.errors import AddressError
from forwardresolve.explain import explain_reverse

if TYPE_CHECKING:
    from forwardresolve import Resolution
    from forwardresolve.records import Record

OUT = "joe@gmail.example"


def reached(resolution: Resolution, destination: str) -> dict[str, int]:
    return {feeder.address: feeder.distance for feeder in explain_reverse(resolution, destination).feeders}


def test_a_destination_tells_who_reaches_it_directly_and_over_others() -> None:
    assert str(explain_reverse(six_hops(), "Anna.Muster@gmail.example")).splitlines() == [
        "anna.muster@gmail.example is reached by 6 addresses: 1 directly, 5 over others.",
        "",
        "directly:",
        "  reise@kunde.example  [panel: alias (id 4711)]",
        "",
        "over others:",
        (
            "  unterwegs@firma.example -> reise@kunde-shop.example  2 forwardings"
            "  [office: cn=unterwegs,ou=roles,dc=firma,dc=example]"
        ),
        (
            "  anna@firma.example -> unterwegs+anna@firma.example  3 forwardings"
            "  [office: uid=anna,ou=people,dc=firma,dc=example]"
        ),
        "  @shop.example -> anna@firma.example  4 forwardings  [panel: alias]",
        "  vertrieb@kunde.example -> team@shop.example  5 forwardings  [panel: alias]",
        "  info@kunde.example -> vertrieb@kunde.example  6 forwardings  [panel: alias]",
    ]


def test_a_hosted_address_tells_its_feeders_too() -> None:
    assert reached(six_hops(), "anna@firma.example") == {
        "@shop.example": 1,
        "vertrieb@kunde.example": 2,
        "info@kunde.example": 3,
    }


def test_an_address_that_only_an_extension_makes_is_found_by_its_base() -> None:
    found = explain_reverse(six_hops(), "anna.muster+anna@gmail.example")

    assert found.destination == "anna.muster@gmail.example"
    assert len(found.feeders) == 6


def test_nobody_is_said_in_words() -> None:
    assert str(explain_reverse(answer(), OUT)) == f"No row forwards to {OUT}."


def test_one_feeder_is_told_in_the_singular() -> None:
    told = str(explain_reverse(answer(Forward("info@a.example", OUT)), OUT))

    assert told.startswith(f"{OUT} is reached by 1 address: 1 directly, 0 over others.")


def test_very_many_feeders_are_cut_with_a_count() -> None:
    rows = [Forward(f"u{i:02}@a.example", OUT) for i in range(60)]

    assert str(explain_reverse(answer(*rows), OUT)).splitlines()[-1] == "  and 10 more"


def test_a_command_can_be_asked_for() -> None:
    host = (Domain("h.example", "local"), Forward("list", '"|/bin/list post"', table="local"))

    assert reached(answer(*host, Forward("info@a.example", "list@h.example")), '"|/bin/list post"') == {
        "list": 1,
        "info@a.example": 2,
    }


def test_a_rewriting_domain_reaches_by_the_same_name() -> None:
    rewriting = Forward("@b.example", "@gmail.example", origin=Origin("virtual"))
    records = [Domain("b.example", "alias"), rewriting, Forward("info@a.example", "joe@b.example")]

    (info, joe) = explain_reverse(answer(*records), OUT).feeders

    assert (info.address, info.destination) == ("info@a.example", "joe@b.example")
    assert (joe.address, joe.destination, str(joe.origin)) == ("joe@b.example", OUT, "virtual")


def test_a_catch_all_is_reached_by_the_name_that_it_takes() -> None:
    others = [Forward("x@a.example", "y@a.example"), Forward("z@a.example", "x@a.example")]
    records = [Forward("@a.example", OUT), *others]

    assert reached(answer(*records), "y@a.example") == {"x@a.example": 1, "z@a.example": 2}
    assert reached(answer(*records), "w@a.example") == {}


def test_a_row_with_an_unknown_extension_is_told_as_such() -> None:
    records = [
        Forward("u@a.example", "w+t@a.example"),
        Forward("w+t@a.example", "box@a.example"),
        Forward("w@a.example", OUT),
    ]

    assert reached(answer(*records), OUT) == {"w@a.example": 1, "u+*@a.example": 2}


def test_patterns_reach_by_the_addresses_that_rows_name() -> None:
    records = [Pattern("^team-", OUT), Forward("info@a.example", "team-x@a.example")]

    assert reached(answer(*records), "team-x@a.example") == {"info@a.example": 1}


def test_a_row_that_is_never_asked_reaches_nobody() -> None:
    records = [
        DomainAlias("b.example", "a.example"),
        Forward("@a.example", "box@a.example"),
        Forward("@b.example", "x@a.example"),
        Forward("box@a.example", OUT),
        Forward("x@a.example", "box@a.example"),
    ]

    assert reached(answer(*records), OUT) == {"box@a.example": 1, "@a.example": 2, "x@a.example": 2}


def test_a_text_that_is_no_address_is_refused() -> None:
    with pytest.raises(AddressError):
        explain_reverse(answer(), "joe@")


@given(hosts())
@settings(max_examples=15, deadline=None)
def test_who_reaches_a_destination_has_it_among_its_ends(records: list[Record]) -> None:
    resolution = resolve(ForwardingGraph.from_records(records, recipient_delimiter=""))
    keys = [key for key in resolution.graph.rows.tables["virtual"] if key[0] != "@"]
    ends = {key: {final.address for final in resolution.verdict(key).finals} for key in keys}
    for end in {end for found in ends.values() for end in found}:
        place = resolution.reach.nodes.place(end)
        told = reached(resolution, end)

        # The same name in an alias or rewriting domain is the same row.
        others = {key for key in keys if key != end and resolution.reach.nodes.place(key) != place}
        assert {key for key in others if key in told} == {key for key in others if end in ends[key]}
