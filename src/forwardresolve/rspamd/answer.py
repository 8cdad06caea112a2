"""What the profiles ask of a resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forwardresolve.entries import Entry
    from forwardresolve.graph import ForwardingGraph


class Answer(Protocol):
    """What an emitter asks of a resolution."""

    @property
    def graph(self) -> ForwardingGraph:
        """The graph that was resolved."""
        ...

    @property
    def addresses(self) -> tuple[str, ...]:
        """The exact addresses that are listed, sorted."""
        ...

    @property
    def catch_alls(self) -> Mapping[str, tuple[str, ...]]:
        """Each domain whose unknown addresses are listed, with the sorted ones that are not."""
        ...

    def entries(self) -> Iterable[Entry]:
        """Return the exact table for every possible recipient."""
        ...
