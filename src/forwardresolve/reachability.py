"""The answer for a graph: the verdict of every address, the list, and the finite table."""

from __future__ import annotations

from contextlib import nullcontext
from functools import cached_property
from typing import TYPE_CHECKING

import attrs

from forwardresolve.addresses import normalise
from forwardresolve.errors import AddressError
from forwardresolve.expansion import Status, bounced_circles, hops, shortest_path, status
from forwardresolve.reach import Reach
from forwardresolve.survey import Survey, survey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    from forwardresolve.entries import Entry
    from forwardresolve.graph import ForwardingGraph
    from forwardresolve.hops import Final, Hop


@attrs.frozen
class Verdict:
    """What becomes of mail to one address.

    Args:
        address: The normalised address.
        hosted: Mail for its domain is accepted here.
        listed: It is hosted, reaches outside, and the settings do not leave it out.
        reaches_external: Some path from it ends outside.
        keeps_copy: It reaches outside and also stays local.
        status: ``ok``; ``loop`` or ``limit`` where Postfix refuses the message with 451.
        finals: Where its paths end, sorted, each once.
    """

    address: str
    hosted: bool
    listed: bool
    reaches_external: bool
    keeps_copy: bool
    status: Status
    finals: tuple[Final, ...]


class Resolution:
    """The answer for a graph. Make it with `resolve`; it is read-only.

    Attributes:
        graph: The graph.
        reach: How the answer was found: the places of the graph, and which of them reach outside.
    """

    def __init__(self, graph: ForwardingGraph) -> None:
        self.graph = graph
        self.reach = Reach(graph)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The exact addresses that are listed, sorted; names of domain-alias twins included."""
        return self._survey.addresses

    @property
    def catch_alls(self) -> Mapping[str, tuple[str, ...]]:
        """Each hosted domain whose unknown addresses are listed, to the names in it that are not.

        Both are sorted; the names are whole addresses.
        """
        return self._survey.catch_alls

    def entries(self) -> Iterator[Entry]:
        """Walk the finite table that decides every possible recipient, sorted by key."""
        return self._survey.entries()

    def __contains__(self, address: object) -> bool:
        """Tell whether an address is listed; a text that is no address is not."""
        if not isinstance(address, str):
            return False
        try:
            return self._lists(normalise(address))
        except AddressError:
            return False

    def verdict(self, address: str) -> Verdict:
        """Say what becomes of mail to an address, whatever address it is.

        Args:
            address: Any spelling of an address.

        Raises:
            AddressError: The text is no address.
        """
        address = normalise(address)
        walked = tuple(self.hops(address))
        reaches = self.reach.reaches_external(address)
        return Verdict(
            address=address,
            hosted=self.graph.ends.accepts(address),
            listed=self._lists(address),
            reaches_external=reaches,
            keeps_copy=reaches and any(self.graph.keeps(hop) for hop in walked),
            status=status(self.graph, address),
            finals=tuple(
                sorted(
                    {*(hop.final for hop in walked if hop.final is not None), *bounced_circles(walked)},
                    key=lambda final: (final.kind, final.address),
                )
            ),
        )

    def path(self, address: str) -> tuple[str, ...] | None:
        """Return one shortest way out.

        Args:
            address: Any spelling of an address.

        Returns:
            The addresses on the way, the given one first, the one outside last; None where no
            path leaves.

        Raises:
            AddressError: The text is no address.
        """
        return shortest_path(self.graph, normalise(address), self.reach.leaves)

    def steady(self) -> AbstractContextManager[object]:
        """Return a context in which the answer stays as it is; this one always does."""
        return nullcontext()

    def hops(self, address: str) -> Iterator[Hop]:
        """Walk every hop that mail to a normalised address takes, nearest first, each once."""
        return hops(self.reach.nodes, address)

    @cached_property
    def _survey(self) -> Survey:
        return survey(self.reach)

    def _lists(self, address: str) -> bool:
        return self.graph.ends.accepts(address) and self.reach.counts(address)


def resolve(graph: ForwardingGraph) -> Resolution:
    """Find out for every address whether mail to it reaches an address outside.

    Args:
        graph: All sources, merged.

    Returns:
        The resolution; equal records give an equal one, whatever their order.
    """
    return Resolution(graph)
