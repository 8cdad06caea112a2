"""What the findings call stuck is what a walk of each single address finds out."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forwardresolve import Domain, DomainAlias, Forward, ForwardingGraph, Pattern, expansion
from forwardresolve.addresses import append_extension
from forwardresolve.findings import stuck
from forwardresolve.findings.keys import find_keys
from forwardresolve.findings.strays import find_strays
from forwardresolve.findings.stuck import Stuck, find_stuck
from forwardresolve.patterns import PATTERN
from forwardresolve.places import recipient
from forwardresolve.reach import Reach

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forwardresolve.records import Record

DOMAINS = ("a.example", "b.example", "c.example")
ADDRESSES = st.builds(
    lambda local, extension, domain: f"{local}{extension}@{domain}",
    st.sampled_from(("u", "v", "w", "w+t", "x")),
    st.sampled_from(("", "", "", "+e", "+t")),
    st.sampled_from(DOMAINS),
)


@st.composite
def rows(draw: st.DrawFn) -> Forward:
    """A row: an address with or without a copy, a catch-all, or a rewriting domain."""
    kind = draw(st.sampled_from(("address", "address", "copy", "catch-all", "rewriting")))
    domain = draw(st.sampled_from(DOMAINS))
    if kind == "rewriting":
        return Forward(f"@{domain}", f"@{draw(st.sampled_from(DOMAINS))}")
    destinations = draw(st.lists(ADDRESSES, min_size=1, max_size=3))
    if kind == "catch-all":
        return Forward(f"@{domain}", destinations)
    source = draw(ADDRESSES)
    if kind == "copy":
        destinations.insert(draw(st.integers(0, len(destinations))), source)
    return Forward(source, destinations)


@st.composite
def hosts(draw: st.DrawFn) -> list[Record]:
    """A small host in which everything may lead to everything."""
    kinds: st.SearchStrategy[Any] = st.sampled_from(("mailbox", "alias", "local"))
    records: list[Record] = [Domain(name, draw(kinds)) for name in DOMAINS[:2]]
    if draw(st.booleans()):
        records.append(
            DomainAlias(draw(st.sampled_from((*DOMAINS, "d.example"))), draw(st.sampled_from(DOMAINS)))
        )
    return [*records, *draw(st.lists(rows(), min_size=1, max_size=8))]


def search(records: Sequence[Any], delimiter: str = "+") -> tuple[Reach, Stuck]:
    reach = Reach(ForwardingGraph.from_records(records, recipient_delimiter=delimiter))
    keys = find_keys(reach.graph)
    return reach, find_stuck(reach, keys, find_strays(reach.graph, reach.nodes, keys).strays)


def answers(reach: Reach, found: Stuck, *, extended: bool) -> Iterator[tuple[str, str, str]]:
    """Yield each recipient that a row knows, how it is found to be, and how its walk ends."""
    rewriting = find_keys(reach.graph).rewriting
    for key in reach.graph.rows.tables["virtual"]:
        if key in rewriting and not extended:
            continue  # looked at only where there are hundreds in a row
        recipients = [recipient(key)]
        if extended and key[0] != "@":
            recipients.append(append_extension(key, "+zz"))
        for address in recipients:
            place = reach.nodes.place(address)
            told: str = found.status.get(place, "ok")
            if reach.nodes.arrivals.arrive(address) == ("", ""):
                told = "loop"  # its rewriting domains go round in a circle
            yield address, told, expansion.status(reach.graph, address)


@given(hosts(), st.sampled_from(("+", "", "-+")))
@settings(max_examples=40, deadline=None)
def test_a_place_is_stuck_exactly_where_postfix_cannot_expand_it(
    records: list[Record], delimiter: str
) -> None:
    reach, found = search(records, delimiter)

    for address, told, walked in answers(reach, found, extended=delimiter == "+"):
        assert told == walked, address


@given(hosts(), st.sampled_from(((8, 4), (6, 6), (8, 3))))
@settings(max_examples=60, deadline=None)
def test_no_address_beyond_a_limit_is_overlooked(records: list[Record], limits: tuple[int, int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for module in (expansion, stuck):
            patch.setattr(module, "RECURSION_LIMIT", limits[0])
            patch.setattr(module, "EXPANSION_LIMIT", limits[1])
        reach, found = search(records)

        for address, told, walked in answers(reach, found, extended=False):
            # Among kept copies that forward to each other, what leads to a stuck one counts as stuck.
            assert told != "ok" or walked == "ok", address


def stuck_places(records: Sequence[Any]) -> dict[str, str]:
    return dict(search(records)[1].status)


def test_a_row_that_lists_itself_ends_a_circle() -> None:
    circle = [Forward("u@a.example", "v@a.example"), Forward("v@a.example", "u@a.example, v@a.example")]

    assert stuck_places([Domain("a.example"), *circle]) == {}


def test_a_growing_circle_ends_at_no_copy() -> None:
    growing = [
        Forward("u@a.example", "u@a.example, v+x@a.example"),
        Forward("v@a.example", "v@a.example, u@a.example"),
    ]

    _, found = search([Domain("a.example"), *growing])

    assert found.status == {"u@a.example": "loop", "v@a.example": "loop"}
    assert [(circle.way, circle.grows) for circle in found.circles] == [
        (("u@a.example", "v@a.example"), True)
    ]


def test_a_circle_only_of_extensions_is_told_as_such() -> None:
    records = [
        Domain("a.example"),
        Forward("u@a.example", "w+t@a.example"),
        Forward("w+t@a.example", "joe@gmail.example"),
        Forward("w@a.example", "u@a.example"),
    ]

    _, found = search(records)

    assert "u@a.example" not in found.status
    assert all("\0" in place for circle in found.circles for place in circle.way)
    assert found.circles


def test_a_catch_all_whose_addresses_lead_to_each_other_by_an_alias_domain_is_stuck() -> None:
    records = [
        Domain("a.example"),
        DomainAlias("b.example", "a.example"),
        Forward("@a.example", "x@b.example"),
        Forward("y@a.example", "z@a.example"),
    ]
    assert stuck_places(records) == {}

    rewriting = [Domain("c.example", "alias"), Forward("@c.example", "@a.example")]
    turned = [Domain("a.example"), *rewriting, Forward("@a.example", "x@c.example")]

    assert stuck_places(turned) == {"@a.example": "loop"}


def test_what_leads_over_a_rewriting_domain_into_a_circle_of_others_is_stuck() -> None:
    rewriting = [Forward(f"@{here}.example", f"@{there}.example") for here, there in ("ab", "ba", "ca")]
    records = [*(Domain(f"{name}.example", "alias") for name in "abcd"), *rewriting]

    _, found = search(
        [*records, Forward("u@d.example", "v@c.example"), Forward("w@d.example", "u@d.example")]
    )

    assert found.status["u@d.example"] == found.status["w@d.example"] == "loop"
    assert found.followers == {"@a.example": 2}


def test_a_circle_of_patterns_is_stuck() -> None:
    records = [
        Domain("a.example"),
        Pattern("^p@a", "u@a.example"),
        Forward("u@a.example", "p@a.example"),
        Forward("v@a.example", "p@a.example"),
    ]

    _, found = search(records)

    assert set(found.status) == {"u@a.example", "v@a.example", f"{PATTERN}p@a.example"}
    assert set(found.status.values()) == {"loop"}


def test_a_long_chain_of_rewriting_domains_counts_as_hops() -> None:
    domains = [f"d{place}.example" for place in range(600)]
    chain = [
        record
        for here, there in pairwise(domains)
        for record in (Domain(here, "alias"), Forward(f"@{here}", f"@{there}"))
    ]
    rows = [Forward("u@a.example", "v@d0.example"), Forward("v@d599.example", "w@d0.example")]
    records = [Domain("a.example"), Domain("d599.example"), *chain, *rows]

    assert stuck_places(records) == {"u@a.example": "limit"}
    longer = [Forward(f"@e{place}.example", f"@e{place + 1}.example") for place in range(1100)]
    _, found = search([*longer, Domain("e1100.example")])
    assert found.overruns == {"@e100.example": "hops"}
    assert found.followers == {"@e100.example": 100}
    assert found.status["@e0.example"] == "limit"
    assert stuck_places([record for record in records if record is not rows[1]]) == {}


def test_a_circle_of_kept_copies_that_leads_beyond_a_limit_is_stuck() -> None:
    records = [
        Domain("a.example"),
        Forward("all@a.example", [f"u{place}@gmail.example" for place in range(1001)]),
        Forward("u@a.example", "u@a.example, v@a.example, all@a.example"),
        Forward("v@a.example", "v@a.example, u@a.example"),
    ]

    _, found = search(records)

    assert found.overruns == {"all@a.example": "results"}
    assert found.status == {"all@a.example": "limit", "u@a.example": "loop", "v@a.example": "loop"}
    assert found.followers == {"all@a.example": 2}
