"""The edges between places, turned round: who sends mail on to whom."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.addresses import MAX_LENGTH
from forwardresolve.arrivals import INSIDE, OUTSIDE
from forwardresolve.patterns import PATTERN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.graph import ForwardingGraph
    from forwardresolve.nodes import Nodes

MOST_PATTERNED: Final = 5_000
"""How many addresses that patterns make of each other are followed before the rest is cut off."""


@attrs.frozen
class Links:
    """The edges, backwards.

    Args:
        feeders: Place to the places that send mail on to it.
        leaving: Places with a destination outside, and that destination.
        staying: Places with a destination that ends in a mailbox, and that destination; only
            where somebody asks for it.
        patterned: The places that are addresses a pattern answers for.
    """

    feeders: dict[str, list[str]] = attrs.field(factory=dict)
    leaving: dict[str, str] = attrs.field(factory=dict)
    staying: dict[str, str] = attrs.field(factory=dict)
    patterned: dict[str, None] = attrs.field(factory=dict)


def link(nodes: Nodes, *, copies: bool = False) -> Links:
    """Link all places, and star the rows for which it turns out to be needed.

    Args:
        nodes: The places; its starred rows are set.
        copies: Also find out which places have a destination that stays in a mailbox.
    """
    links = Links()
    extended = _link_rows(nodes, links, copies=copies)
    if extended and nodes.wary:
        _star(nodes, links, extended)
    for name, each in chain(extended, nodes.extended_edges(), account_edges(nodes)):
        _link(nodes, links, name, each, nodes.place(each), copies=copies)
    _link_patterned(nodes, links, copies=copies)
    return links


def _link_rows(  # noqa: C901 (one loop over a million rows)
    nodes: Nodes, links: Links, *, copies: bool
) -> list[tuple[str, str]]:
    """Link the rows of virtual aliases: the one loop over everything.

    The common cases are decided right here, because a million rows go through it.

    Returns:
        The key and the destination where an extension may have a say; they are not linked.
    """
    rows = nodes.graph.rows.tables["virtual"].rows
    default, end = nodes.arrivals.default, nodes.arrivals.end
    ends = (OUTSIDE, INSIDE)
    mixed, wary = nodes.arrivals.mixed, nodes.wary
    has_mark, patterns = nodes.has_mark, nodes.graph.rows.patterns
    feeders, leaving = links.feeders, links.leaving
    extended: list[tuple[str, str]] = []
    for name, destinations in rows.items():
        if len(destinations) == 1 and destinations[0][0] == "@":
            continue
        for each in destinations:
            row = rows.get(each)
            known = row and each != name and "@" in each
            if known and not wary:
                feeders.setdefault(each, []).append(name)
                continue
            local, at, domain = each.rpartition("@")
            if has_mark(local if at else each) or domain in mixed or patterns or each[0] == "-":
                extended.append((name, each))
                continue
            place = ""
            if known:
                place = each
            elif at:
                place = default(domain)
                if place not in ends and (each == name or row == ()):
                    place = end(each)
            if place is OUTSIDE:
                leaving.setdefault(name, each)
            elif place is INSIDE and not copies:
                continue
            elif place and place is not INSIDE and place != name:
                feeders.setdefault(place, []).append(name)
            else:
                _link(nodes, links, name, each, place or nodes.place(each), copies=copies)
    return extended


def led_to(nodes: Nodes, name: str, each: str, place: str) -> str:
    """Return where an edge really leads.

    Args:
        nodes: The places.
        name: The place that it begins at.
        each: The address that it sends mail on to.
        place: Where that is decided.

    Returns:
        A place, `OUTSIDE` or `INSIDE`; nothing where the edge comes back to its beginning.
    """
    if place != name:
        return place
    # Only an address that lists itself stops here; the others grow, or go round in a circle.
    if not nodes.graph.step(each).lists_itself:
        return ""
    key, rest = nodes.arrivals.stop(each) if "@" in each else ("", each)
    return key or nodes.arrivals.end(rest)


def _link(nodes: Nodes, links: Links, name: str, each: str, place: str, *, copies: bool) -> None:  # noqa: PLR0913 (an edge and its place)
    """Note one edge."""
    place = led_to(nodes, name, each, place)
    if place is OUTSIDE:
        links.leaving.setdefault(name, each)
    elif place and place is not INSIDE:
        links.feeders.setdefault(place, []).append(name)
        if place.startswith(PATTERN):
            links.patterned[place] = None
    elif place and copies and nodes.stays(each):
        links.staying.setdefault(name, each)


def _link_patterned(nodes: Nodes, links: Links, *, copies: bool) -> None:
    """Link the addresses that patterns answer for, as far as the rows lead to them."""
    queue = list(links.patterned)
    for name in queue:
        address = name.removeprefix(PATTERN)
        if len(queue) > MOST_PATTERNED:
            nodes.cut_off = True
            return
        for arrow in nodes.graph.answers(address) if len(address) <= MAX_LENGTH else ():
            each = arrow.destination
            before = len(links.patterned)
            _link(nodes, links, name, each, nodes.place(each), copies=copies)
            if len(links.patterned) > before:
                queue.append(next(reversed(links.patterned)))


def _star(nodes: Nodes, links: Links, extended: list[tuple[str, str]]) -> None:
    """Star what is sensitive to an unknown extension, and whatever feeds it."""
    sensitive = [name for name, each in extended if nodes.depends_on_extension(name, each)]
    if not sensitive:
        return
    extended_feeders: dict[str, list[str]] = {}
    for name, each in extended:
        extended_feeders.setdefault(nodes.arrivals.arrive(each)[0], []).append(name)
    nodes.star(sensitive, lambda key: (*links.feeders.get(key, ()), *extended_feeders.get(key, ())))


def account_edges(nodes: Nodes) -> Iterator[tuple[str, str]]:
    """Walk the rows of aliases(5): each place with each address or account it sends mail on to."""
    for key in nodes.graph.rows.tables["local"].forwarding():
        for each in account_destinations(nodes.graph, key):
            yield f"{key}@", each


def account_destinations(graph: ForwardingGraph, key: str) -> Iterator[str]:
    """Yield where a row of aliases(5) sends mail on to; the account itself where mail stays."""
    hop = graph.step(key)
    yield from (arrow.destination for arrow in hop.arrows)
    if hop.lists_itself:
        yield key
