"""Distances to the outside, and the ways there, shortest first."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forwardresolve.explain.steps import Step

_MOST_TRIES: Final = 5_000


def with_distances(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Fill in how far each step is from outside, and put its arrows in that order."""
    feeders: dict[str, list[str]] = {}
    for step in steps:
        for arrow in step.arrows:
            feeders.setdefault(arrow.destination, []).append(step.address)
    distance = {step.address: 0 for step in steps if step.end is not None and step.end.outside}
    queue = list(distance)
    for here in queue:
        for feeder in feeders.get(here, ()):
            if feeder not in distance:
                distance[feeder] = distance[here] + 1
                queue.append(feeder)
    far = len(steps)
    return tuple(
        attrs.evolve(
            step,
            distance=distance.get(step.address),
            arrows=tuple(
                sorted(
                    step.arrows, key=lambda arrow: (distance.get(arrow.destination, far), arrow.destination)
                )
            ),
        )
        for step in steps
    )


def ways_out(
    entered: Sequence[str], steps: Mapping[str, Step], most: int
) -> tuple[list[tuple[str, ...]], bool]:
    """Find the ways to the outside that pass no address twice, shortest first.

    Args:
        entered: Where they begin.
        steps: Every step by its address, with its distance.
        most: How many to find. Very many circles can end the search before, after 5,000 tries.

    Returns:
        The addresses on each way, and whether these are all ways.
    """
    found: list[tuple[str, ...]] = []
    waiting: list[tuple[int, tuple[str, ...]]] = []

    def note(way: tuple[str, ...]) -> None:
        step = steps.get(way[-1])
        if step is not None and step.distance is not None:
            heapq.heappush(waiting, (len(way) + step.distance, way))

    for address in entered:
        note((address,))
    tries = 0
    while waiting and tries < _MOST_TRIES and len(found) <= most:
        tries += 1
        length, way = heapq.heappop(waiting)
        step = steps[way[-1]]
        if length == len(way) and step.end is not None:
            found.append(way if step.end.address == way[-1] else (*way, step.end.address))
        for arrow in step.arrows:
            if arrow.destination not in way:
                note((*way, arrow.destination))
    return found[:most], not waiting and len(found) <= most
