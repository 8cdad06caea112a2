"""Who names an address: the rows that a change of another row may lead elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forwardresolve.addresses import split_address
from forwardresolve.links import account_edges
from forwardresolve.live.bags import put_in, take_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.live.bags import Bags
    from forwardresolve.nodes import Nodes

_FEW: Final = 50
"""How many names of a domain are searched one by one."""


class Mentions:
    """Each destination, and the places that send mail on to it; each domain, and its names.

    An address that a row lists as its own copy is not noted: a row knows itself.

    Args:
        nodes: The places.
    """

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._virtual = nodes.graph.rows.tables["virtual"]
        self._one: dict[str, str] = {}
        self._more: Bags = {}
        self._marked: dict[str, dict[str, None]] = {}
        self._names: dict[str, list[str]] = {domain: [] for domain in nodes.graph.rows.domains}
        self._gone: dict[str, int] = {}
        for key in self._virtual:
            self.name(key)
        for key, row in self._virtual.rows.items():
            self.add(key, row)
        for name, destination in account_edges(nodes):
            self.add(name, (destination,))

    def of(self, destination: str) -> tuple[str, ...]:
        """Return the places that send mail on to an address."""
        one = self._one.get(destination)
        return (one,) if one is not None else tuple(self._more.get(destination, ()))

    def add(self, name: str, destinations: tuple[str, ...]) -> None:
        """Note where a place sends mail on to; a row that rewrites a domain is none."""
        if destinations and destinations[0][0] == "@":
            return
        for each in destinations:
            if each == name:
                continue
            known = self._one.get(each)
            if known is None and each not in self._more:
                self._one[each] = name
                self._begin(each)
            elif known is None:
                put_in(self._more, each, name)
            elif known != name:
                del self._one[each]
                self._more[each] = [known, name]

    def discard(self, name: str, destinations: tuple[str, ...]) -> None:
        """Forget where a place sends mail on to."""
        for each in destinations:
            if each in self._more:
                take_out(self._more, each, name)
                if len(self._more[each]) == 1:
                    (self._one[each],) = self._more.pop(each)
            elif self._one.get(each) == name:
                del self._one[each]
                self._end(each)

    def watching(self, key: str) -> Iterator[str]:
        """Yield the places with a destination whose look-up may find a row of this key.

        Args:
            key: An address, or ``@domain``. Only look-ups in the domain itself are meant: a row of
                an address answers there for it with any extension, before ``@domain`` does.
        """
        local, domain = split_address(key)
        if not local:
            for each in self.names_in(domain):
                if each not in self._virtual or self._has_mark(each):
                    yield from self.of(each)
            return
        yield from self.of(key)
        stem = self._stem_of(key)
        if stem != key:
            yield from self.of(stem)
        for each in tuple(self._marked.get(stem, ())):
            yield from self.of(each)

    def within(self, domain: str) -> Iterator[str]:
        """Yield the rows of a domain, and the places that send mail on to it."""
        for each in self.names_in(domain):
            if self._virtual.rows.get(each):
                yield each
            yield from self.of(each)

    def name(self, key: str) -> None:
        """Note that a row has a key; one that is a destination too stands there already."""
        if key not in self._one and key not in self._more:
            self._names.setdefault(split_address(key)[1], []).append(key)

    def unname(self, key: str) -> None:
        """Note that no row has a key any more."""
        if key not in self._one and key not in self._more:
            self._leave(key)

    def names_in(self, domain: str) -> Iterator[str]:
        """Yield the keys and destinations of a domain, each once."""
        for name in dict.fromkeys(self._names.get(domain, ())):
            if self._stands(name):
                yield name

    def _begin(self, destination: str) -> None:
        if destination not in self._virtual:
            self._names.setdefault(split_address(destination)[1], []).append(destination)
        if self._has_mark(destination):
            self._marked.setdefault(self._stem_of(destination), {})[destination] = None

    def _end(self, destination: str) -> None:
        if destination not in self._virtual:
            self._leave(destination)
        if self._has_mark(destination):
            stem = self._stem_of(destination)
            self._marked[stem].pop(destination)
            if not self._marked[stem]:
                del self._marked[stem]

    def _leave(self, name: str) -> None:
        """Take a name out of its domain; in a large one it stays until half of them are gone."""
        domain = split_address(name)[1]
        names = self._names[domain]
        gone = self._gone.get(domain, 0) + 1
        if len(names) <= _FEW or gone * 2 > len(names):
            names[:] = dict.fromkeys(each for each in names if self._stands(each))
            gone = 0
            if not names:
                del self._names[domain]
        self._gone[domain] = gone

    def _stands(self, name: str) -> bool:
        return name in self._virtual or name in self._one or name in self._more

    def _has_mark(self, name: str) -> bool:
        return bool(self._nodes.has_mark(split_address(name)[0]))

    def _stem_of(self, name: str) -> str:
        return f"{self._nodes.stem_of(name)}@{split_address(name)[1]}"
