"""The rules once more, as short as they can be said: a plain search that nobody could call fast.

It shares nothing with the product but the records and the spelling of an address. Rows are looked
up one key form after the other, and every way is walked from the front.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final, Unpack

from forwardresolve.addresses import normalise, normalise_domain
from forwardresolve.records import Domain, DomainAlias, Forward, Mailbox, Pattern, Relocated, Transport

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forwardresolve.records import Record
    from hosts import Choices

LONGEST: Final = 120
"""Where an address that grows hop by hop is given up; no row of a test names one half as long."""

WIDEST: Final = 20_000
"""Where a search is given up that branches as its addresses grow."""


class TooWideError(Exception):
    """The plain search would walk for ever: it is no judge of these rows."""


class NaiveHost:
    """A mail host, asked about one recipient at a time. Destinations are plain, between commas."""

    def __init__(self, records: Iterable[Record], **choices: Unpack[Choices]) -> None:
        delimiters = choices.get("recipient_delimiter")
        self.delimiters = "+" if delimiters is None else delimiters
        self.myorigin = choices.get("myorigin") or ""
        self.ignores_copies = choices.get("kept_copy") == "ignore"
        self.internal = {normalise_domain(name) for name in choices.get("internal_domains", ())}
        self.outside = {"external"}
        self.outside |= {"relay"} if choices.get("relay") == "external" else set()
        self.outside |= {"opaque"} if choices.get("opaque") == "external" else set()
        self.outside |= {"autoreply"} if choices.get("autoreply") == "external" else set()
        self.kinds: dict[str, str] = {}
        self.twins: dict[str, str] = {}
        self.mailboxes: set[str] = set()
        self.transports: dict[str, str] = {}
        self.relocated: set[str] = set()
        self.patterns: list[tuple[str, str]] = []
        self.tables: dict[str, dict[str, dict[str, None]]] = defaultdict(lambda: defaultdict(dict))
        self.shielding: list[str] = []
        for record in records:
            self.add(record)
        for address in self.shielding:
            if address not in self.tables["virtual"]:
                self.tables["virtual"][address] = {address: None}

    def add(self, record: Record) -> None:
        """Remember what a record says."""
        match record:
            case Domain(name, kind):
                self.kinds[name] = kind
            case DomainAlias(alias, target):
                self.twins[alias] = target
            case Mailbox(address, shields):
                self.mailboxes.add(address)
                self.shielding += [address] if shields else []
            case Transport(key, kind):
                self.transports[key] = kind
            case Relocated(address):
                self.relocated.add(address)
            case Pattern(pattern, str(destinations)):
                self.patterns.append((pattern, destinations))
            case Forward(source, str(destinations), table):
                self.tables[table][source] |= dict.fromkeys(self.read(source, destinations))

    def read(self, source: str, destinations: str) -> Iterator[str]:
        """Complete the destinations of a row; ``@domain`` keeps the local part of a row's key."""
        for place, item in enumerate(destinations.split(",")):
            if item.startswith(("|", "/")):
                yield item
            elif item[0] == "@" and source[:1] != "@":
                yield (source.partition("@")[0] if place == 0 else '""') + item
            else:
                yield normalise(item) if "@" in item or not self.myorigin else f"{item}@{self.myorigin}"

    def split(self, local: str) -> tuple[str, str]:
        """Take the extension off."""
        if local in ("postmaster", "mailer-daemon", "double-bounce"):
            return local, ""
        if "-" in self.delimiters and (local.startswith("owner-") or local.endswith("-request")):
            return local, ""
        for place, character in enumerate(local):
            if character in self.delimiters:
                return (local[:place], local[place:]) if place else (local, "")
        return local, ""

    def key_forms(self, address: str, twin: str | None) -> Iterator[tuple[str, str]]:
        """Yield the keys that are tried, one after the other, and the extension each one lacks.

        An empty key stands for the patterns.
        """
        local, _, domain = address.rpartition("@")
        base, extension = self.split(local)
        yield address, ""
        if twin:
            yield f"{local}@{twin}", ""
            yield f"@{twin}", ""
        yield "", ""
        if extension:
            yield f"{base}@{domain}", extension
            if twin:
                yield f"{base}@{twin}", extension
        if self.kinds.get(domain) == "local" or domain == self.myorigin:
            yield local, ""
            if extension:
                yield base, extension
        yield f"@{domain}", ""

    def results(self, table: str, address: str) -> list[str] | None:
        """Return what a table makes of an address, or None where it has no row for it."""
        local, _, domain = address.rpartition("@")
        rows = self.tables[table]
        twin = self.twins.get(domain) if table == "virtual" else None
        for key, lacking in self.key_forms(address, twin):
            if not key and table == "virtual":
                for pattern, destinations in self.patterns:
                    if match := re.search(pattern, address):
                        return list(self.read("", destinations.replace("$1", match[1])))
            if key in rows:
                extension = "" if table == "bcc" else lacking
                alone = len(rows[key]) == 1
                return [self.complete(each, local if alone else '""', extension) for each in rows[key]]
        return None

    def complete(self, destination: str, local: str, extension: str) -> str:
        """Put the extension behind a destination, or the local part in front of ``@domain``."""
        if destination.startswith("@"):
            return local + destination
        if destination.startswith(("|", "/")):
            return destination
        head, at, domain = destination.rpartition("@")
        if extension and head == '""':
            head = ""
        return f"{head}{extension}@{domain}" if at else f"{destination}{extension}"

    def enter(self, recipient: str) -> list[str]:
        """Return what becomes of a recipient before aliases: rewritten, and copied."""
        if "@" not in recipient:
            recipient = f"{recipient}@{self.myorigin}" if self.myorigin else recipient
        recipient = self.rewrite(recipient)
        return [recipient, *(self.rewrite(each) for each in self.results("bcc", recipient) or ())]

    def rewrite(self, recipient: str) -> str:
        """Return what canonical makes of a recipient."""
        for _ in range(10):
            results = self.results("canonical", recipient)
            if results is None or results[0] == recipient:
                break
            recipient = results[0]
        return recipient

    def hop(self, address: str) -> tuple[list[str], bool]:
        """Return where mail goes from an address, and whether it (also) ends there."""
        results = self.row(address)
        onward = [each for each in results or () if each != address]
        if results is not None and address not in results:
            return onward, False
        if "@" in address and self.is_account(address):
            return [*onward, address.rpartition("@")[0]], False
        return onward, True

    def row(self, address: str) -> list[str] | None:
        """Return what the row of an address makes of it: in virtual aliases, of a bare name in aliases(5)."""
        return self.results("virtual", address) if "@" in address else self.account(address)

    def account(self, name: str) -> list[str] | None:
        """Return what aliases(5) makes of an account; what is no account is a new recipient."""
        rows = self.tables["local"]
        key = next((key for key in (name, self.split(name)[0]) if key in rows), None)
        if key is None:
            return None
        found = []
        for each in rows[key]:
            local, at, _ = each.rpartition("@")
            if at and self.kind(each) == "local":
                found.append(local if self.elsewhere(each) is None else each)
            else:
                found.append(self.rewrite(each) if at else each)
        return found

    def is_account(self, address: str) -> bool:
        """Tell whether aliases(5) is asked: nothing else has a say, and it has a row."""
        local = address.rpartition("@")[0]
        mine = self.kind(address) == "local" and self.elsewhere(address) is None
        return mine and self.account(local) is not None

    def kind(self, address: str) -> str:
        """Return the class of an address's domain."""
        domain = address.rpartition("@")[2]
        if "@" not in address:
            return "host"
        if domain in self.kinds or domain in self.twins:
            return self.kinds.get(domain, "mailbox")
        if domain in self.internal:
            return "internal"
        relays = [name for name, kind in self.kinds.items() if kind == "relay"]
        return "relay" if any(domain.endswith(f".{name}") for name in relays) else "external"

    def elsewhere(self, address: str) -> str | None:
        """Return what relocated(5) or transport(5) say about an address, if anything."""
        local, _, domain = address.rpartition("@")
        forms = [address, f"{self.split(local)[0]}@{domain}"]
        if any(form in self.relocated for form in (*forms, f"@{domain}")):
            return "undeliverable"
        labels = domain.split(".")
        parents = ["." + ".".join(labels[count:]) for count in range(1, len(labels))]
        if self.kind(address) != "alias":
            for key in (*forms, domain, *parents):
                if key in self.transports:
                    return self.transports[key]
        return None

    def end(self, address: str) -> str:
        """Return the kind of end that an address is."""
        if "@" not in address:
            if address.startswith(("|", "/")):
                return "opaque"
            return "mailbox" if self.has_account(address) else "undeliverable"
        local, _, domain = address.rpartition("@")
        kind = self.kind(address)
        if address.startswith("-"):
            return "undeliverable"
        if elsewhere := self.elsewhere(address):
            return elsewhere
        if kind in ("mailbox", "local"):
            return "mailbox" if self.has_mailbox(local, domain) else "undeliverable"
        simple = {"alias": "undeliverable", "suspended": "undeliverable", "internal": "mailbox"}
        return simple.get(kind, kind)

    def has_mailbox(self, local: str, domain: str) -> bool:
        """Tell whether a domain has a mailbox of a name, with or without its extension."""
        names = [local, self.split(local)[0]]
        if self.kinds.get(domain) == "local" and self.has_account(local):
            return True
        domains = [domain, *filter(None, [self.twins.get(domain)])]
        named = [f"@{domain}", *(f"{name}@{each}" for name in names for each in domains)]
        return any(name in self.mailboxes for name in named)

    def has_account(self, name: str) -> bool:
        """Tell whether the host has an account; it has any, where no source names one."""
        mine = [address for address in self.mailboxes if self.kind(address) in ("local", "host")]
        accounts = {address.partition("@")[0] for address in mine}
        return not accounts or name in accounts or self.split(name)[0] in accounts

    def walk(self, recipient: str) -> tuple[bool, bool]:
        """Tell whether mail for a recipient gets outside, and whether some of it stays here.

        Raises:
            TooWideError: There are too many addresses to walk.
        """
        queue = self.enter(recipient)
        seen, leaves, stays = set(queue), False, False
        while queue:
            here = queue.pop()
            onward, ends = self.hop(here)
            kind = self.end(here) if ends else ""
            leaves |= kind in self.outside
            # A row that lists itself keeps a copy even where no source names the mailbox.
            lists_itself = ends and self.row(here) is not None and self.hosts(here)
            stays |= kind == "mailbox" or (lists_itself and kind not in self.outside)
            for each in onward:
                if each not in seen and len(each) < LONGEST:
                    seen.add(each)
                    queue.append(each)
            if len(seen) > WIDEST:
                raise TooWideError
        return leaves, stays

    def hosts(self, address: str) -> bool:
        """Tell whether mail for an address is accepted here."""
        kind = self.kind(address if "@" in address else f"{address}@{self.myorigin}")
        return kind not in ("external", "internal", "suspended")

    def reaches_external(self, recipient: str) -> bool:
        return self.walk(recipient)[0]

    def lists(self, recipient: str) -> bool:
        """Tell whether a recipient belongs on the list."""
        leaves, stays = self.walk(recipient)
        return self.hosts(recipient) and leaves and not (stays and self.ignores_copies)
