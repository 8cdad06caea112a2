"""A graph library: an edge for each destination, and the ancestors of one node that is outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import networkx as nx  # type: ignore[import-untyped]  # its stubs bring numpy

from .panel import Panel

if TYPE_CHECKING:
    from collections.abc import Iterator

_OUTSIDE = ""


def listed(database: str) -> Iterator[str]:
    """Yield every address that stands before the outside."""
    panel = Panel(database)
    graph = nx.DiGraph()
    graph.add_node(_OUTSIDE)
    for source, destinations in panel.rows.items():
        for destination in destinations:
            key = panel.find(destination)
            if key is not None:
                graph.add_edge(source, key)
            elif panel.is_outside(destination):
                graph.add_edge(source, _OUTSIDE)
    leaving = nx.ancestors(graph, _OUTSIDE)
    for name in panel.names():
        if panel.find(name) in leaving:
            yield name
