"""The maps of an answer that changes: kept up with it, a part of a map at a time.

A part is a line of a text or a record of a database. What is made so is, byte for byte, what
`artifacts` would write anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import attrs

from forwardresolve.rspamd.artifact import LISTED
from forwardresolve.rspamd.catch_alls import CatchAlls
from forwardresolve.rspamd.configuration import MAPS
from forwardresolve.rspamd.emission import artifacts
from forwardresolve.rspamd.exemptions import Rules
from forwardresolve.rspamd.formats import held_formats
from forwardresolve.rspamd.lines import address_keys, address_lines
from forwardresolve.rspamd.parts import changed
from forwardresolve.rspamd.plugin import valued
from forwardresolve.rspamd.table import pair_lines, table_pairs

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from forwardresolve.entries import Entry
    from forwardresolve.live import Delta
    from forwardresolve.rspamd.answer import Answer
    from forwardresolve.rspamd.settings import Format, RspamdSettings

T = TypeVar("T")


@attrs.frozen
class Exchange:
    """What changes in one map.

    Args:
        goes: The parts that go, as in `parts_of`.
        comes: The parts that come.
    """

    goes: frozenset[bytes]
    comes: frozenset[bytes]


class LiveMaps:
    """The maps of an answer, as it is now.

    Args:
        answer: The answer of this moment.
        settings: What the admin chose, as it holds today.

    Attributes:
        contents: The path of each map, and its bytes.

    Raises:
        BackendIncomplete: As in `artifacts`.
    """

    def __init__(self, answer: Answer, settings: RspamdSettings) -> None:
        self._settings = settings
        delimiter = answer.graph.settings.recipient_delimiter
        self._rules = Rules.of([each.address for each in settings.exempt], settings.protect, delimiter)
        self._named = frozenset(self._rules.named(listed=True))
        self._catch_alls = CatchAlls(answer, self._rules, settings.pattern_limit)
        self._addresses = len(self._named) + len(self._unruled(answer.addresses))
        self._formats = self._held_formats()
        self.contents: Mapping[str, bytes] = {
            each.path: each.content for each in artifacts(answer, settings) if each.kind == "map"
        }

    def follow(self, delta: Delta) -> Mapping[str, Exchange] | None:
        """Take over what has changed in the answer.

        Args:
            delta: What has changed since the last one.

        Returns:
            The path of each map that changes, and what changes in it; None where a list goes over
            to another format: then the maps are to be made anew.
        """
        found = dict(self._of_table(delta) if self._settings.profile == "plugin" else self._of_maps(delta))
        if self._held_formats() != self._formats:
            return None
        exchanges = {path: each for path, each in found.items() if each.goes or each.comes}
        made = {path: changed(self.contents[path], each.goes, each.comes) for path, each in exchanges.items()}
        self.contents = {**self.contents, **made}
        return exchanges

    def _held_formats(self) -> Mapping[str, tuple[Format, ...]]:
        keys = self._addresses + self._catch_alls.exceptions
        sizes = {
            self._settings.address_map: keys,
            self._settings.domain_map: self._catch_alls.domains,
            self._settings.table_map: keys,
        }
        return {name: held_formats(self._settings, size) for name, size in sizes.items()}

    def _of_maps(self, delta: Delta) -> Iterator[tuple[str, Exchange]]:
        """Find what changes in the maps of the multimap profile."""
        settings = self._settings
        goes, comes = self._catch_alls.follow(delta)
        yield from self._exchanges(settings.address_map, _spell_addresses, *self._count(delta))
        yield from self._exchanges(settings.domain_map, _spell_domains, goes.domains, comes.domains)
        patterns = (frozenset(_encoded(each.patterns)) for each in (goes, comes))
        yield f"{MAPS}/{settings.pattern_map}", Exchange(*patterns)

    def _of_table(self, delta: Delta) -> Iterator[tuple[str, Exchange]]:
        """Find what changes in the map of the plugin profile."""
        self._catch_alls.follow(delta)
        self._count(delta)
        vanish, appear = (
            [each for each in entries if self._rules.sign_of_key(each.key) is None]
            for entries in (delta.entries.vanish, delta.entries.appear)
        )
        yield from self._exchanges(self._settings.table_map, _spell_entries, vanish, appear)

    def _count(self, delta: Delta) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the addresses that go and come, and count on."""
        vanish, appear = self._unruled(delta.addresses.vanish), self._unruled(delta.addresses.appear)
        self._addresses += len(appear) - len(vanish)
        return vanish, appear

    def _unruled(self, addresses: tuple[str, ...]) -> tuple[str, ...]:
        """Leave out the addresses that the rules decide about."""
        if not self._rules.signs:
            return addresses
        sign = self._rules.sign
        return tuple(each for each in addresses if each not in self._named and sign(each) is not False)

    def _exchanges(
        self,
        name: str,
        spell: Callable[[Sequence[T], Format], Iterable[bytes]],
        goes: Collection[T],
        comes: Collection[T],
    ) -> Iterator[tuple[str, Exchange]]:
        """Spell what goes and comes for each file that holds the list."""
        files = self._settings.files(name)
        for each in self._formats[name]:
            gone, came = frozenset(spell([*goes], each)), frozenset(spell([*comes], each))
            yield f"{MAPS}/{files[each]}", Exchange(gone - came, came - gone)


def _spell_addresses(addresses: Sequence[str], form: Format) -> Iterable[bytes]:
    if form == "text":
        return _encoded(line for block in address_lines(addresses) for line in block.split("\n") if line)
    return _records((key, LISTED) for key in address_keys(addresses))


def _spell_domains(domains: Sequence[str], form: Format) -> Iterable[bytes]:
    return _encoded(domains) if form == "text" else _records((each, LISTED) for each in domains)


def _spell_entries(entries: Sequence[Entry], form: Format) -> Iterable[bytes]:
    pairs = table_pairs(entries)
    return _encoded(pair_lines(pairs)) if form == "text" else _records(valued(pairs))


def _encoded(lines: Iterable[str]) -> Iterable[bytes]:
    return (line.removesuffix("\n").encode() for line in lines)


def _records(pairs: Iterable[tuple[str, str]]) -> Iterable[bytes]:
    return (f"{key}\0{value}".encode() for key, value in pairs)
