"""Places, written and read: what a place sends mail on to, who is decided in it, how it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forwardresolve.addresses import FRESH, append_extension, split_address, split_extension
from forwardresolve.destinations import is_glued, is_opaque
from forwardresolve.patterns import PATTERN

if TYPE_CHECKING:
    from forwardresolve.graph import ForwardingGraph


def destinations(graph: ForwardingGraph, place: str) -> tuple[str, ...]:
    """Return where a place sends mail on to."""
    virtual = graph.rows.tables["virtual"]
    row = virtual.get(place)
    if row is not None:
        return row
    if place.startswith(PATTERN):
        return tuple(arrow.destination for arrow in graph.answers(place.removeprefix(PATTERN)))
    if place[-1] == "@":
        return tuple(arrow.destination for arrow in graph.step(place[:-1]).arrows)
    key, extension = split_place(graph, place)
    row = virtual.get(key) or ()
    return tuple(each if is_opaque(each) else append_extension(each, extension) for each in row)


def recipient(place: str) -> str:
    """Return an address that is decided in a place."""
    return f"{FRESH}{place}" if place[0] == "@" else place.removeprefix(PATTERN).removesuffix("@")


def shown(place: str) -> str:
    """Write a place for people: ``@domain`` for a catch-all, ``base+*@domain`` for any extension."""
    return place.removeprefix(PATTERN).replace(FRESH, "*").removesuffix("@")


def arrived(graph: ForwardingGraph, address: str) -> str:
    """Return an address as it is when a row takes it, rewriting domains behind it.

    On a circle of rewriting domains it is the address that comes round again.
    """
    virtual = graph.rows.tables["virtual"]
    seen: set[str] = set()
    while address not in seen and (found := graph.find(address)) is not None:
        seen.add(address)
        row = virtual.get(found[0]) or ("",)
        rewrites = row[0][:1] == "@" and not is_glued(row[0])
        onward = f"{split_address(address)[0]}{row[0]}" if rewrites else address
        if onward == address:
            break
        address = onward
    return address


def split_place(graph: ForwardingGraph, name: str) -> tuple[str, str]:
    """Return the key of a row and the extension that a place meets it with."""
    local, domain = split_address(name)
    base, extension = split_extension(local, graph.settings.recipient_delimiter)
    return (f"{base}@{domain}" if domain else base), extension
