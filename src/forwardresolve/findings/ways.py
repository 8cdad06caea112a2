"""The ways on from a place, forwards, with what an expansion cares about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from forwardresolve.arrivals import INSIDE, OUTSIDE
from forwardresolve.places import arrived, destinations, split_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.nodes import Nodes


@attrs.frozen
class Way:
    """One way on from a place.

    Args:
        place: Where it leads.
        destination: By which destination.
        lists_itself: The address that arrives there is among its own results.
        pushes: It arrives with one more extension.
        drops: Whatever extension there is gets lost, or a key names it.
    """

    place: str
    destination: str
    lists_itself: bool
    pushes: bool
    drops: bool


def ways_on(nodes: Nodes, place: str) -> Iterator[Way]:
    """Walk the ways from a place to places; a kept copy is no way."""
    graph = nodes.graph
    virtual = graph.rows.tables["virtual"]
    own = "" if place in virtual.rows else split_place(graph, place)[1]
    for each in destinations(graph, place):
        onward = nodes.place(each)
        if each == place or onward in (OUTSIDE, INSIDE):
            continue
        key, rest = nodes.arrivals.arrive(each)
        forgets = key[0] == "@" or onward in nodes.derived or key not in virtual.rows
        yield Way(
            onward,
            each,
            lists_itself=graph.step(arrived(graph, each)).lists_itself,
            pushes=bool(rest) and rest != own,
            drops=forgets,
        )
