"""A resolution made by hand: what it lists is said, not computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from forwardresolve.graph import ForwardingGraph
from forwardresolve.records import Domain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forwardresolve.entries import Entry

GRAPH = ForwardingGraph.from_records([Domain("a.example")])


@attrs.frozen
class Said:
    """Answers like a resolution.

    Args:
        addresses: The exact addresses that are listed.
        catch_alls: Domains with their exceptions.
        table: The entries.
        graph: The graph that is asked for settings and domains.
    """

    addresses: tuple[str, ...] = ()
    catch_alls: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    table: tuple[Entry, ...] = ()
    graph: ForwardingGraph = GRAPH

    def entries(self) -> tuple[Entry, ...]:
        """Return the entries as they were said."""
        return self.table
