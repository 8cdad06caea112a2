"""The finite set of places that decides every possible recipient.

A row is one place. Where an unknown extension would change the answer of a row, the row with that
extension is a place of its own (*starred*); so is a row with an extension that leads on to a key
that names one (*derived*). An extension is a stack: a match by base puts the destination's own
extension in front of it, an exact match or a catch-all drops it whole. So only the ends of
extensions that some key names can matter, and all others behave like one fresh one.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Final

from forwardresolve.addresses import FRESH, append_extension, split_address, split_extension, unquote_local
from forwardresolve.arrivals import INSIDE, Arrivals
from forwardresolve.destinations import is_opaque

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from forwardresolve.graph import ForwardingGraph

MOST_DERIVED: Final = 200_000
"""How many rows with a named extension become places before the rest is cut off, and reported."""


class Nodes:
    """The places of a graph.

    Attributes:
        graph: The graph.
        arrivals: Where addresses arrive in it.
        fresh_extension: An extension that no row can name.
        tagged: Names with a delimiter in them that some table knows.
        derived: Addresses ``key+extension`` that are places of their own.
        cut_off: Whether there were more derived places than are kept.
        starred: Keys of rows whose answer may depend on an unknown extension.
        wary: Whether an extension can matter at all.
        has_mark: Tells whether a delimiter stands in a local part.
    """

    def __init__(self, graph: ForwardingGraph) -> None:
        self.graph = graph
        self.arrivals = Arrivals(graph)
        self.tagged: dict[str, None] = {}
        self.derived: dict[str, None] = {}
        self.cut_off = False
        self.starred: frozenset[str] = frozenset()
        self._copies_matter = graph.settings.kept_copy == "ignore"
        self._virtual = graph.rows.tables["virtual"]
        self._delimiters = graph.settings.recipient_delimiter
        self.fresh_extension = self._delimiters[:1] + FRESH
        self.has_mark: Callable[[str], object] = _finder(self._delimiters)
        self._is_no_stem = _finder(f'{self._delimiters}"')
        self.wary = False
        if self._delimiters:
            self.tagged = dict.fromkeys(self._tagged_names())
            self._derive(list(self.tagged))
            self.be_wary()

    def tag(self, key: str) -> None:
        """Note that the rows have changed about an address with a delimiter in its local part."""
        if any(key in known for known in self._knowing()):
            self.tagged[key] = None
        else:
            self.tagged.pop(key, None)
        self.be_wary()

    def be_wary(self) -> None:
        """Find out whether an extension can matter at all."""
        matters = self.tagged or self.arrivals.mixed or self.graph.rows.patterns or "-" in self._delimiters
        self.wary = bool(self._delimiters and matters)

    def place(self, address: str) -> str:
        """Return the place where mail for an address is decided.

        Args:
            address: A normalised address inside the mail system; it may hold `FRESH`.

        Returns:
            The name of a place, or `OUTSIDE` or `INSIDE` where the mail ends.
        """
        key, rest = self.arrivals.arrive(address)
        if not key:
            return self.arrivals.end(rest)
        if rest:
            name = append_extension(key, rest)
            if name in self.derived:
                return name
            if key in self.starred:
                return self.starred_place(key)
        return key

    def extended_edges(self) -> Iterator[tuple[str, str]]:
        """Walk the places that are rows with an extension, with each address they send mail on to."""
        starred = ((key, self.fresh_extension) for key in self.starred)
        derived = (self.split(name) for name in self.derived)
        for key, extension in chain(starred, derived):
            name = append_extension(key, extension)
            for each in self._virtual.get(key) or ():
                yield name, each if is_opaque(each) else append_extension(each, extension)

    def depends_on_extension(self, key: str, destination: str) -> bool:
        """Tell whether a row's destination may arrive elsewhere with an unknown extension.

        Args:
            key: The row's key.
            destination: One of its destinations; only one with a delimiter, or in a domain whose
                look-ups depend on the local part, can.
        """
        if destination == key or not self._takes_extension(key):
            return False
        extended = append_extension(destination, self.fresh_extension)
        place = self.place(destination)
        if place != self.place(extended):
            return True
        return self._copies_matter and place is INSIDE and self.stays(destination) != self.stays(extended)

    def stays(self, address: str) -> bool:
        """Tell whether mail for an address that ends `INSIDE` stays in a mailbox."""
        key, rest = self.arrivals.arrive(address)
        ends_at = address if key else rest
        return bool(ends_at) and self.graph.keeps(self.graph.step(ends_at))

    def star(self, sensitive: Iterable[str], feeders: Callable[[str], Iterable[str]]) -> None:
        """Star the rows that are sensitive to an unknown extension, and all that feed them.

        Args:
            sensitive: Keys of rows with a destination that depends on the extension.
            feeders: Gives the keys of the rows that send mail on to a key, by whatever match.
        """
        queue = list(sensitive)
        starred = set(queue)
        for key in queue:
            for feeder in feeders(key):
                if feeder not in starred and self._takes_extension(feeder):
                    starred.add(feeder)
                    queue.append(feeder)
        self.starred = frozenset(starred)

    def _takes_extension(self, key: str) -> bool:
        """Tell whether a row can be met with an extension that it does not name."""
        return key[0] != "@" and self.split(append_extension(key, self.fresh_extension))[0] == key

    def starred_place(self, key: str) -> str:
        """Return the place that is a starred row with an unknown extension."""
        return append_extension(key, self.fresh_extension)

    def split(self, name: str) -> tuple[str, str]:
        """Take the extension off an address or a bare name."""
        local, domain = split_address(name)
        base, extension = split_extension(local, self._delimiters)
        return (f"{base}@{domain}" if domain else base), extension

    def _tagged_names(self) -> Iterator[str]:
        """Yield every name with a delimiter in its local part that some table knows."""
        for table in self._knowing():
            for mark in self._delimiters:
                yield from (key for key in table if mark in key and self.has_mark(_local(key)))
        yield from (f"{key}@" for key in self.graph.rows.tables["local"] if self.has_mark(key))

    def _knowing(self) -> tuple[Collection[str], ...]:
        """Return what knows addresses whose extensions may have a say."""
        rows = self.graph.rows
        mailboxes = rows.mailboxes if self._copies_matter else ()
        return self._virtual.rows, rows.transports, rows.relocated, mailboxes

    def stem(self, local: str) -> str:
        """Return a bare local part up to the first delimiter behind its first character."""
        places = [place for mark in self._delimiters if (place := local.find(mark, 1)) > 0]
        return local[: min(places)] if places else local

    def stem_of(self, name: str) -> str:
        """Return the stem of the local part of an address, or of a bare name."""
        local = name.rpartition("@")[0] if "@" in name else name
        return self.stem(unquote_local(local)) if self._is_no_stem(local) else local

    def _derive(self, tagged: list[str]) -> None:
        """Find, backwards from the tagged names, the rows with an extension that lead to them."""
        stems: set[str] | None = {self.stem_of(name) for name in tagged}
        index = self._index(stems) if tagged else {}
        queue = tagged
        while queue:
            found: list[str] = []
            for name in queue:
                local = bare_local(name)
                for key, destination in index.get(self.stem(local), ()):
                    derived = self.leads_to(key, destination, name, local)
                    if derived and derived not in self.derived:
                        if len(self.derived) >= MOST_DERIVED:
                            self.cut_off = True
                            return
                        self.derived[derived] = None
                        found.append(derived)
            if found and stems is not None:
                stems = None
                index = self._index(stems)
            queue = found

    def _index(self, stems: set[str] | None) -> dict[str, list[tuple[str, str]]]:
        """Map the stem of each destination to the rows that have it; only some stems, or all."""
        index: dict[str, list[tuple[str, str]]] = {}
        for key, row in self._virtual.rows.items():
            if key[0] == "@":
                continue
            for each in row:
                stem = self.stem_of(each)
                if stems is None or stem in stems:
                    index.setdefault(stem, []).append((key, each))
        return index

    def leads_to(self, key: str, destination: str, name: str, local: str) -> str:
        """Return ``key+extension`` when it matches the row by base and its destination is the name.

        Args:
            key: The key of a row.
            destination: One of its destinations.
            name: A tagged or derived name.
            local: The bare local part of the name.
        """
        head = bare_local(destination)
        extension = local[len(head) :]
        if not extension or not local.startswith(head) or extension[0] not in self._delimiters:
            return ""
        derived = append_extension(key, extension)
        if derived in self._virtual or self.split(derived) != (key, extension):
            return ""
        arrived, rest = self.arrivals.arrive(append_extension(destination, extension))
        reached = append_extension(arrived, rest) if arrived and rest else arrived or rest
        return derived if reached == name else ""


def _local(name: str) -> str:
    return name.rpartition("@")[0] if "@" in name else name


def bare_local(name: str) -> str:
    """Return the local part of an address, or a bare name, without quotes."""
    return unquote_local(_local(name))


def _finder(marks: str) -> Callable[[str], object]:
    """Return a search for any of the characters; one that finds nothing where there are none."""
    return re.compile(f"[{re.escape(marks)}]" if marks else r"(?!)").search
