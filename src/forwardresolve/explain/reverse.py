"""Who reaches a destination, directly and over others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.addresses import FRESH, normalise, split_address, split_extension
from forwardresolve.destinations import is_opaque
from forwardresolve.explain.tree import said_by
from forwardresolve.places import arrived, recipient, shown, split_place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forwardresolve.reach import Reach
    from forwardresolve.reachability import Resolution
    from forwardresolve.records import Origin

_SHOWN: Final = 50


@attrs.frozen
class Feeder:
    """An address whose mail reaches the destination.

    Args:
        address: The address; ``@domain`` for every name that a catch-all takes, ``base+*@domain``
            for a row that does so with an extension only.
        destination: To which of its destinations the way leads.
        via: The feeder that comes next on the way, or the destination itself.
        origin: Where the row says so.
        distance: How many forwardings it is away.
    """

    address: str
    destination: str
    via: str
    origin: Origin
    distance: int


@attrs.frozen
class Reverse:
    """Who reaches a destination.

    Args:
        destination: The normalised destination; without its extension where rows name it only so.
        feeders: Who reaches it: the nearest first, then by address.
    """

    destination: str
    feeders: tuple[Feeder, ...]

    def __str__(self) -> str:
        """Tell it to a person."""
        return "\n".join(_as_text(self))


def explain_reverse(resolution: Resolution, destination: str) -> Reverse:
    """Find who reaches a destination.

    Args:
        resolution: The answer for a graph.
        destination: Any spelling of an address, inside or outside; or a command, file or include.

    Returns:
        All addresses that rows name and that reach it; ``str()`` of it is the text for people.

    Raises:
        AddressError: The text is no address.
    """
    with resolution.steady():
        return _explain_reverse(resolution, destination if is_opaque(destination) else normalise(destination))


def _explain_reverse(resolution: Resolution, destination: str) -> Reverse:
    reach = resolution.reach
    goal = _landing(reach, destination)
    found: dict[str, Feeder] = {}
    queue: list[str] = []
    for place in _candidates(reach, destination):
        arrow = next(_arrows(reach, place, goal), None)
        if arrow is not None:
            found[place] = Feeder(shown(place), arrow[0], destination, arrow[1], 1)
            queue.append(place)
    for place in queue:
        for above in reach.feeders.get(place, ()):
            if above in found or shown(above) == destination:
                continue
            arrow = next(_arrows(reach, above, place), None)
            if arrow is not None:  # a row that is shadowed is linked, but never asked
                found[above] = Feeder(
                    shown(above), arrow[0], shown(place), arrow[1], found[place].distance + 1
                )
                queue.append(above)
    for feeder in _twins(reach, goal, destination):
        found.setdefault(feeder.address, feeder)
    base, extension = split_place(reach.graph, destination)
    if not found and extension:
        return _explain_reverse(resolution, base)
    told = [feeder for place, feeder in found.items() if not _is_told_without_extension(reach, place, found)]
    return Reverse(destination, tuple(sorted(told, key=lambda feeder: (feeder.distance, feeder.address))))


def _landing(reach: Reach, address: str) -> str:
    """Return what decides about an address: the key of its row, or the address where it is taken or ends."""
    key, rest = reach.nodes.arrivals.arrive(address)
    if not key:
        return rest or address
    return arrived(reach.graph, address) if key[0] == "@" else key


def _candidates(reach: Reach, destination: str) -> Iterable[str]:
    """Return the places that may send mail to a destination directly."""
    place = reach.nodes.place(destination)
    if place in reach.feeders:
        # A catch-all may send mail on to an address that it takes itself.
        return dict.fromkeys([place, *reach.feeders[place]])
    graph, tables = reach.graph, reach.graph.rows.tables
    local = split_address(destination)[0]
    base = split_extension(local, graph.settings.recipient_delimiter)[0].removesuffix('"')
    rows = tables["virtual"].rows
    virtual = [key for key, row in rows.items() if any(each.startswith(base) for each in row)]
    return [*virtual, *(f"{key}@" for key in tables["local"].forwarding())]


def _arrows(reach: Reach, place: str, goal: str) -> Iterator[tuple[str, Origin]]:
    """Yield the destinations of a place that lead to another place, or land at an address."""
    for arrow in reach.graph.step(recipient(place)).arrows:
        each = arrow.destination
        if each != place and (_landing(reach, each) == goal or reach.nodes.place(each) == goal):
            yield each, arrow.origin


def _twins(reach: Reach, goal: str, destination: str) -> Iterator[Feeder]:
    """Yield the addresses that rewriting domains turn into the destination; no row names them."""
    virtual = reach.graph.rows.tables["virtual"]
    local, domain = split_address(destination)
    for key in [key for key in virtual.forwarding() if key[0] == "@" and key[1:] != domain]:
        row = virtual.rows[key]
        twin = f"{local}{key}"
        if local and row[0][0] == "@" and twin not in virtual and _landing(reach, twin) == goal:
            yield Feeder(twin, f"{local}{row[0]}", destination, virtual.origin(key, row[0]), 1)


def _is_told_without_extension(reach: Reach, place: str, found: Iterable[str]) -> bool:
    """Tell whether a row that is met with an unknown extension is there without one, too."""
    return FRESH in place and split_place(reach.graph, place)[0] in found


def _as_text(reverse: Reverse) -> Iterator[str]:
    count = len(reverse.feeders)
    if not count:
        yield f"No row forwards to {reverse.destination}."
        return
    direct = [feeder for feeder in reverse.feeders if feeder.distance == 1]
    over = reverse.feeders[len(direct) :]
    addresses = "1 address" if count == 1 else f"{count} addresses"
    yield f"{reverse.destination} is reached by {addresses}: {len(direct)} directly, {len(over)} over others."
    for title, feeders in (("directly", direct), ("over others", over)):
        if feeders:
            yield ""
            yield f"{title}:"
            yield from (f"  {_line(feeder, reverse.destination)}" for feeder in feeders[:_SHOWN])
            if len(feeders) > _SHOWN:
                yield f"  and {len(feeders) - _SHOWN} more"


def _line(feeder: Feeder, destination: str) -> str:
    shows_more = feeder.distance > 1 or feeder.destination != destination
    onward = f" -> {feeder.destination}" if shows_more else ""
    far = f"  {feeder.distance} forwardings" if feeder.distance > 1 else ""
    origin = said_by(feeder.origin)
    return f"{feeder.address}{onward}{far}{origin and f'  [{origin}]'}"
