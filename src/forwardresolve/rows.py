"""What all sources said, merged: normalised rows in dicts, and what could not be a row.

The rows are built while the sources stream. Forwards of one source address unite, and neither the
order nor the repetition of records changes anything.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs

from forwardresolve.addresses import normalise, normalise_domain, split_address
from forwardresolve.destinations import (
    glue,
    is_opaque,
    normalise_destination,
    plain_destinations,
    split_destinations,
)
from forwardresolve.errors import AddressError, BackendDataError, ConfigError
from forwardresolve.patterns import CompiledPattern, compile_pattern
from forwardresolve.records import (
    Domain,
    DomainAlias,
    Forward,
    Mailbox,
    Origin,
    Pattern,
    Relocated,
    Remark,
    Site,
    Transport,
)
from forwardresolve.tables import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from forwardresolve.records import DomainKind, ForwardTable, Record, TransportKind

Oddity = Literal["bad-source", "bad-destination", "bad-domain", "no-destination", "bad-pattern"]

_NO_ORIGIN: Final = Origin()
_CLASS_ORDER: Final = ("local", "alias", "mailbox", "relay", "autoreply", "discard", "suspended")
"""Which class wins when a domain is in two: Postfix asks them in this order (resolve.c)."""


@attrs.frozen
class Rejected:
    """A text of a record that cannot take part.

    Args:
        oddity: What is wrong with it; a finding's id.
        text: The text itself.
        reason: Why, in words.
        address: The row it stands in, if that is an address.
        origin: Where it was read.
    """

    oddity: Oddity
    text: str
    reason: str
    address: str = ""
    origin: Origin = _NO_ORIGIN


class Rows:
    """All sources, merged.

    Attributes:
        domains: Domain to kind; where sources disagree, the class that Postfix asks first.
        domain_aliases: Alias domain to its target (PostfixAdmin's meaning).
        mailboxes: Addresses with a mailbox, each to itself: rows that name one share its text.
        tables: The forwardings by table.
        patterns: The patterns that could be read, in order.
        transports: Key of a transport to its kind.
        relocated: Addresses that have moved.
        remarks: The backends' own findings.
        rejected: What could not take part.
        domain_records: How many `Domain` records came.
        shields: Mailboxes that keep their mail although a catch-all stands in their domain.
        overruled: Those of them that have a forwarding of their own, so that they shield nothing.
        scripted: Mailboxes whose redirects stand in virtual aliases, with what stood there before.
    """

    def __init__(self) -> None:
        self.domains: dict[str, DomainKind] = {}
        self.domain_aliases: dict[str, str] = {}
        self.mailboxes: dict[str, str] = {}
        self.tables: dict[ForwardTable, Table] = {
            "virtual": Table(),
            "local": Table(),
            "canonical": Table(),
            "bcc": Table(),
            "sieve": Table(),
        }
        self.patterns: list[CompiledPattern] = []
        self.transports: dict[str, TransportKind] = {}
        self.relocated: dict[str, None] = {}
        self.remarks: list[Remark] = []
        self.rejected: list[Rejected] = []
        self.domain_records = 0
        self._sites: list[Site] = []
        self.shields: dict[str, Origin] = {}
        self.overruled: dict[str, None] = {}
        self.scripted: dict[str, dict[str, Origin] | None] = {}
        self._unqualified: list[tuple[ForwardTable, str]] = []
        self._lists_of_domains: list[tuple[ForwardTable, str]] = []
        self._origin_seen: Origin | None = None
        self._origin_named = _NO_ORIGIN
        self._source = ""
        self._add: Mapping[type, Callable[[Any], None]] = {
            Forward: self._add_forward,
            Mailbox: self._add_mailbox,
            Domain: self._add_domain,
            DomainAlias: self._add_domain_alias,
            Pattern: self._add_pattern,
            Transport: self._add_transport,
            Relocated: self._add_relocated,
            Site: self._sites.append,
            Remark: self._add_remark,
        }

    def read(self, source: str, records: Iterable[Record]) -> None:
        """Add all records of one source.

        Args:
            source: The name of the source; it goes into the origins.
            records: The records, in any order.

        Raises:
            BackendDataError: Something among them is no record, or holds no text where one must
                stand.
        """
        self._source = source
        self._origin_seen, self._origin_named = None, Origin(source=source)
        adders = self._add
        for record in records:
            try:
                adders[type(record)](record)
            except (KeyError, AttributeError, TypeError, ValueError) as error:
                where = f"source {source}" if source else "the source"
                msg = f"{where} gave something that is no record: {record!r:.200}"
                raise BackendDataError(msg) from error

    def site(self, setting: Literal["recipient_delimiter", "myorigin"]) -> str | None:
        """Return what the sources say about a setting of the mail host, or None.

        Raises:
            ConfigError: Two sources disagree.
        """
        said = {value for site in self._sites if (value := getattr(site, setting)) is not None}
        if len(said) > 1:
            values = " and ".join(repr(value) for value in sorted(said))
            msg = f"resolve.{setting}: the sources disagree ({values}); set it in [resolve]"
            raise ConfigError(msg)
        return said.pop() if said else None

    def complete(self, myorigin: str | None) -> None:
        """Finish what needs all records: bare names, ``@domain`` in lists, shielding mailboxes.

        Args:
            myorigin: The domain that Postfix appends to bare names; None leaves them bare.
        """
        for each in self.tables.values():
            each.settle()
        for table, key in self._unqualified if myorigin else ():
            self.tables[table].change(
                key,
                partial(_complete, domain=myorigin or ""),
            )
        for table, key in self._lists_of_domains:
            if len(self.tables[table].get(key) or ()) > 1:
                # Only a sole @domain rewrites; in a list it is an address without a local part.
                self.tables[table].change(key, lambda each: f'""{each}' if each[0] == "@" else each)
        virtual = self.tables["virtual"]
        for address, origin in self.shields.items():
            if address in virtual:
                self.overruled[address] = None
            else:
                virtual.put(address, (address,), origin)

    def _named(self, origin: Origin | None) -> Origin:
        """Return the origin with the source's name in it; one instance for a shared origin."""
        if origin is not self._origin_seen:
            self._origin_seen = origin
            self._origin_named = attrs.evolve(origin or _NO_ORIGIN, source=self._source)
        return self._origin_named

    def _add_forward(self, record: Forward) -> None:
        origin = record.origin
        named = self._origin_named if origin is self._origin_seen else self._named(origin)
        known, text = self.mailboxes, record.destinations
        key = known.get(record.source)
        if key is None:
            try:
                key = normalise(record.source)
            except AddressError as error:
                self._reject("bad-source", record.source, error, named)
                return
            if key != record.source:
                key = known.get(key, key)
        if text == key and key.find("@") > 0 and '"' not in key:
            # Panels write such a row for every mailbox: the key has been read, so the text has been.
            self.tables[record.table].put(key, (), named)
            return
        destinations = plain_destinations(text) or self._destinations(record, key, named)
        if destinations:
            shared = tuple(map(known.get, destinations, destinations))
            self.tables[record.table].put(key, shared, named)

    def _destinations(self, record: Forward, key: str, origin: Origin) -> tuple[str, ...]:
        """Normalise the destinations of a row; a keyed row knows the local part ``@domain`` keeps."""
        texts = (record.destinations,) if isinstance(record.destinations, str) else record.destinations
        items = [item for text in texts for item in _items(text, key, record.table)]
        if not items:
            self._reject("no-destination", key, "the row has no destination", origin, key)
        found: dict[str, None] = {}
        for item in items:
            try:
                each = normalise_destination(item)
            except AddressError as error:
                self._reject("bad-destination", item, error, origin, key)
                continue
            if "@" not in each:
                self._unqualified.append((record.table, key))
            elif each[0] == "@":
                self._lists_of_domains.append((record.table, key))
            found[each] = None
        return tuple(found)

    def _add_mailbox(self, record: Mailbox) -> None:
        try:
            address = normalise(record.address)
        except AddressError as error:
            self._reject("bad-source", record.address, error, self._named(record.origin))
            return
        self.mailboxes[address] = address
        if record.shields and address[0] != "@":
            self.shields[address] = self._named(record.origin)

    def _add_domain(self, record: Domain) -> None:
        self.domain_records += 1
        name = self._domain(record.name, record.origin)
        if name:
            known = self.domains.setdefault(name, record.kind)
            if known != record.kind:
                self.domains[name] = min(known, record.kind, key=_CLASS_ORDER.index)

    def _add_domain_alias(self, record: DomainAlias) -> None:
        alias, target = (self._domain(text, record.origin) for text in (record.alias, record.target))
        if alias and target:
            known = self.domain_aliases.get(alias, target)
            self.domain_aliases[alias] = min(known, target)

    def _add_pattern(self, record: Pattern) -> None:
        origin = self._named(record.origin)
        try:
            self.patterns.append(compile_pattern(record, origin))
        except AddressError as error:
            self._reject("bad-pattern", record.pattern, error, origin)

    def _add_transport(self, record: Transport) -> None:
        dot, text = ("." if record.key.startswith(".") else ""), record.key.removeprefix(".")
        try:
            key = normalise(text) if "@" in text else dot + normalise_domain(text)
        except AddressError as error:
            self._reject("bad-domain", record.key, error, self._named(record.origin))
            return
        self.transports[key] = record.kind

    def _add_relocated(self, record: Relocated) -> None:
        try:
            self.relocated[normalise(record.address)] = None
        except AddressError as error:
            self._reject("bad-source", record.address, error, self._named(record.origin))

    def _add_remark(self, record: Remark) -> None:
        origin = self._named(record.origin)
        self.remarks.append(attrs.evolve(record, origin=origin if str(origin) else None))

    def _domain(self, text: str, origin: Origin | None) -> str:
        try:
            return normalise_domain(text)
        except AddressError as error:
            self._reject("bad-domain", text, error, self._named(origin))
            return ""

    def _reject(self, oddity: Oddity, text: str, reason: object, origin: Origin, address: str = "") -> None:
        self.rejected.append(Rejected(oddity, text, str(reason), address, origin))


def _items(text: str, key: str, table: ForwardTable) -> tuple[str, ...]:
    """Split a value; what begins with ``@domain`` keeps the local part of a key that has one.

    Only a value that begins so keeps it, and local(8) never does (measured).
    """
    items = split_destinations(text)
    if table != "local" and text.lstrip().startswith("@"):
        value = items[0] if len(items) == 1 else text.strip()
        return (value,) if key[0] == "@" else glue(split_address(key)[0], value.casefold())
    return tuple(f'""{item}' if item[0] == "@" else item for item in items)


def _complete(destination: str, domain: str) -> str:
    """Put the domain behind a bare name; addresses and opaque destinations stay as they are."""
    is_name = "@" not in destination and not is_opaque(destination)
    return f"{destination}@{domain}" if is_name else destination
