"""Findings about mail that Postfix refuses, or returns, because it cannot be expanded."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from forwardresolve.expansion import EXPANSION_LIMIT, LENGTH_LIMIT, RECURSION_LIMIT
from forwardresolve.findings.catalogue import found
from forwardresolve.findings.components import circles, shortest_circle
from forwardresolve.findings.ways import Ways
from forwardresolve.places import recipient, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forwardresolve.expansion import Overrun
    from forwardresolve.findings.circles import Circle
    from forwardresolve.findings.finding import Finding
    from forwardresolve.findings.stuck import Stuck
    from forwardresolve.nodes import Nodes
    from forwardresolve.records import Origin

_SHOWN: Final = 6

_LIMITS: Final[dict[Overrun, str]] = {
    "results": f"expands to more than {EXPANSION_LIMIT} results",
    "hops": f"needs {RECURSION_LIMIT} hops or more",
    "length": f"expands to an address of more than {LENGTH_LIMIT} characters",
}


def of_stuck(nodes: Nodes, stuck: Stuck) -> Iterator[Finding]:
    """Say what Postfix refuses with 451: each circle and each limit once, with how many it drags along."""
    for circle in stuck.circles:
        first = circle.way[0]
        dragged = _dragged(stuck.followers.get(first, 0))
        text = f"{_circle(circle)}; Postfix refuses mail to it with 451{dragged}"
        yield found("loop", text, shown(first), _origin(nodes, circle.way))
    for place, reason in stuck.overruns.items():
        dragged = _dragged(stuck.followers.get(place, 0))
        refused = f"{_LIMITS[reason]}; Postfix refuses mail to it with 451{dragged}"
        origin = _origin(nodes, (place,))
        if stuck.status[place] == "loop":
            text = f"{shown(place)} leads to rows that forward to each other and keep copies, and {refused}"
            yield found("loop", text, shown(place), origin)
        else:
            yield found("limit", f"{shown(place)} {refused}", shown(place), origin)
    if stuck.unchecked:
        yield found(
            "unchecked-limit", f"{stuck.unchecked} addresses were not tried against the limits of Postfix"
        )


def of_accounts(nodes: Nodes) -> Iterator[Finding]:
    """Say which aliases of the host's accounts lead back to themselves."""
    accounts = nodes.graph.rows.tables["local"]
    ways = Ways(nodes)

    @cache
    def onward(place: str) -> list[str]:
        return [way.place for way in ways.on(place)]

    for members in circles(sorted(f"{key}@" for key in accounts.forwarding()), onward):
        ours = sorted(member for member in members if member[-1] == "@")
        if ours:
            way = shortest_circle(ours[0], members, onward)
            text = f"the alias {shown(ours[0])} comes back to itself: {_arrows(way)}; this branch bounces"
            yield found("alias-loop", text, shown(ours[0]), _origin(nodes, way))


def _circle(circle: Circle) -> str:
    first = shown(circle.way[0])
    if circle.grows:
        return f"{first} comes back with one more extension each time: {_arrows(circle.way)}"
    return f"{first} goes round in a circle: {_arrows(circle.way)}"


def _arrows(way: Sequence[str]) -> str:
    names = [shown(place) for place in (*way, way[0])]
    if len(names) > _SHOWN + 1:
        names = [*names[: _SHOWN - 2], f"{len(names) - _SHOWN} more", *names[-2:]]
    return " -> ".join(names)


def _dragged(count: int) -> str:
    if not count:
        return ""
    return f", and so to {count} {'address that leads' if count == 1 else 'addresses that lead'} there"


def _origin(nodes: Nodes, way: Sequence[str]) -> Origin | None:
    """Return the row that leads from the first place of a way to the second, or any of its first."""
    first, second = way[0], way[1 % len(way)]
    arrows = nodes.graph.step(recipient(first)).arrows
    leading = (arrow for arrow in arrows if nodes.place(arrow.destination) == second)
    arrow = next(leading, next(iter(arrows), None))
    return None if arrow is None else arrow.origin
