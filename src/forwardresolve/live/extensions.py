"""Where extensions have a say: what tells that a change leaves the places with extensions as they are.

The rows with a named extension that are places, and the rows that an unknown one leads elsewhere,
are each the least set that follows from single facts about single edges. As long as a change leaves
all such facts as they are, both sets stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forwardresolve.addresses import split_address
from forwardresolve.nodes import bare_local

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forwardresolve.nodes import Nodes

    Fact = tuple[str, str, str]


class Extensions:
    """The facts about single edges.

    Args:
        nodes: The places.
    """

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._virtual = nodes.graph.rows.tables["virtual"]
        self._by_stem: dict[str, dict[str, None]] = {}
        for name in (*nodes.tagged, *nodes.derived):
            self._by_stem.setdefault(self._stem(name), {})[name] = None
        self._derived: dict[str, list[str]] = {}
        for name in nodes.derived:
            self._derived.setdefault(nodes.split(name)[0], []).append(name)

    def tag(self, key: str) -> None:
        """Note that the rows have changed about a key with a delimiter in it."""
        self._nodes.tag(key)
        names = self._by_stem.setdefault(self._stem(key), {})
        if key in self._nodes.tagged:
            names[key] = None
        else:
            names.pop(key, None)

    def extended(self, name: str) -> Iterator[str]:
        """Yield the places that are a row with an extension."""
        if name in self._nodes.starred:
            yield self._nodes.starred_place(name)
        yield from self._derived.get(name, ())

    def facts(self, names: Iterable[str]) -> frozenset[Fact]:
        """Return what holds of the edges that begin at some rows."""
        if not self._nodes.wary:
            return frozenset()
        return frozenset(fact for name in names for fact in self._facts_of(name))

    def _facts_of(self, name: str) -> Iterator[Fact]:
        nodes = self._nodes
        row = self._virtual.rows.get(name, ()) if name[0] != "@" else ()
        for each in row:
            for tagged in tuple(self._by_stem.get(self._stem(each), ())):
                derived = nodes.leads_to(name, each, tagged, bare_local(tagged))
                if derived:
                    yield tagged, derived, name
            if self._depends(name, each):
                yield name, each, "depends"
            if nodes.starred:
                key = nodes.arrivals.arrive(each)[0]
                if key in nodes.starred:
                    yield name, key, "feeds"

    def _depends(self, name: str, each: str) -> bool:
        """Tell whether an unknown extension leads elsewhere, whatever follows from that for others."""
        nodes = self._nodes
        local, domain = split_address(each)
        if not (nodes.has_mark(local) or domain in nodes.arrivals.mixed or each[0] == "-"):
            return False
        starred, nodes.starred = nodes.starred, frozenset()
        try:
            return nodes.depends_on_extension(name, each)
        finally:
            nodes.starred = starred

    def _stem(self, name: str) -> str:
        return self._nodes.stem_of(name)
