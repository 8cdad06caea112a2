"""The circles that Postfix cannot expand.

An address that lists itself is expanded at most once in one expansion, so a circle that passes such
an address comes to an end. A circle that puts an extension on each time round never does: no
address comes back.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

import attrs

from forwardresolve.addresses import FRESH
from forwardresolve.findings.components import circles, shortest_circle
from forwardresolve.findings.ways import Way, Ways

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from forwardresolve.nodes import Nodes


@attrs.frozen
class Circle:
    """A circle that never ends.

    Args:
        members: All places on it, or the keys of its rewriting domains.
        way: One shortest way round; its last leads to its first.
        grows: An extension is put on each time round.
    """

    members: frozenset[str]
    way: tuple[str, ...]
    grows: bool = False


def endless_circles(nodes: Nodes, tangled: Iterable[str]) -> list[Circle]:
    """Find the circles that never end among places that lead into some circle.

    Args:
        nodes: The places of the graph.
        tangled: The places to look at, sorted.
    """
    tangled = tuple(tangled)
    among = frozenset(tangled)

    all_ways = Ways(nodes)

    @cache
    def ways(place: str) -> tuple[Way, ...]:
        return tuple(way for way in all_ways.on(place) if way.place in among)

    def anew(place: str) -> list[str]:
        return [way.place for way in ways(place) if not way.lists_itself]

    def with_extension(place: str) -> list[str]:
        return [way.place for way in ways(place) if not way.drops]

    found = []
    for members in circles(tangled, anew):
        first = _first(members)
        way = shortest_circle(first, members, anew)
        found.append(Circle(members, way, grows=_grows(way, ways)))
    endless = frozenset().union(*(circle.members for circle in found))
    pushes = any(way.pushes for place in tangled for way in ways(place))
    for members in circles(tangled, with_extension) if pushes else ():
        pushing = [
            (member, way.place)
            for member in members
            for way in ways(member)
            if way.pushes and way.place in members
        ]
        if pushing and endless.isdisjoint(members):
            first, second = min(pushing)
            onward = partial(_through, first, second, with_extension)
            found.append(Circle(members, shortest_circle(first, members, onward), grows=True))
    return [circle for circle in found if not _is_told_without_extension(circle, endless, nodes)]


def rewriting_circles(onward: Mapping[str, str]) -> Iterator[Circle]:
    """Find the circles of domains that rewrite to each other.

    Args:
        onward: The key of each rewriting domain, with that of the domain it rewrites to.
    """
    for members in circles(sorted(onward), lambda key: [onward[key]] if key in onward else []):
        yield Circle(members, shortest_circle(min(members), members, lambda key: [onward[key]]))


def _first(members: Iterable[str]) -> str:
    """Return the member to begin with: one without an extension, then the first by name."""
    return min(members, key=lambda member: (FRESH in member, member))


def _grows(way: Sequence[str], ways: Callable[[str], Iterable[Way]]) -> bool:
    """Tell whether a circle puts an extension on each time round, and loses none."""
    steps = [
        [each for each in ways(here) if each.place == there]
        for here, there in zip(way, (*way[1:], way[0]), strict=True)
    ]
    return any(each.pushes for step in steps for each in step) and not any(
        all(each.drops for each in step) for step in steps
    )


def _through(first: str, second: str, onward: Callable[[str], list[str]], place: str) -> list[str]:
    """Lead on as ``onward`` does, but from the first place only to the second."""
    return [second] if place == first else onward(place)


def _is_told_without_extension(circle: Circle, endless: frozenset[str], nodes: Nodes) -> bool:
    """Tell whether a circle of rows with an unknown extension goes round without one, too."""
    first = circle.way[0]
    return FRESH in first and first.replace(nodes.fresh_extension, "") in endless
