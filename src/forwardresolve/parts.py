"""Read of every source what concerns some addresses, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

from forwardresolve.errors import BackendDataError
from forwardresolve.graph import ForwardingGraph
from forwardresolve.sdk import Addressable
from forwardresolve.sources import in_order, naming

if TYPE_CHECKING:
    from forwardresolve.config import Config
    from forwardresolve.records import Record
    from forwardresolve.scope import Scope
    from forwardresolve.sdk import Backend


@attrs.frozen
class Part:
    """What all sources gave for some addresses.

    Args:
        graph: The rows, merged as in a whole reading.
        scope: Which rows were asked for; the graph knows nothing of any others.
    """

    graph: ForwardingGraph
    scope: Scope


def read_part(config: Config, scope: Scope) -> Part | None:
    """Read a part of every source and merge it as a whole reading does.

    Args:
        config: What to read, and how.
        scope: Which rows are meant.

    Returns:
        The part; None where a source has to be read whole.

    Raises:
        BackendError: A source cannot be read.
        ConfigError: Two sources disagree where the configuration is silent.
    """
    found: dict[str, list[Record]] = {}
    for name in in_order(config):
        records = _records_of(name, config.sources[name], scope)
        if records is None:
            return None
        found[name] = records
    graph = ForwardingGraph.from_sources(found, **attrs.asdict(config.resolve, recurse=False))
    return Part(graph, scope)


def _records_of(name: str, backend: Backend, scope: Scope) -> list[Record] | None:
    if not isinstance(backend, Addressable):
        return None
    with naming(name):
        given = backend.records_of(scope)
        if given is None:
            return None
        if not isinstance(given, Iterable):
            msg = f"its records_of() gave {given!r:.200} and no records"
            raise BackendDataError(msg)
        return [record for record in given if scope.covers(record)]
