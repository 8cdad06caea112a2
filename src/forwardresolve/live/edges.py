"""The edges between places while they change, and the forests that stand on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forwardresolve.addresses import append_extension
from forwardresolve.arrivals import INSIDE, OUTSIDE
from forwardresolve.destinations import is_opaque
from forwardresolve.links import account_destinations, led_to
from forwardresolve.live.bags import put_in, settle, take_out
from forwardresolve.live.forest import Forest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from forwardresolve.live.bags import Bags
    from forwardresolve.live.extensions import Extensions
    from forwardresolve.live.forest import Way
    from forwardresolve.reach import Reach


class Edges:
    """The edges between places, and who reaches outside, or a mailbox, along them.

    Args:
        reach: What reaches outside; it is changed.
        extensions: The places that are a row with an extension.
    """

    def __init__(self, reach: Reach, extensions: Extensions) -> None:
        self._graph = reach.graph
        self._nodes = reach.nodes
        self._virtual = reach.graph.rows.tables["virtual"]
        self._extensions = extensions
        self._feeders: Bags = reach.feeders  # type: ignore[assignment] # from now on it is one of bags
        settle(self._feeders)
        self._forests = [Forest(reach.via, self._feeders, self.ways, lambda way: way[1] is OUTSIDE)]
        if reach.graph.settings.kept_copy == "ignore":
            self._forests.append(Forest(reach.staying, self._feeders, self.ways, self._stays))

    def beginning_at(self, rows: Iterable[str]) -> dict[str, list[Way]]:
        """Return all ways on from rows, with an extension too where that is a place of its own."""
        names = (name for row in rows for name in (row, *self._extensions.extended(row)))
        return {name: self.ways(name) for name in names}

    def relink(self, before: Mapping[str, Iterable[Way]]) -> set[str]:
        """Link places anew.

        Args:
            before: The places, and the ways on that they had before the rows changed.

        Returns:
            The places that reach an end now and did not, or did and do not any more.
        """
        feeders = self._feeders
        for name, ways in before.items():
            for place in _places(ways):
                take_out(feeders, place, name)
        after = {name: self.ways(name) for name in before}
        for name, ways in after.items():
            for place in _places(ways):
                put_in(feeders, place, name)
        flipped: set[str] = set()
        for forest in self._forests:
            flipped |= forest.repair(after)
        return flipped

    def ways(self, name: str) -> list[Way]:
        """Return all ways on from a place, as they are now."""
        nodes = self._nodes
        found = []
        for each in self._destinations(name):
            place = led_to(nodes, name, each, nodes.place(each))
            if place:
                found.append((each, place))
        return found

    def _destinations(self, name: str) -> Iterator[str]:
        row = self._virtual.rows.get(name)
        if row is not None:
            if row and row[0][0] != "@":
                yield from row
        elif name[-1] == "@":
            yield from account_destinations(self._graph, name[:-1])
        else:
            key, extension = self._nodes.split(name)
            if name in self._extensions.extended(key):
                for each in self._virtual.get(key) or ():
                    yield each if is_opaque(each) else append_extension(each, extension)

    def _stays(self, way: Way) -> bool:
        return way[1] is INSIDE and self._nodes.stays(way[0])


def _places(ways: Iterable[Way]) -> set[str]:
    """Return the places that ways lead to, the ends left out."""
    return {place for _, place in ways if place is not OUTSIDE and place is not INSIDE}
