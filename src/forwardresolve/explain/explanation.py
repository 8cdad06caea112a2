"""Why an address is listed or not, as values: every hop, every way out, and one sentence."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.addresses import normalise
from forwardresolve.explain.sentences import why
from forwardresolve.explain.steps import Step, step_of
from forwardresolve.explain.ways import ways_out, with_distances

if TYPE_CHECKING:
    from forwardresolve.hops import Arrow
    from forwardresolve.reachability import Resolution, Verdict

MOST_STEPS: Final = 2000
"""How many addresses are followed; a way that is longer is beyond every limit of Postfix."""

MOST_WAYS: Final = 100
"""How many ways out are told apart."""


@attrs.frozen
class Explanation:
    """All that becomes of mail to one address.

    Args:
        address: The normalised address.
        verdict: The verdict about it.
        sentence: Why it is listed or not.
        entered: What it becomes before aliases are looked at, and where that is said; most often
            itself alone.
        steps: Every address on the way and what becomes of it, nearest first.
        ways: The ways out, shortest first; each is the addresses on it, the given one first.
        complete: Whether these are all steps and all ways.
    """

    address: str
    verdict: Verdict
    sentence: str
    entered: tuple[Arrow, ...]
    steps: tuple[Step, ...]
    ways: tuple[tuple[str, ...], ...]
    complete: bool = True

    def __str__(self) -> str:
        """Tell it as a tree."""
        from forwardresolve.explain.tree import as_text

        return as_text(self)


def explain(resolution: Resolution, address: str) -> Explanation:
    """Follow mail to an address on all its ways.

    Args:
        resolution: The answer for a graph.
        address: Any spelling of an address.

    Returns:
        The explanation; ``str()`` of it is the tree for people.

    Raises:
        AddressError: The text is no address.
    """
    with resolution.steady():
        return _explain(resolution, normalise(address))


def _explain(resolution: Resolution, address: str) -> Explanation:
    graph = resolution.graph
    verdict = resolution.verdict(address)
    entered = graph.enter(address)
    walked = list(islice(resolution.hops(address), MOST_STEPS + 1))
    steps = with_distances([step_of(graph, hop) for hop in walked[:MOST_STEPS]])
    starts = [arrow.destination for arrow in entered]
    found, all_ways = ways_out(starts, {step.address: step for step in steps}, MOST_WAYS)
    ways = [way if way[0] == address else (address, *way) for way in found]
    shortest = resolution.path(address)
    if shortest is not None and (not ways or len(shortest) < len(ways[0])):
        # A circle that grows is followed once round; the way out may begin behind that.
        ways.insert(0, shortest)
    return Explanation(
        address=address,
        verdict=verdict,
        sentence=why(graph, verdict, ways),
        entered=entered,
        steps=steps,
        ways=tuple(ways),
        complete=all_ways and len(walked) <= MOST_STEPS,
    )
