"""Mail hosts of a few records, for tests that say all they need on the spot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict, Unpack

from forwardresolve import ForwardingGraph, Resolution, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from forwardresolve.records import Record
    from forwardresolve.settings import Policy


class Choices(TypedDict, total=False):
    """What an admin can choose; see `forwardresolve.graph.Settings`."""

    recipient_delimiter: str | None
    myorigin: str | None
    relay: Policy
    internal_domains: Iterable[str]
    kept_copy: Literal["list", "ignore"]
    opaque: Policy
    lists: Policy
    autoreply: Policy


def graph_of(*records: Record, **choices: Unpack[Choices]) -> ForwardingGraph:
    return ForwardingGraph.from_records(records, **choices)


def resolution_of(*records: Record, **choices: Unpack[Choices]) -> Resolution:
    return resolve(graph_of(*records, **choices))


def table_of(resolution: Resolution) -> dict[str, bool]:
    """Return the finite table of a resolution, as a look-up wants it."""
    return {entry.key: entry.listed for entry in resolution.entries()}


def entries_of(*records: Record, **choices: Unpack[Choices]) -> Sequence[str]:
    """Return the finite table as it is written down: a key, and ``-`` behind an exception."""
    return [str(entry) for entry in resolution_of(*records, **choices).entries()]
