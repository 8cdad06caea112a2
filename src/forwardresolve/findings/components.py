"""Which members of a directed graph lie on a circle together (Tarjan 1972), without recursion."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator


def circles(  # noqa: C901 (one piece, as everybody knows it)
    starts: Iterable[str], successors: Callable[[str], Iterable[str]]
) -> Iterator[frozenset[str]]:
    """Find the largest sets in which every member leads to every other one.

    Args:
        starts: Where to begin; only what they lead to is looked at.
        successors: Where a member leads to. It is asked once for each.

    Yields:
        The sets of two members or more, and single members that lead to themselves.
    """
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    unfinished: dict[str, None] = {}
    of_themselves: set[str] = set()
    for start in starts:
        path = [] if start in number else [(start, iter(successors(start)))]
        while path:
            member, onward = path[-1]
            if member not in number:
                number[member] = lowest[member] = len(number)
                unfinished[member] = None
            following = next(onward, None)
            if following is None:
                path.pop()
                if path:
                    above = path[-1][0]
                    lowest[above] = min(lowest[above], lowest[member])
                if lowest[member] == number[member]:
                    component = _take_back_to(member, unfinished)
                    if len(component) > 1 or member in of_themselves:
                        yield component
            elif following not in number:
                path.append((following, iter(successors(following))))
            elif following in unfinished:
                lowest[member] = min(lowest[member], number[following])
                if following == member:
                    of_themselves.add(member)


def shortest_circle(
    start: str, members: Collection[str], successors: Callable[[str], Iterable[str]]
) -> tuple[str, ...]:
    """Find the shortest way from a member of a circle back to it.

    Args:
        start: A member of the circle.
        members: All members of the circle; the way does not leave them.
        successors: Where a member leads to.

    Returns:
        The members on the way, the given one first and not once more at the end.
    """
    came_from: dict[str, str] = {}
    queue = deque([start])
    while True:
        here = queue.popleft()
        for each in sorted({each for each in successors(here) if each in members}):
            if each == start:
                way = [here]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return tuple(reversed(way))
            if each not in came_from:
                came_from[each] = here
                queue.append(each)


def _take_back_to(member: str, unfinished: dict[str, None]) -> frozenset[str]:
    taken = {member}
    while True:
        last, _ = unfinished.popitem()
        taken.add(last)
        if last == member:
            return frozenset(taken)
