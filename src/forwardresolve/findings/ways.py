"""The ways on from a place, forwards and with what an expansion cares about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from forwardresolve.addresses import append_extension, split_address, split_extension
from forwardresolve.arrivals import FRESH, INSIDE, OUTSIDE
from forwardresolve.destinations import glue, is_opaque

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.graph import ForwardingGraph
    from forwardresolve.nodes import Nodes


@attrs.frozen
class Way:
    """One way on from a place.

    Args:
        place: Where it leads.
        lists_itself: The address that arrives there is among its own results.
        pushes: It arrives with one more extension.
        drops: Whatever extension there is gets lost, or a key names it.
    """

    place: str
    lists_itself: bool
    pushes: bool
    drops: bool


def destinations(graph: ForwardingGraph, place: str) -> tuple[str, ...]:
    """Return where a place sends mail on to."""
    if place[-1] == "@":
        return tuple(arrow.destination for arrow in graph.step(place[:-1]).arrows)
    virtual = graph.rows.tables["virtual"]
    row = virtual.rows.get(place)
    if row is not None:
        return row
    key, extension = _split(graph, place)
    extended = (
        each if is_opaque(each) else append_extension(each, extension) for each in virtual.get(key) or ()
    )
    return tuple(extended)


def ways_on(nodes: Nodes, place: str) -> Iterator[Way]:
    """Walk the ways from a place to places.

    A kept copy is no way.
    """
    graph = nodes.graph
    own = "" if place in graph.rows.tables["virtual"].rows else _split(graph, place)[1]
    for each in destinations(graph, place):
        onward = nodes.place(each)
        if each == place or onward in (OUTSIDE, INSIDE):
            continue
        if onward[-1] == "@":
            yield Way(onward, lists_itself=False, pushes=False, drops=True)
            continue
        key, rest = nodes.arrivals.arrive(each)
        row = graph.rows.tables["virtual"].rows[key]
        arrived = _arrived(graph, each, key) if key[0] == "@" else key
        yield Way(
            onward,
            lists_itself=arrived in row,
            pushes=bool(rest) and rest != own,
            drops=key[0] == "@" or onward in nodes.derived,
        )


def recipient(place: str) -> str:
    """Return an address that is decided in a place."""
    return f"{FRESH}{place}" if place[0] == "@" else place


def shown(place: str) -> str:
    """Write a place for people: ``@domain`` for a catch-all, ``base+*@domain`` for any extension."""
    return place.replace(FRESH, "*").removesuffix("@")


def _arrived(graph: ForwardingGraph, address: str, key: str) -> str:
    """Return the address as it is when a catch-all takes it, rewriting domains behind it."""
    virtual = graph.rows.tables["virtual"]
    while (found := graph.find(address)) is not None and found[0] != key:
        address = glue(split_address(address)[0], virtual.rows[found[0]][0])
    return address


def _split(graph: ForwardingGraph, name: str) -> tuple[str, str]:
    local, domain = split_address(name)
    base, extension = split_extension(local, graph.settings.recipient_delimiter)
    return (f"{base}@{domain}" if domain else base), extension
