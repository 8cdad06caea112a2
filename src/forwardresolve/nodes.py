"""The finite set of places that decides every possible recipient.

A row is one place. Where an unknown extension would change the answer of a row, the row with that
extension is a place of its own (*starred*); so is a row with an extension that leads on to a key
that names one (*derived*). Everything else, such as rewriting domains, domain aliases and rows
that list only themselves, is stepped over. An extension is a stack: a match by base puts the
destination's own extension in front of it, an exact match or a catch-all drops it whole. So only
the ends of extensions that some key names can matter, and all others behave like one fresh one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.addresses import append_extension, split_address, split_extension, unquote_local
from forwardresolve.destinations import glue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forwardresolve.graph import ForwardingGraph

FRESH: Final = "\0"
"""A local part, or behind a delimiter an extension, that no row can name: NUL is in no address."""
OUTSIDE: Final = "\0outside"
INSIDE: Final = "\0inside"

MOST_DERIVED: Final = 200_000
"""How many rows with a named extension become places before the rest is cut off, and reported."""


@attrs.frozen
class Links:
    """The edges between places, backwards.

    Args:
        feeders: Place to the places that send mail on to it.
        leaving: Places with a destination outside, and that destination.
        staying: Places with a destination that ends in a mailbox, and that destination; only
            where somebody asks for it.
    """

    feeders: dict[str, list[str]]
    leaving: dict[str, str]
    staying: dict[str, str]


class Nodes:
    """The places of a graph.

    Attributes:
        starred: Keys of rows whose answer may depend on an unknown extension.
        tagged: Names with a delimiter in them that some table knows.
        derived: Addresses ``key+extension`` that are places of their own.
        cut_off: Whether there were more derived places than are kept.
    """

    def __init__(self, graph: ForwardingGraph) -> None:
        self.graph = graph
        self.starred: frozenset[str] = frozenset()
        self.derived: dict[str, None] = {}
        self.cut_off = False
        self._virtual = graph.rows.tables["virtual"]
        self._delimiters = graph.settings.recipient_delimiter
        self.fresh_extension = self._delimiters[:1] + FRESH
        self._shortcuts = self._find_shortcuts()
        self._has_bare_keys = any("@" not in key for key in self._virtual) if self._delimiters else True
        self._simple_ends = not graph.rows.transports and not graph.rows.relocated
        self.tagged: dict[str, None] = {}
        if self._delimiters:
            self.tagged = dict.fromkeys(self._tagged_names())
            if self.tagged:
                self._derive(list(self.tagged))
            if self.tagged or self._mixed_aliases() or "-" in self._delimiters:
                self.starred = self._star()

    def place(self, address: str) -> str:
        """Return the place where mail for an address is next decided.

        Args:
            address: A normalised address inside the mail system; it may hold `FRESH`.

        Returns:
            The name of a place, or `OUTSIDE` or `INSIDE` where the mail ends.
        """
        key, rest = self.arrive(address)
        if not key:
            return self.end(rest)
        if rest and key[-1] != "@":
            name = append_extension(key, rest)
            if name in self.derived:
                return name
            if key in self.starred:
                return append_extension(key, self.fresh_extension)
        return key

    def arrive(self, address: str) -> tuple[str, str]:
        """Follow an address over rewriting domains and rows without effect to a row that decides.

        Returns:
            The key of the row (an account of aliases(5) with an ``@`` behind it) and the
            extension it was found without; or nothing and the address where the mail ends. A
            circle of rewriting domains ends in nothing and nothing.
        """
        virtual, graph = self._virtual, self.graph
        seen: set[str] = set()
        while True:
            local, at, domain = address.rpartition("@")
            if not at:
                return self._arrive_account(address)
            if domain in self._shortcuts:
                domain = self._shortcuts[domain]
                if not domain:
                    return "", ""
                address = f"{local}@{domain}"
            found = graph.find(address)
            if found is None:
                hop = graph.step(address)
                return self._arrive_account(local) if hop.arrows else ("", address)
            key, extension = found
            row = virtual.rows.get(key)
            if row is not None and (row[0][0] != "@" or len(row) > 1):
                return found
            onward = glue(local, row[0]) if row is not None else append_extension(key, extension)
            if onward == address:
                return "", address
            if domain in seen:
                return "", ""
            seen.add(domain)
            address = onward

    def end(self, address: str) -> str:
        """Return whether mail that ends at an address is `OUTSIDE` or `INSIDE`."""
        if not address:
            return INSIDE
        graph = self.graph
        if self._simple_ends:
            kind = graph.kind(address.rpartition("@")[2]) if "@" in address else "local"
            if kind == "external":
                return OUTSIDE
            if kind in ("mailbox", "alias", "suspended"):
                return INSIDE
        outside = graph.settings.counts_as_outside(graph.final(address).kind)
        return OUTSIDE if outside else INSIDE

    def places(self) -> Iterator[tuple[str, Iterable[str]]]:
        """Walk all places with the addresses that each sends mail on to."""
        rows = self._virtual.rows
        for key, row in rows.items():
            if row[0][0] != "@" or len(row) > 1:
                yield key, row
        for key in self.starred:
            yield self._extended(key, self.fresh_extension)
        for name in self.derived:
            key, extension = self._base_of(name)
            yield self._extended(key, extension)
        for key in self.graph.rows.tables["local"].rows:
            hop = self.graph.step(key)
            yield f"{key}@", [arrow.destination for arrow in hop.arrows]

    def links(self, *, copies: bool = False) -> Links:
        """Turn the destinations of all places round.

        Args:
            copies: Also find out which places have a destination that stays in a mailbox.
        """
        feeders: dict[str, list[str]] = {}
        leaving: dict[str, str] = {}
        staying: dict[str, str] = {}
        rows = {} if self._has_bare_keys else self._virtual.rows
        for name, destinations in self.places():
            for each in destinations:
                place = each if each in rows else self.place(each)
                if place == name:
                    # The row lists itself (a kept copy), or grows; only the first one ends here.
                    if each != name and name[0] != "@":
                        continue
                    place = self.end(each)
                if place is OUTSIDE:
                    leaving.setdefault(name, each)
                elif place is not INSIDE:
                    feeders.setdefault(place, []).append(name)
                elif copies and self.stays(each):
                    staying.setdefault(name, each)
        return Links(feeders, leaving, staying)

    def stays(self, address: str) -> bool:
        """Tell whether mail for an address that ends `INSIDE` stays in a mailbox."""
        key, rest = self.arrive(address)
        ends_at = rest if not key else address
        return bool(ends_at) and self.graph.keeps(self.graph.step(ends_at))

    def _extended(self, key: str, extension: str) -> tuple[str, list[str]]:
        """Return the place of a row met with an extension, and its destinations with it."""
        row = self._virtual.get(key) or ()
        return append_extension(key, extension), [append_extension(each, extension) for each in row]

    def _arrive_account(self, account: str) -> tuple[str, str]:
        hop = self.graph.step(account)
        if not hop.row:
            return "", account
        return (f"{hop.row}@", "") if hop.row in self.graph.rows.tables["local"].rows else ("", account)

    def _base_of(self, name: str) -> tuple[str, str]:
        local, domain = split_address(name)
        base, extension = split_extension(local, self._delimiters)
        return (f"{base}@{domain}" if domain else base), extension

    def _find_shortcuts(self) -> dict[str, str]:
        """Map each rewriting domain without rows of its own to the next domain that decides.

        A circle maps to nothing. Without it a chain of rewriting domains would be walked anew for
        every destination.
        """
        virtual = self._virtual
        rewrites = {
            key[1:]: row[0][1:]
            for key, row in virtual.rows.items()
            if key[0] == "@" and len(row) == 1 and row[0][0] == "@" and "@" not in row[0][1:]
        }
        if not rewrites:
            return {}
        for key in virtual:
            if key[0] != "@":
                rewrites.pop(key.rpartition("@")[2], None)
        graph = self.graph
        rewrites = {
            domain: target
            for domain, target in rewrites.items()
            if domain != target
            and domain not in graph.rows.domain_aliases
            and domain != graph.settings.myorigin
            and graph.kind(domain) != "local"
        }
        shortcuts: dict[str, str] = {}
        for start in rewrites:
            chain: dict[str, None] = {}
            domain = start
            while domain in rewrites and domain not in shortcuts and domain not in chain:
                chain[domain] = None
                domain = rewrites[domain]
            stop = "" if domain in chain else shortcuts.get(domain, domain)
            shortcuts.update(dict.fromkeys(chain, stop))
        return shortcuts

    def _mixed_aliases(self) -> bool:
        """Tell whether some alias domain's target has a catch-all: it answers extended names first."""
        targets = self.graph.rows.domain_aliases.values()
        return any(f"@{target}" in self._virtual for target in targets)

    def _tagged_names(self) -> Iterator[str]:
        """Yield every name with a delimiter in its local part that some table knows."""
        rows = self.graph.rows
        marks = self._delimiters
        for mark in marks:
            for table in (self._virtual.rows, self._virtual.selves, rows.transports, rows.relocated):
                yield from (key for key in table if mark in key and mark in key.rpartition("@")[0])
            yield from (key for key in self._virtual if mark in key and "@" not in key)
            yield from (f"{key}@" for key in rows.tables["local"] if mark in key)

    def _stem(self, local: str) -> str:
        """Return the local part up to the first delimiter behind its first character."""
        places = [place for mark in self._delimiters if (place := local.find(mark, 1)) > 0]
        return local[: min(places)] if places else local

    def _derive(self, tagged: list[str]) -> None:
        """Find, backwards from the tagged names, the rows with an extension that lead to them."""
        index: dict[str, list[tuple[str, str]]] = {}
        stems = {self._stem(unquote_local(split_address(name)[0])) for name in tagged}
        self._index(index, stems)
        indexed_all = False
        queue = tagged
        while queue:
            found: list[str] = []
            for name in queue:
                local = unquote_local(split_address(name)[0])
                for key, destination in index.get(self._stem(local), ()):
                    derived = self._leads_to(key, destination, name, local)
                    if derived and derived not in self.derived:
                        if len(self.derived) >= MOST_DERIVED:
                            self.cut_off = True
                            return
                        self.derived[derived] = None
                        found.append(derived)
            if found and not indexed_all:
                index.clear()
                self._index(index, None)
                indexed_all = True
            queue = found

    def _index(self, index: dict[str, list[tuple[str, str]]], stems: set[str] | None) -> None:
        for key, row in self._virtual.rows.items():
            if key[0] == "@":
                continue
            for each in row:
                stem = self._stem(unquote_local(split_address(each)[0]))
                if stems is None or stem in stems:
                    index.setdefault(stem, []).append((key, each))

    def _leads_to(self, key: str, destination: str, name: str, local: str) -> str:
        """Return ``key+extension`` when it matches the row by base and its destination is the name."""
        head = unquote_local(split_address(destination)[0])
        extension = local[len(head) :]
        if not local.startswith(head) or extension[:1] not in self._delimiters or not extension:
            return ""
        derived = append_extension(key, extension)
        if self._base_of(derived) != (key, extension) or derived in self._virtual:
            return ""
        arrived, rest = self.arrive(append_extension(destination, extension))
        reached = append_extension(arrived, rest) if arrived and rest else arrived or rest
        return derived if reached == name else ""

    def _star(self) -> frozenset[str]:
        """Find the rows whose answer may change with an unknown extension, then all that feed them."""
        starred: set[str] = set()
        fed: dict[str, list[str]] = {}
        fresh = self.fresh_extension
        for key, row in self._virtual.rows.items():
            if key[0] == "@" or self._base_of(append_extension(key, fresh))[0] != key:
                continue
            for each in row:
                node = self.place(each)
                if each != key and node != self.place(append_extension(each, fresh)):
                    starred.add(key)
                fed.setdefault(node, []).append(key)
        queue = list(starred)
        while queue:
            for key in fed.get(queue.pop(), ()):
                if key not in starred:
                    starred.add(key)
                    queue.append(key)
        return frozenset(starred)
