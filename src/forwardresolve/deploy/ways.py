"""How everything that is listed reaches the outside, hop by hop: small enough to be kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from forwardresolve.addresses import FRESH, domain_of
from forwardresolve.arrivals import OUTSIDE
from forwardresolve.entries import STAR
from forwardresolve.patterns import PATTERN
from forwardresolve.places import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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
    reach = resolution.reach
    onward = dict(reach.via)
    for place in [place for place in onward if _is_odd(place)]:
        onward[shown(place)] = onward.pop(place)
    for place in [place for place, onto in onward.items() if _is_odd(onto)]:
        onward[place] = shown(onward[place])
    onward.update(_entered(resolution, onward))
    onward.update(_rewritten(resolution, onward))
    rows = resolution.graph.rows
    return Ways(onward, frozenset(rows.domains.keys() | rows.domain_aliases.keys()))


def _rewritten(resolution: Resolution, onward: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the ends in hosted domains that leave by one more step: a domain that is rewritten."""
    hosts = resolution.graph.hosts
    for end in {*onward.values()} - onward.keys():
        if hosts(domain_of(end)) and (way := resolution.path(end)) is not None and way[-1] != end:
            yield end, way[-1]


def _is_odd(place: str) -> bool:
    """Tell whether a place is written otherwise for people."""
    return place[-1:] == "@" or FRESH in place or place.startswith(PATTERN)


def _entered(resolution: Resolution, onward: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the listed keys that are no places, each with the place where it is decided."""
    reach, graph = resolution.reach, resolution.graph
    is_rewritten = bool(graph.rows.tables["canonical"] or graph.rows.tables["bcc"])
    recipients = [(key, key) for key in resolution.addresses if is_rewritten or key not in onward]
    recipients += [(f"@{domain}", f"{FRESH}@{domain}") for domain in resolution.catch_alls]
    for key, recipient in recipients:
        for arrow in graph.enter(recipient):
            if not reach.leaves(arrow.destination):
                continue
            place = reach.nodes.place(arrow.destination)
            onto = shown(arrow.destination if place is OUTSIDE else place)
            if onto == key and key not in onward:  # a pattern answers for it, and no row leads there
                onto = (resolution.path(recipient) or (key,))[-1]
            if onto != key:
                yield key, onto
            break
