"""Every destination whose way on is not plain: the one loop over all of them.

A destination that is the key of a row, a mailbox, or an address in a domain that is plainly
outside needs no second look. What is left is small, and everything else is decided from it.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import attrs

from forwardresolve.arrivals import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.findings.keys import Keys
    from forwardresolve.graph import ForwardingGraph
    from forwardresolve.hops import Final
    from forwardresolve.nodes import Nodes
    from forwardresolve.tables import Table

_WITH_MAILBOXES = ("mailbox", "local")


@attrs.frozen
class Stray:
    """A destination that deserves a look.

    Args:
        table: The table of the row.
        key: The row's key.
        destination: The destination as the row has it.
        row: The key of the row where it arrives; empty where none answers.
        extension: What had to be taken off to find that row.
        final: Where mail ends, if no row answers. Without both, rewriting domains lead round in a
            circle.
    """

    table: Table
    key: str
    destination: str
    row: str = ""
    extension: str = ""
    final: Final | None = None


@attrs.frozen
class Strays:
    """What the loop over all destinations finds.

    Args:
        strays: The destinations that deserve a look, in the order of the rows.
        outside: The domains of all others that are outside.
    """

    strays: tuple[Stray, ...]
    outside: frozenset[str]


def find_strays(graph: ForwardingGraph, nodes: Nodes, keys: Keys) -> Strays:
    """Walk all destinations once.

    Args:
        graph: The graph.
        nodes: Its places.
        keys: Its keys that deserve a look.
    """
    tables = graph.rows.tables
    virtual, mailboxes = tables["virtual"], graph.rows.mailboxes
    plain = _PlainDomains(graph, nodes, keys)
    found = [(key, key) for key, row in virtual.rows.items() if not row and key not in mailboxes]
    found += _not_plain(graph, nodes, plain)
    strays = [_follow(graph, nodes, virtual, key, each) for key, each in found]
    for key in tables["local"]:
        arrows = graph.step(key).arrows
        strays += [_follow(graph, nodes, tables["local"], key, arrow.destination) for arrow in arrows]
    for table in (tables["canonical"], tables["bcc"]):
        strays += [_follow(graph, nodes, table, key, each) for key, row in table.rows.items() for each in row]
    outside = frozenset(domain for domain, is_plain in plain.items() if is_plain)
    return Strays(tuple(strays), outside)


class _PlainDomains(dict[str, bool]):
    """Domains, and whether all addresses in them are outside, without any row in between."""

    def __init__(self, graph: ForwardingGraph, nodes: Nodes, keys: Keys) -> None:
        super().__init__()
        self.graph = graph
        self.nodes = nodes
        self.foreign = keys.foreign

    def __missing__(self, domain: str) -> bool:
        outside = self.nodes.arrivals.default(domain) is OUTSIDE
        plain = outside and domain not in self.foreign and self.graph.kind(domain) == "external"
        self[domain] = plain
        return plain


def _not_plain(graph: ForwardingGraph, nodes: Nodes, plain: _PlainDomains) -> Iterator[tuple[str, str]]:
    """Yield the key and the destination of every row of virtual aliases that is not plain.

    Most destinations are sorted out as whole sets, which is several times faster than one by one.
    """
    virtual, mailboxes = graph.rows.tables["virtual"], graph.rows.mailboxes
    kinds = graph.rows.domains.items()
    without_mailboxes = frozenset(name for name, kind in kinds if kind not in _WITH_MAILBOXES)
    ends = set(chain.from_iterable(virtual.rows.values())).difference(virtual.forwarding())
    unknown = ends.difference(mailboxes)
    odd = {each for each in unknown if "@" not in each or not plain[each.rpartition("@")[2]]}
    for each in ends.intersection(mailboxes):
        name, _, domain = each.rpartition("@")
        if domain in without_mailboxes or nodes.has_mark(name):
            odd.add(each)
    for key, row in virtual.rows.items():
        for each in row:
            if (each in odd and each[0] != "@") or (each == key and key not in mailboxes):
                yield key, each


def _follow(graph: ForwardingGraph, nodes: Nodes, table: Table, key: str, destination: str) -> Stray:
    """Say where a destination arrives."""
    if destination == key:
        return Stray(table, key, destination, final=graph.ends.final(destination))
    row, rest = nodes.arrivals.arrive(destination)
    if row:
        return Stray(table, key, destination, row, rest)
    return Stray(table, key, destination, final=graph.ends.final(rest) if rest else None)
