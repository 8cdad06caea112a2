"""How everything that is listed reaches the outside, hop by hop: small enough to be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from forwardresolve.addresses import FRESH, domain_of
from forwardresolve.arrivals import OUTSIDE
from forwardresolve.entries import STAR
from forwardresolve.expansion import shortest_path
from forwardresolve.patterns import PATTERN
from forwardresolve.places import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forwardresolve.graph import ForwardingGraph
    from forwardresolve.reachability import Resolution


@attrs.frozen
class Ways:
    """The ways of a resolution, a shortest one from each place that reaches outside.

    Args:
        onward: Each address or catch-all that reaches outside, and the next on its way; what is
            not among the keys is outside.
        hosted: The domains that mail is accepted for.
    """

    onward: Mapping[str, str]
    hosted: frozenset[str]

    def of(self, key: str) -> tuple[str, ...]:
        """Return the way of a key, itself first, the address outside last.

        Args:
            key: As in `Entry`; one that reaches outside by no way, but by a setting, comes alone.
        """
        way = [key]
        if key not in self.onward and f"{STAR}@" in key:  # an extension goes where its base goes
            way.append(key.replace(f"{STAR}@", "@"))
        seen = {*way}
        while (onward := self.onward.get(way[-1])) is not None and onward not in seen:
            way.append(onward)
            seen.add(onward)
        return tuple(way)


def ways(resolution: Resolution) -> Ways:
    """Take the ways out of a resolution, in one linear pass."""
    via = resolution.reach.via
    onward = dict(via)
    for place in [place for place in onward if _is_odd(place)]:
        onward[shown(place)] = onward.pop(place)
    for place in [place for place, onto in onward.items() if _is_odd(onto)]:
        onward[place] = shown(onward[place])
    is_rewritten = _is_rewritten(resolution.graph)
    keys = [key for key in resolution.addresses if is_rewritten or key not in onward]
    keys += [f"@{domain}" for domain in resolution.catch_alls]
    onward.update([(key, shown(onto)) for key in keys for onto in _entered(resolution, key)])
    ends = {*onward.values()} - onward.keys()
    onward.update([(end, onto) for end in ends for onto in _rewritten(resolution, end)])
    return Ways(onward, hosted_domains(resolution.graph))


def way(resolution: Resolution, key: str) -> Iterator[tuple[str, str]]:
    """Walk from one listed key to the outside: each place with the next one, as `ways` has them.

    Args:
        resolution: The answer of this moment.
        key: An address, or ``@domain``.
    """
    via = resolution.reach.via
    place = key
    if key[0] == "@" or key not in via or _is_rewritten(resolution.graph):
        for place in _entered(resolution, key):
            yield key, shown(place)
    seen = set[str]()
    while place in via and place not in seen:  # an end may have the name of the place that leads there
        seen.add(place)
        yield shown(place), shown(via[place])
        place = via[place]
    if place != key:
        for onto in _rewritten(resolution, shown(place)):
            yield shown(place), onto


def hosted_domains(graph: ForwardingGraph) -> frozenset[str]:
    """Return the domains that mail is accepted for."""
    return frozenset(graph.rows.domains.keys() | graph.rows.domain_aliases.keys())


def _is_rewritten(graph: ForwardingGraph) -> bool:
    """Tell whether a recipient may be decided as another address than it is."""
    return bool(graph.rows.tables["canonical"] or graph.rows.tables["bcc"])


def _is_odd(place: str) -> bool:
    """Tell whether a place is written otherwise for people."""
    return place[-1:] == "@" or FRESH in place or place.startswith(PATTERN)


def _entered(resolution: Resolution, key: str) -> Iterator[str]:
    """Yield the place where a listed key is decided, or the end that it goes to; nothing where it is one."""
    reach, graph = resolution.reach, resolution.graph
    recipient = f"{FRESH}{key}" if key[0] == "@" else key
    for arrow in graph.enter(recipient):
        if not reach.leaves(arrow.destination):
            continue
        place = reach.nodes.place(arrow.destination)
        onto = arrow.destination if place is OUTSIDE else place
        if shown(onto) == key and onto not in reach.via:  # a pattern answers, and no row leads there
            onto = (shortest_path(graph, recipient, reach.leaves) or (key,))[-1]
        if shown(onto) != key:
            yield onto
        break


def _rewritten(resolution: Resolution, end: str) -> Iterator[str]:
    """Yield the end that mail to another one reaches by one more step: in a domain that is rewritten."""
    if not resolution.graph.hosts(domain_of(end)):
        return
    path = resolution.path(end)
    if path is not None and path[-1] != end:
        yield path[-1]
