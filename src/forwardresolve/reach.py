"""Which places reach outside: one linear pass, backwards from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forwardresolve.addresses import FRESH, MAX_LENGTH
from forwardresolve.arrivals import INSIDE, OUTSIDE
from forwardresolve.links import MOST_PATTERNED, link
from forwardresolve.nodes import Nodes
from forwardresolve.patterns import PATTERN

if TYPE_CHECKING:
    from forwardresolve.graph import ForwardingGraph


class Reach:
    """What reaches outside in a graph.

    Attributes:
        graph: The graph.
        nodes: Its places.
        via: Each place that reaches outside, and the destination by which it does.
        feeders: Each place, and those that send mail on to it.
        staying: Each place that keeps a copy, and how; only where copies are to be ignored.
    """

    def __init__(self, graph: ForwardingGraph) -> None:
        self.graph = graph
        self.nodes = Nodes(graph)
        self._ignores_copies = graph.settings.kept_copy == "ignore"
        links = link(self.nodes, copies=self._ignores_copies)
        self.feeders = links.feeders
        self._patterned = links.patterned
        self.via = _spread(links.feeders, links.leaving)
        self.staying = _spread(links.feeders, links.staying) if self._ignores_copies else {}

    def leaves(self, address: str) -> bool:
        """Tell whether mail for an address inside the mail system reaches outside."""
        place = self.nodes.place(address)
        if place.startswith(PATTERN) and place not in self._patterned:
            return self._leaves_by_patterns(address)
        return place is OUTSIDE or place in self.via

    def reaches_external(self, address: str) -> bool:
        """Tell whether mail for an envelope recipient reaches outside."""
        return any(self.leaves(arrow.destination) for arrow in self.graph.enter(address))

    def counts(self, address: str) -> bool:
        """Tell whether an envelope recipient of a hosted domain is to be listed."""
        return self.reaches_external(address) and not (self._ignores_copies and self._stays(address))

    def counts_by_default(self, domain: str) -> bool:
        """Tell whether the unknown addresses count of a hosted domain that looks into no other."""
        place = self.nodes.arrivals.default(domain)
        return place is OUTSIDE or self.counts_place(place) if place else self.counts(f"{FRESH}@{domain}")

    def counts_place(self, place: str) -> bool:
        """Tell the same of a recipient that is decided in a place, without looking it up again."""
        return place in self.via and place not in self.staying

    def _leaves_by_patterns(self, address: str) -> bool:
        """Walk on from an address that no row leads to, but a pattern answers for."""
        queue = [address]
        seen = {address}
        for here in queue:
            if len(queue) > MOST_PATTERNED:
                break
            for arrow in self.graph.answers(here) if len(here) <= MAX_LENGTH else ():
                onward = arrow.destination
                place = self.nodes.place(onward)
                ends = onward == here and self.nodes.arrivals.end(here) is OUTSIDE
                if place is OUTSIDE or place in self.via or ends:
                    return True
                if place.startswith(PATTERN) and onward not in seen:
                    seen.add(onward)
                    queue.append(onward)
        return False

    def _stays(self, address: str) -> bool:
        for arrow in self.graph.enter(address):
            place = self.nodes.place(arrow.destination)
            if place in self.staying or (place is INSIDE and self.nodes.stays(arrow.destination)):
                return True
        return False


def _spread(feeders: dict[str, list[str]], first: dict[str, str]) -> dict[str, str]:
    """Walk backwards, breadth first, and note by which destination each place gets there."""
    via = dict(first)
    queue = list(first)
    for place in queue:
        for feeder in feeders.get(place, ()):
            if feeder not in via:
                via[feeder] = place
                queue.append(feeder)
    return via
