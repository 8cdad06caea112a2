"""What an operator should know about the forwardings, each with a stable id and what to do.

`findings` looks the whole graph over. Every check is a pure function and walks the rows at most
once, so that it can run in every build.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from forwardresolve.findings.catalogue import CATALOGUE, Kind
from forwardresolve.findings.destinations import of_ends, of_suspended, of_typos
from forwardresolve.findings.finding import Finding, Severity
from forwardresolve.findings.keys import find_keys
from forwardresolve.findings.merging import of_patterns, of_sources
from forwardresolve.findings.refusals import of_accounts, of_stuck
from forwardresolve.findings.sources import (
    of_catch_alls,
    of_delimiters,
    of_mailboxes,
    of_shadows,
    of_unhosted,
)
from forwardresolve.findings.strays import find_strays
from forwardresolve.findings.stuck import find_stuck

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forwardresolve.graph import ForwardingGraph
    from forwardresolve.reachability import Resolution

__all__ = ["CATALOGUE", "Finding", "Kind", "Severity", "at_least", "findings"]

_SEVERITIES: Final[Sequence[Severity]] = ("error", "warning", "notice")


def findings(graph: ForwardingGraph, resolution: Resolution) -> tuple[Finding, ...]:
    """Look the graph over.

    Args:
        graph: The graph.
        resolution: Its resolution.

    Returns:
        The findings, errors first, then by id and address.
    """
    with resolution.steady():
        return _findings(graph, resolution)


def _findings(graph: ForwardingGraph, resolution: Resolution) -> tuple[Finding, ...]:
    reach = resolution.reach
    keys = find_keys(graph)
    strays = find_strays(graph, reach.nodes, keys)
    all_of_them = chain(
        of_sources(graph.rows),
        of_patterns(reach),
        of_ends(graph, strays),
        of_typos(graph, strays),
        of_suspended(graph, strays),
        of_unhosted(graph, keys),
        of_mailboxes(graph, keys),
        of_catch_alls(resolution, keys),
        of_delimiters(reach.nodes),
        of_shadows(graph, keys, strays),
        of_stuck(reach.nodes, find_stuck(reach, keys, strays.strays)),
        of_accounts(reach.nodes),
    )
    rank = {severity: place for place, severity in enumerate(_SEVERITIES)}
    return tuple(
        sorted(all_of_them, key=lambda each: (rank[each.severity], each.id, each.address, each.text))
    )


def at_least(severity: Severity, found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Keep the findings that are at least so severe."""
    counted = _SEVERITIES[: _SEVERITIES.index(severity) + 1]
    return tuple(each for each in found if each.severity in counted)
