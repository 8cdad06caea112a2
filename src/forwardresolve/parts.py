"""Read of every source what concerns some addresses, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

from forwardresolve.addresses import domain_of
from forwardresolve.errors import BackendDataError
from forwardresolve.graph import ForwardingGraph
from forwardresolve.records import Domain, DomainAlias, Transport
from forwardresolve.scope import Scope
from forwardresolve.sdk import Addressable
from forwardresolve.sources import in_order, naming

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forwardresolve.config import Config
    from forwardresolve.records import Record


@attrs.frozen
class Part:
    """What all sources gave for some addresses.

    Args:
        graph: The rows, merged as in a whole reading.
        scope: Which rows were asked for; the graph knows nothing of any others.
    """

    graph: ForwardingGraph
    scope: Scope


def read_part(config: Config, scope: Scope, is_hosted: Callable[[str], bool]) -> Part | None:
    """Read a part of every source and merge it as a whole reading does.

    A destination in a domain that nobody hosts is outside. So the domains of the destinations are
    looked up, too, before that is believed.

    Args:
        config: What to read, and how.
        scope: Which rows are meant.
        is_hosted: Tells whether a domain is known to be hosted.

    Returns:
        The part; None where a source has to be read whole.

    Raises:
        BackendError: A source cannot be read.
        ConfigError: Two sources disagree where the configuration is silent.
    """
    found = _read(config, scope)
    if found is None:
        return None
    graph = _merged(config, found)
    strangers = frozenset(each for each in _destined(graph) if not is_hosted(each)) - scope.domains
    further = _read(config, Scope(domains=strangers)) if strangers else {}
    if not further:
        return None if further is None else Part(graph, scope)
    for name, records in further.items():
        found[name] += (each for each in records if isinstance(each, Domain | DomainAlias | Transport))
    return Part(_merged(config, found), attrs.evolve(scope, domains=scope.domains | strangers))


def _read(config: Config, scope: Scope) -> dict[str, list[Record]] | None:
    found = {}
    for name in in_order(config):
        backend = config.sources[name]
        if not isinstance(backend, Addressable):
            return None
        with naming(name):
            given = backend.records_of(scope)
            if given is None:
                return None
            if not isinstance(given, Iterable):
                msg = f"its records_of() gave {given!r:.200} and no records"
                raise BackendDataError(msg)
            found[name] = [record for record in given if scope.covers(record)]
    return found


def _merged(config: Config, found: Mapping[str, Iterable[Record]]) -> ForwardingGraph:
    return ForwardingGraph.from_sources(found, **attrs.asdict(config.resolve, recurse=False))


def _destined(graph: ForwardingGraph) -> set[str]:
    """Return the domains of all destinations."""
    return {
        domain_of(each)
        for table in graph.rows.tables.values()
        for row in table.rows.values()
        for each in row
        if "@" in each
    }
