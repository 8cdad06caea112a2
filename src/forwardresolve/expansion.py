"""One address, walked forwards: every end of its paths, and whether Postfix would get there.

The walks take one hop after the other with `ForwardingGraph.step`. They answer for a single
address; the answer for all of them at once is the backward pass of `forwardresolve.reach`.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Literal

from forwardresolve.addresses import split_address
from forwardresolve.arrivals import INSIDE, OUTSIDE
from forwardresolve.hops import Final
from forwardresolve.patterns import PATTERN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from forwardresolve.graph import ForwardingGraph
    from forwardresolve.hops import Hop
    from forwardresolve.nodes import Nodes

Status = Literal["ok", "loop", "limit"]
Overrun = Literal["hops", "results", "length"]
"""Which limit an expansion runs into."""

RECURSION_LIMIT = 1000
"""Hops along one element of the list: 999 deliver, 1000 do not (virtual_alias_recursion_limit)."""
EXPANSION_LIMIT = 1000
"""Results of one expansion: 1000 deliver, 1001 do not (virtual_alias_expansion_limit)."""
LENGTH_LIMIT = 1000
"""Characters of one result (virtual_alias_address_length_limit)."""

_EXACT_ADDRESSES = 5000


def hops(nodes: Nodes, address: str) -> Iterator[Hop]:
    """Walk every hop that mail for an envelope recipient takes, nearest first, each once.

    An expansion may grow without end (``u -> u+box``): a row that is met again with a longer
    extension on the same way is not followed any more, nor is what has become longer than Postfix
    lets it; after 5000 addresses those that are decided in the same place count as one.

    Args:
        nodes: The places of the graph.
        address: A normalised address, as a client names it.

    Yields:
        The hops.
    """
    graph = nodes.graph
    first = [arrow.destination for arrow in graph.enter(address)]
    queue: deque[tuple[str, dict[str, str]]] = deque((each, {}) for each in first)
    seen: set[str] = set(first)
    while queue:
        here, extensions = queue.popleft()
        hop = graph.step(here)
        yield hop
        if hop.extension:
            before = extensions.get(hop.row)
            if before not in (None, hop.extension) and hop.extension.endswith(before or ""):
                continue
            extensions = {**extensions, hop.row: hop.extension}
        for onward in (arrow.destination for arrow in hop.arrows):
            if len(onward) > LENGTH_LIMIT:
                continue
            mark = onward if len(seen) < _EXACT_ADDRESSES else _row_or_place(nodes, onward)
            if mark not in seen:
                seen.add(mark)
                queue.append((onward, extensions))


def _row_or_place(nodes: Nodes, address: str) -> str:
    """Return what an address counts as: an end as itself, else its place, or the one pattern."""
    place = nodes.place(address)
    if place in (OUTSIDE, INSIDE):
        return address
    return (nodes.graph.find(address) or (place, ""))[0] if place.startswith(PATTERN) else place


def bounced_circles(walked: Sequence[Hop]) -> Iterator[Final]:
    """Find the circles that run through aliases(5), where a branch bounces and the others go on.

    A circle of virtual aliases makes Postfix refuse the whole message (see `status`); local(8)
    returns the one branch (scenarios ``aliases-loop``, ``aliases-virtual-loop``).

    Args:
        walked: All hops of an address.

    Yields:
        An undeliverable end for each account on a circle.
    """
    onward = {hop.address: [arrow.destination for arrow in hop.arrows] for hop in walked}
    for account in (hop.address for hop in walked if hop.table == "local"):
        queue = list(onward[account])
        seen = set(queue)
        for here in queue:
            further = [each for each in onward.get(here, ()) if each not in seen]
            seen.update(further)
            queue += further
        if account in seen:
            yield Final("undeliverable", account)


def shortest_path(
    graph: ForwardingGraph, address: str, leaves: Callable[[str], bool]
) -> tuple[str, ...] | None:
    """Return a shortest way from an envelope recipient to an end outside.

    Args:
        graph: The graph.
        address: A normalised address.
        leaves: Tells whether mail for an address inside the mail system reaches outside.

    Returns:
        The addresses on the way, the given one first, the one outside last; None if there is no
        way. Of several shortest ways it is always the same.
    """
    entered = (arrow.destination for arrow in graph.enter(address))
    came_from: dict[str, str | None] = {each: None for each in entered if leaves(each)}
    queue = deque(came_from)
    while queue:
        here = queue.popleft()
        hop = graph.step(here)
        if hop.final is not None and graph.settings.counts_as_outside(hop.final.kind):
            way = [] if hop.final.address == here else [hop.final.address]
            place: str | None = here
            while place is not None:
                way.append(place)
                place = came_from[place]
            # What the client names may be rewritten or copied before aliases are looked at.
            return tuple(reversed(way if way[-1] == address else [*way, address]))
        for onward in sorted(arrow.destination for arrow in hop.arrows):
            if onward not in came_from and len(onward) <= LENGTH_LIMIT and leaves(onward):
                came_from[onward] = here
                queue.append(onward)
    return None


def status(graph: ForwardingGraph, address: str) -> Status:
    """Tell whether Postfix can expand an envelope recipient (cleanup_map1n; measured on 3.7).

    Returns:
        ``ok``; ``loop`` or ``limit`` where the message is refused with 451: a loop runs into the
        limit, a limit without a loop is a chain or a list that is too long.
    """
    queue = [entered.destination for entered in graph.enter(address)]
    seen = set(queue)
    for here in queue:
        if overrun(graph, here):
            return "loop" if _circles(graph, here) else "limit"
        if graph.rows.tables["local"]:
            further = [each for each in _handed_back(graph, here) if each not in seen]
            seen.update(further)
            queue += further
    return "ok"


def _handed_back(graph: ForwardingGraph, address: str) -> Iterator[str]:
    """Yield the recipients that aliases(5) makes new messages for.

    local(8) hands them over together, so one that cannot be expanded keeps all of them (measured).
    """
    queue = [address]
    seen = set(queue)
    for here in queue:
        for onward in (arrow.destination for arrow in graph.step(here).arrows):
            if "@" not in here and "@" in onward:
                yield onward
            elif onward not in seen:
                seen.add(onward)
                queue.append(onward)


def overrun(graph: ForwardingGraph, address: str) -> Overrun | None:
    """Run an expansion as Postfix does: first result in place, the others behind the list.

    Args:
        graph: The graph.
        address: A normalised address inside the mail system.

    Returns:
        The limit that ends it; None where it comes to its end.
    """
    expanded = [address]
    listing_themselves: set[str] = set()
    place = 0
    while place < len(expanded):
        if len(expanded) > EXPANSION_LIMIT:
            return "results"
        hops_here = 0
        while (here := expanded[place]) not in listing_themselves:
            if hops_here == RECURSION_LIMIT:
                return "hops"
            hops_here += 1
            results = [arrow.destination for arrow in graph.answers(here)]
            if not results:
                break
            if max(map(len, results)) > LENGTH_LIMIT:
                return "length"
            if here in results:
                listing_themselves.add(here)
            expanded[place] = results[0]
            expanded += results[1:]
        place += 1
    return None


def _circles(graph: ForwardingGraph, address: str) -> bool:
    """Tell whether some path comes back to a row that it has passed, growing ones included."""
    done: set[str] = set()
    on_path: dict[str, str] = {}
    stack: list[tuple[str, str, bool]] = [(address, "", False)]
    while stack:
        here, row, leaving = stack.pop()
        if leaving:
            del on_path[row]
            done.add(here)
            continue
        if here in done:
            continue
        found = graph.find(here)
        if found is None:
            continue
        forgets = found[0][0] == "@" and not _lengthens(graph, found[0])
        # An alias domain's address may keep a copy under the other domain, by the same row.
        row = here if forgets else f"{found[0]} in {split_address(here)[1]}"
        if row in on_path:
            return True
        if len(done) >= _EXACT_ADDRESSES:
            # So many may be one row with ever other extensions; from now on it counts once.
            if row in done:
                continue
            done.add(row)
        on_path[row] = here
        stack.append((here, row, True))
        stack += [
            (arrow.destination, "", False) for arrow in graph.answers(here) if arrow.destination != here
        ]
    return False


def _lengthens(graph: ForwardingGraph, key: str) -> bool:
    """Tell whether the row of a whole domain puts more behind every local part: an odd list."""
    row = graph.rows.tables["virtual"].get(key) or ()
    return any(each[0] == "@" and "@" in each[1:] for each in row)
