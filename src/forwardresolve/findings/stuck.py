"""Which recipients Postfix refuses with 451: everything that leads into a loop or over a limit.

Nobody walks every row. Places that lead into no circle are sorted from their ends upwards (Kahn
1962) and get a bound on their results and hops from those of their destinations; only the few
beyond a limit are walked as Postfix walks them. What lies above something stuck is stuck as well.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.addresses import FRESH
from forwardresolve.expansion import EXPANSION_LIMIT, LENGTH_LIMIT, RECURSION_LIMIT, overrun
from forwardresolve.findings.circles import Circle, endless_circles, rewriting_circles
from forwardresolve.findings.ways import Ways
from forwardresolve.places import destinations, recipient

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from forwardresolve.expansion import Overrun, Status
    from forwardresolve.findings.keys import Keys
    from forwardresolve.findings.strays import Stray
    from forwardresolve.reach import Reach

MOST_WALKS: Final = 2000
"""How many expansions are walked; there are that many only in worlds that are made to be slow."""


@attrs.frozen
class Stuck:
    """What cannot be expanded.

    Args:
        circles: The circles that never end.
        overruns: Places that run into a limit although nothing below them does, and which limit.
        status: Every place that is stuck, and how a verdict calls it.
        followers: How many places lead into each of them: the first member of a circle, or the
            place itself. One that leads into several is counted once.
        unchecked: How many places were not walked.
    """

    circles: tuple[Circle, ...]
    overruns: Mapping[str, Overrun]
    status: Mapping[str, Status]
    followers: Mapping[str, int]
    unchecked: int


def find_stuck(reach: Reach, keys: Keys, strays: Sequence[Stray]) -> Stuck:
    """Find everything that cannot be expanded.

    Args:
        reach: The places of the graph and their feeders.
        keys: The keys of the graph that deserve a look.
        strays: The destinations of the graph that deserve a look.
    """
    search = _Search(reach, keys, strays)
    search.look_at_chains()
    search.look_at_circles()
    search.look_at_rewriting()
    return Stuck(tuple(search.circles), search.overruns, search.status, search.followers, search.unchecked)


class _Search:
    """One search, and what it has found so far."""

    def __init__(self, reach: Reach, keys: Keys, strays: Sequence[Stray]) -> None:
        self.nodes = reach.nodes
        self.keys = keys
        self.rewriting = _chain_lengths(keys.rewriting)
        self.graph = reach.graph
        self.virtual = reach.graph.rows.tables["virtual"]
        self.edges = _without_accounts(reach.feeders) if reach.graph.rows.tables["local"] else reach.feeders
        self.circles: list[Circle] = []
        self.overruns: dict[str, Overrun] = {}
        self.status: dict[str, Status] = {}
        self.followers: Counter[str] = Counter()
        self.unchecked = 0
        self.walks = 0
        self.led: dict[str, str] = {}
        self.round_domains, self.of_themselves = self._find_endless(strays)
        self.longest_extension = max((len(stray.extension) for stray in strays), default=0)
        self.tangled: list[str] = []

    def look_at_chains(self) -> None:
        """Decide the places that lead into no circle, from their ends upwards."""
        rows, aliases = self.virtual.rows, bool(self.graph.rows.domain_aliases)
        longest = max(map(len, chain.from_iterable(rows.values())), default=0)
        hops_between = 1 + max(self.rewriting.values(), default=0) + aliases
        results: dict[str, int] = {}
        for layer, place in self._in_order():
            row = rows.get(place) or destinations(self.graph, place)
            count, depth = results.get(place, 0) + len(row), layer * hops_between
            if place[0] == "@" or aliases:
                # A catch-all may take its own destination; an alias domain's address, its twin's copy.
                count, depth = count + len(row), depth + hops_between
            root = self.led.get(place)
            if root is not None:
                self.followers[root] += 1
            elif (
                count > EXPANSION_LIMIT
                or depth >= RECURSION_LIMIT - 1
                or longest + depth * self.longest_extension > LENGTH_LIMIT
            ):
                reason = "results" if len(row) > EXPANSION_LIMIT else self._walk(place)
                if reason:
                    self.overruns[place] = reason
                    root = place
            feeders = self.edges.get(place, ())
            if root is not None:
                self.status[place] = "limit"
                self.led.update((feeder, root) for feeder in feeders if feeder not in self.led)
            for feeder in feeders:
                results[feeder] = results.get(feeder, 0) + count - 1

    def look_at_rewriting(self) -> None:
        """Decide the recipients in domains that rewrite on and on, from the end upwards."""
        long = [key for key, length in self.rewriting.items() if 2 * length >= RECURSION_LIMIT]
        for key in sorted(long, key=lambda key: (self.rewriting[key], key)):
            below = self.keys.rewriting[key]
            if below in self.status:
                self.status[key], self.led[key] = "limit", self.led.get(below, below)
                self.followers[self.led[key]] += 1
            elif self.nodes.arrivals.arrive(recipient(key)) != ("", "") and (reason := self._walk(key)):
                self.status[key], self.overruns[key] = "limit", reason

    def look_at_circles(self) -> None:
        """Decide the places that lead into circles."""
        self.circles = [*endless_circles(self.nodes, self.tangled), *rewriting_circles(self.keys.rewriting)]
        roots = {member: circle.way[0] for circle in self.circles for member in circle.members}
        onward = self.keys.rewriting
        for place, key in self.round_domains.items():
            here = key
            while here not in roots:
                here = onward[here]
            roots[place] = roots[here]
        self._spread(roots)
        self._spread({place: root for place, root in self.led.items() if place not in self.status})
        for place in self.tangled:
            if place not in self.status and (reason := self._walk(place)):
                self.overruns[place] = reason
                self._spread({place: place})

    def _find_endless(self, strays: Sequence[Stray]) -> tuple[dict[str, str], set[str]]:
        """Find the places that no order can be given to, though nothing above them may say so.

        Returns:
            Those with a destination that rewriting domains lead round in a circle, with the key of
            its domain; and those that send mail back to themselves in another form.
        """
        nodes = self.nodes
        odd = (
            (stray.key, stray.destination)
            for stray in strays
            if stray.table is self.virtual and stray.final is None and stray.row in ("", stray.key)
        )
        round_domains: dict[str, str] = {}
        of_themselves: set[str] = set()
        for place, each in chain(odd, nodes.extended_edges()):
            if nodes.arrivals.arrive(each) == ("", ""):
                round_domains.setdefault(place, f"@{each.rpartition('@')[2]}")
            elif place[0] != "@" and each != place and nodes.place(each) == place:
                of_themselves.add(place)
        return round_domains, set(filter(self._comes_back, (*of_themselves, *self.keys.catch_alls)))

    def _comes_back(self, place: str) -> bool:
        """Tell whether a place leads to itself again, and not only by one address that keeps a copy."""
        own = [way for way in Ways(self.nodes).on(place) if way.place == place]
        listed = len(own) + (place in self.virtual.rows.get(place, ()))
        if own and listed > 1:
            return True
        return any(way.pushes or not way.lists_itself for way in own)

    def _in_order(self) -> Iterator[tuple[int, str]]:
        """Walk the places from their ends upwards; those that lead into a circle are left over.

        Places without ways on, and nothing above them, are left out, but for lists near the limit.

        Yields:
            How many places there are below on the longest way, the place itself counted; the place.
        """
        waiting = Counter(chain.from_iterable(self.edges.values()))
        waiting.update(self.round_domains.keys() | self.of_themselves)
        layer = [place for place in self.edges if place not in waiting]
        known = self.edges.keys() | waiting.keys()
        rows = self.virtual.rows.items()
        layer += [key for key, row in rows if 2 * len(row) > EXPANSION_LIMIT and key not in known]
        depth = 0
        while layer:
            depth += 1
            above: list[str] = []
            for place in layer:
                yield depth, place
                for feeder in self.edges.get(place, ()):
                    waiting[feeder] -= 1
                    if not waiting[feeder]:
                        above.append(feeder)
            layer = above
        self.tangled = sorted(place for place, count in waiting.items() if count)

    def _walk(self, place: str) -> Overrun | None:
        """Expand what is decided in a place as Postfix does, as long as there were not too many."""
        if self.walks >= MOST_WALKS:
            self.unchecked += 1
            return None
        self.walks += 1
        return overrun(self.graph, recipient(place))

    def _spread(self, roots: Mapping[str, str]) -> None:
        """Mark places as stuck in a loop, and all that leads into them.

        Args:
            roots: The places, and by which name their followers are counted.
        """
        root_of = dict(roots)
        queue = list(roots)
        for place in queue:
            self.status[place] = "loop"
            for feeder in self.edges.get(place, ()):
                if feeder not in root_of and feeder not in self.status:
                    root_of[feeder] = root_of[place]
                    queue.append(feeder)
        on_circles = {member for circle in self.circles for member in circle.members}
        for place in queue:
            if place not in on_circles and place != root_of[place] and FRESH not in place:
                self.followers[root_of[place]] += 1


def _without_accounts(feeders: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    """Leave out the accounts of the host: mail that gets there is no longer being expanded."""
    return {
        place: [feeder for feeder in above if feeder[-1] != "@"]
        for place, above in feeders.items()
        if place[-1] != "@"
    }


def _chain_lengths(onward: Mapping[str, str]) -> dict[str, int]:
    """Return how many steps each key of a mapping is from the end; a circle counts once round."""
    length: dict[str, int] = {}
    for start in onward:
        way = []
        here = start
        while here in onward and here not in length:
            length[here] = 0
            way.append(here)
            here = onward[here]
        steps = length.get(here, 0)
        for place in reversed(way):
            steps += 1
            length[place] = steps
    return length
