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
        lists_itself: The address that arrives there is among its own results.
        pushes: It arrives with one more extension.
        drops: Whatever extension there is gets lost, or a key names it.
    """

    place: str
    lists_itself: bool
    pushes: bool = False
    drops: bool = False


class Ways:
    """The ways on from the places of a graph.

    A way to a row by its own key is the same from everywhere, and there may be millions of them:
    it is made once for each row.
    """

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.graph = nodes.graph
        self._rows = nodes.graph.rows.tables["virtual"].rows
        self._exact: dict[str, Way] = {}

    def on(self, place: str) -> Iterator[Way]:
        """Walk the ways from a place to places; a kept copy is no way."""
        own = "" if place in self._rows else split_place(self.graph, place)[1]
        for each in destinations(self.graph, place):
            if each == place:
                continue
            way = self._exact.get(each) or self._way(each, own)
            if way.place not in (OUTSIDE, INSIDE):
                yield way

    def _way(self, destination: str, own: str) -> Way:
        """Follow a destination.

        Args:
            destination: The destination.
            own: The extension of the place that it is a destination of.
        """
        row = self._rows.get(destination)
        if row and "@" in destination:
            way = self._exact[destination] = Way(destination, destination in row)
            return way
        place = self.nodes.place(destination)
        if place in (OUTSIDE, INSIDE):
            return Way(place, lists_itself=False)
        key, rest = self.nodes.arrivals.arrive(destination)
        return Way(
            place,
            lists_itself=self.graph.step(arrived(self.graph, destination)).lists_itself,
            pushes=bool(rest) and rest != own,
            drops=key[0] == "@" or place in self.nodes.derived or key not in self._rows,
        )
