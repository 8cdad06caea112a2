"""The ways on from a place, forwards, with what an expansion cares about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from forwardresolve.addresses import FRESH, append_extension, split_address, split_extension
from forwardresolve.arrivals import INSIDE, OUTSIDE
from forwardresolve.destinations import is_glued, is_opaque
from forwardresolve.patterns import PATTERN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.graph import ForwardingGraph
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


def destinations(graph: ForwardingGraph, place: str) -> tuple[str, ...]:
    """Return where a place sends mail on to."""
    virtual = graph.rows.tables["virtual"]
    row = virtual.rows.get(place)
    if row is not None:
        return row
    if place.startswith(PATTERN):
        return tuple(arrow.destination for arrow in graph.answers(place.removeprefix(PATTERN)))
    if place[-1] == "@":
        return tuple(arrow.destination for arrow in graph.step(place[:-1]).arrows)
    key, extension = _split(graph, place)
    row = virtual.get(key) or ()
    return tuple(each if is_opaque(each) else append_extension(each, extension) for each in row)


def ways_on(nodes: Nodes, place: str) -> Iterator[Way]:
    """Walk the ways from a place to places; a kept copy is no way."""
    graph = nodes.graph
    virtual = graph.rows.tables["virtual"]
    own = "" if place in virtual.rows else _split(graph, place)[1]
    for each in destinations(graph, place):
        onward = nodes.place(each)
        if each == place or onward in (OUTSIDE, INSIDE):
            continue
        key, rest = nodes.arrivals.arrive(each)
        forgets = key[0] == "@" or onward in nodes.derived or key not in virtual.rows
        yield Way(
            onward,
            each,
            lists_itself=graph.step(_arrived(graph, each)).lists_itself,
            pushes=bool(rest) and rest != own,
            drops=forgets,
        )


def recipient(place: str) -> str:
    """Return an address that is decided in a place."""
    return f"{FRESH}{place}" if place[0] == "@" else place.removeprefix(PATTERN)


def shown(place: str) -> str:
    """Write a place for people: ``@domain`` for a catch-all, ``base+*@domain`` for any extension."""
    return place.removeprefix(PATTERN).replace(FRESH, "*").removesuffix("@")


def _arrived(graph: ForwardingGraph, address: str) -> str:
    """Return an address as it is when a row takes it, rewriting domains behind it."""
    virtual = graph.rows.tables["virtual"]
    while (found := graph.find(address)) is not None:
        row = virtual.get(found[0]) or ("",)
        rewrites = row[0][:1] == "@" and not is_glued(row[0])
        onward = f"{split_address(address)[0]}{row[0]}" if rewrites else address
        if onward == address:
            break
        address = onward
    return address


def _split(graph: ForwardingGraph, name: str) -> tuple[str, str]:
    local, domain = split_address(name)
    base, extension = split_extension(local, graph.settings.recipient_delimiter)
    return (f"{base}@{domain}" if domain else base), extension
