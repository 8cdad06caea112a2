"""The forwarding graph: all sources merged, and one hop looked up as Postfix does it.

`ForwardingGraph.step` is the only place that knows how an address is looked up; everything that
walks the graph walks it. The rules are those of Postfix 3.7 (virtual(5), aliases(5), canonical(5),
ADDRESS_REWRITING_README, and measurements on a running server).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import attrs

from forwardresolve.addresses import (
    append_extension,
    normalise_domain,
    split_address,
    split_extension,
)
from forwardresolve.destinations import glue, is_opaque, route
from forwardresolve.rows import Rows
from forwardresolve.tables import NO_ORIGIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forwardresolve.records import DomainKind, ForwardTable, Origin, Record
    from forwardresolve.tables import Table

FinalKind = Literal[
    "external", "relay", "mailbox", "undeliverable", "opaque", "discard", "autoreply", "list"
]
Policy = Literal["internal", "external"]

PATTERN = "\0~"
"""How the key of a pattern begins; its number follows. NUL is in no address."""

_CANONICAL_ROUNDS = 10


@attrs.frozen
class Settings:
    """How the graph reads its rows, and which ends count as outside.

    Args:
        recipient_delimiter: Postfix' ``recipient_delimiter``: each character begins an extension;
            empty for none.
        myorigin: The domain that completes bare names; None: a bare name is an account of the
            mail host.
        relay: Whether a relay domain counts as outside.
        internal_domains: Domains that are ours though no source hosts them.
        kept_copy: ``list``: an address that also stays local is listed; ``ignore``: it is left
            to the mailbox's own filter.
        opaque: Whether a command, file or include counts as outside.
        lists: Whether a mailing list counts as outside.
        autoreply: Whether an autoresponder counts as outside.
    """

    recipient_delimiter: str = "+"
    myorigin: str | None = None
    relay: Policy = "internal"
    internal_domains: frozenset[str] = frozenset()
    kept_copy: Literal["list", "ignore"] = "list"
    opaque: Policy = "internal"
    lists: Policy = "internal"
    autoreply: Policy = "internal"

    def counts_as_outside(self, kind: FinalKind) -> bool:
        """Tell whether a path that ends so reaches outside."""
        policies: Mapping[str, Policy] = {
            "external": "external",
            "relay": self.relay,
            "opaque": self.opaque,
            "list": self.lists,
            "autoreply": self.autoreply,
        }
        return policies.get(kind) == "external"


@attrs.frozen
class Final:
    """Where a path ends.

    Args:
        kind: What becomes of the mail there.
        address: The address, as it is when it gets there.
    """

    kind: FinalKind
    address: str


@attrs.frozen
class Arrow:
    """One way on.

    Args:
        destination: The next address.
        origin: Where the row says so.
    """

    destination: str
    origin: Origin


@attrs.frozen
class Hop:
    """What becomes of one address in one step.

    Args:
        address: The address.
        row: The key of the row that answered, or empty where none did.
        table: The table of that row.
        extension: The extension that had to be taken off to find the row; it goes on behind each
            destination.
        arrows: The ways on; the address itself is not among them.
        final: Where the mail ends here: no row takes it on, or the row keeps a copy.
        lists_itself: Whether the row lists the address itself; it is not expanded again then.
    """

    address: str
    row: str = ""
    table: ForwardTable = "virtual"
    extension: str = ""
    arrows: tuple[Arrow, ...] = ()
    final: Final | None = None
    lists_itself: bool = False


_END_OF_CLASS: Mapping[str, FinalKind] = {
    "alias": "undeliverable",
    "suspended": "undeliverable",
    "internal": "mailbox",
    "relay": "relay",
    "autoreply": "autoreply",
    "discard": "discard",
    "external": "external",
}
"""Where mail ends that no row takes further; the classes with mailboxes are asked for them."""


class ForwardingGraph:
    """All sources merged into one graph.

    Build it with `from_records` or `from_sources`. It is not changed afterwards and may be read
    from several threads.

    Attributes:
        settings: How rows are read.
        rows: What the sources said, merged.
    """

    def __init__(self, rows: Rows, settings: Settings) -> None:
        self.settings = settings
        self.rows = rows
        self._virtual = rows.tables["virtual"]
        self._local = rows.tables["local"]
        self._relays = tuple(name for name, kind in rows.domains.items() if kind == "relay")
        self._kinds: dict[str, DomainKind | Literal["internal", "external"]] = {}

    @classmethod
    def from_records(  # noqa: PLR0913 (each is one setting, by name)
        cls,
        records: Iterable[Record],
        *,
        recipient_delimiter: str | None = None,
        myorigin: str | None = None,
        relay: Policy = "internal",
        internal_domains: Iterable[str] = (),
        kept_copy: Literal["list", "ignore"] = "list",
        opaque: Policy = "internal",
        lists: Policy = "internal",
        autoreply: Policy = "internal",
    ) -> ForwardingGraph:
        """Build the graph of one source; as `from_sources` with one nameless source."""
        return cls.from_sources(
            {"": records},
            recipient_delimiter=recipient_delimiter,
            myorigin=myorigin,
            relay=relay,
            internal_domains=internal_domains,
            kept_copy=kept_copy,
            opaque=opaque,
            lists=lists,
            autoreply=autoreply,
        )

    @classmethod
    def from_sources(  # noqa: PLR0913 (each is one setting, by name)
        cls,
        sources: Mapping[str, Iterable[Record]],
        *,
        recipient_delimiter: str | None = None,
        myorigin: str | None = None,
        relay: Policy = "internal",
        internal_domains: Iterable[str] = (),
        kept_copy: Literal["list", "ignore"] = "list",
        opaque: Policy = "internal",
        lists: Policy = "internal",
        autoreply: Policy = "internal",
    ) -> ForwardingGraph:
        """Build the graph of several sources, while they stream.

        Args:
            sources: The records of each source by its name, in any order.
            recipient_delimiter: As in `Settings`; None takes what a `Site` record says, else
                ``+``.
            myorigin: As in `Settings`; None takes what a `Site` record says.
            relay: As in `Settings`.
            internal_domains: As in `Settings`.
            kept_copy: As in `Settings`.
            opaque: As in `Settings`.
            lists: As in `Settings`.
            autoreply: As in `Settings`.

        Raises:
            BackendError: A source could not be read whole, or gave something that is no record.
            ConfigError: Two sources disagree about the site and the argument is None.
            AddressError: ``myorigin`` or an internal domain is no domain.
        """
        rows = Rows()
        for name, records in sources.items():
            rows.read(name, records)
        if recipient_delimiter is None:
            recipient_delimiter = rows.site("recipient_delimiter")
        if myorigin is None:
            myorigin = rows.site("myorigin")
        settings = Settings(
            recipient_delimiter="+" if recipient_delimiter is None else recipient_delimiter,
            myorigin=normalise_domain(myorigin) if myorigin else None,
            relay=relay,
            internal_domains=frozenset(normalise_domain(name) for name in internal_domains),
            kept_copy=kept_copy,
            opaque=opaque,
            lists=lists,
            autoreply=autoreply,
        )
        rows.complete(settings.myorigin)
        return cls(rows, settings)

    def kind(self, domain: str) -> DomainKind | Literal["internal", "external"]:
        """Return the class of a normalised domain.

        Returns:
            The kind of a hosted domain; ``mailbox`` for a domain alias without a class of its
            own, ``relay`` below a relay domain, ``internal`` where the settings say so, else
            ``external``.
        """
        found = self._kinds.get(domain)
        if found is None:
            found = self._kinds[domain] = self._kind(domain)
        return found

    def hosts(self, domain: str) -> bool:
        """Tell whether mail for a normalised domain is accepted here."""
        return self.kind(domain) not in ("internal", "external", "suspended")

    def accepts(self, address: str) -> bool:
        """Tell whether a stranger's mail for an address is accepted here.

        A route such as ``user%elsewhere@host`` in a domain of local class is not: Postfix answers
        554 (scenario ``percent-and-bang``).
        """
        local, domain = split_address(address)
        domain = domain or self.settings.myorigin or ""
        if not domain or not self.hosts(domain):
            return False
        return self.kind(domain) != "local" or route(local) == local

    def enter(self, address: str) -> tuple[Arrow, ...]:
        """Return what the envelope recipient becomes before aliases are looked at.

        Args:
            address: A normalised address, as a client names it.

        Returns:
            The address after recipient_canonical_maps, then its copies by recipient_bcc_maps; a
            bare name is completed with ``myorigin`` first.
        """
        tables = self.rows.tables
        if self._completes(address):
            address = f"{address}@{self.settings.myorigin}"
        entered = [self._canonical(Arrow(address, NO_ORIGIN))]
        if tables["bcc"]:
            found = self.find(entered[0].destination, tables["bcc"])
            if found is not None:
                row = tables["bcc"].get(found[0]) or ()
                copies = (Arrow(each, tables["bcc"].origin(found[0], each)) for each in row)
                entered += [self._canonical(copy) for copy in copies]
        return tuple(entered)

    def _canonical(self, arrow: Arrow) -> Arrow:
        """Rewrite a recipient by recipient_canonical_maps until it stays as it is."""
        table = self.rows.tables["canonical"]
        for _ in range(_CANONICAL_ROUNDS if table else 0):
            after = next(self._answers(table, arrow.destination), None)
            if after is None or after.destination == arrow.destination:
                break
            arrow = after
        return arrow

    def find(self, address: str, table: Table | None = None) -> tuple[str, str] | None:
        """Find the row that answers for an address (virtual(5), TABLE SEARCH ORDER).

        Args:
            address: A normalised address.
            table: The table; None for virtual aliases.

        Returns:
            The key of the row (`PATTERN` and a number for a pattern), and the extension that had
            to be taken off; None where no row answers.
        """
        table = table or self._virtual
        if address in table.rows or address in table.selves:
            return address, ""
        local, domain = split_address(address)
        if not domain:
            return None
        virtual = table is self._virtual
        for key, extension in self._key_forms(local, domain, virtual=virtual):
            if not key:
                number = self._pattern(address)
                if number is not None:
                    return f"{PATTERN}{number}", ""
            elif key in table:
                return key, extension
        return None

    def _key_forms(self, local: str, domain: str, *, virtual: bool) -> Iterator[tuple[str, str]]:
        """Yield the keys that may answer for an address behind the address itself, in order.

        An empty key stands for the patterns: they are asked with the full address only.
        """
        # PostfixAdmin joins alias domains in virtual_alias_maps only.
        target = self.rows.domain_aliases.get(domain) if virtual else None
        if target is not None:
            yield f"{local}@{target}", ""
            yield f"@{target}", ""
        if virtual and self.rows.patterns:
            yield "", ""
        base, extension = split_extension(local, self.settings.recipient_delimiter)
        if extension:
            yield f"{base}@{domain}", extension
            if target is not None:
                yield f"{base}@{target}", extension
        if domain == self.settings.myorigin or self.kind(domain) == "local":
            yield local, ""
            if extension:
                yield base, extension
        yield f"@{domain}", ""

    def _pattern(self, address: str) -> int | None:
        """Return the number of the first pattern that answers for an address with something."""
        patterns = enumerate(self.rows.patterns)
        return next((number for number, pattern in patterns if pattern.answer(address)), None)

    def step(self, address: str) -> Hop:
        """Look one hop up.

        Args:
            address: A normalised address (or an opaque destination) inside the mail system; what
                a client names goes through `enter` first.

        Returns:
            The hop.
        """
        if "@" not in address:
            return self._step_account(address)
        found = self.find(address)
        if found is None:
            return self.stop(address)
        key, extension = found
        arrows = tuple(self._answers(self._virtual, address, found))
        onward = tuple(arrow for arrow in arrows if arrow.destination != address)
        if len(onward) == len(arrows):
            return Hop(address, key, "virtual", extension, onward)
        stopped = self.stop(address)
        return Hop(
            address, key, "virtual", extension, onward + stopped.arrows, stopped.final, lists_itself=True
        )

    def stop(self, address: str) -> Hop:
        """Say what becomes of an address that virtual aliases do not take further.

        An address of the host itself is looked up in aliases(5), unless relocated(5) or
        transport(5) send it elsewhere.
        """
        local, domain = split_address(address)
        if self.kind(domain) == "local" and route(local) == local and self._sent_elsewhere(address) is None:
            key = self._account_row(local)
            if key:
                return Hop(address, key, "local", arrows=(Arrow(local, self._local.origin(key, key)),))
        return Hop(address, final=self.final(address))

    def answers(self, address: str) -> Iterator[Arrow]:
        """Yield what virtual aliases make of an address, in the row's order, itself included."""
        return self._answers(self._virtual, address)

    def keeps(self, hop: Hop) -> bool:
        """Tell whether mail stays here: it ends in a mailbox, or a hosted row lists itself."""
        if hop.final is None or self.settings.counts_as_outside(hop.final.kind):
            return False
        if hop.lists_itself and self.hosts(split_address(hop.address)[1]):
            return True
        return hop.final.kind == "mailbox"

    def final(self, address: str) -> Final:
        """Say where mail ends for an address that no row takes further."""
        local, domain = split_address(address)
        rows = self.rows
        if not domain:
            if is_opaque(address):
                return Final("opaque", address)
            account = address.removeprefix("\\")
            return Final("mailbox" if self._has_account(account) else "undeliverable", account)
        domain_kind = self.kind(domain)
        elsewhere = self._sent_elsewhere(address)
        if elsewhere is not None:
            return Final(elsewhere, address)
        if domain_kind == "local" and route(local) != local:
            return self.final(route(local))
        kind = _END_OF_CLASS.get(domain_kind)
        if kind is None:
            kind = "mailbox" if self._has_mailbox(local, domain, domain_kind) else "undeliverable"
        return Final(kind, address)

    def _step_account(self, account: str) -> Hop:
        """Look an account of the host up in aliases(5); its results stay on the host if they can."""
        bare = is_opaque(account) or account.startswith("\\")
        key = "" if bare else self._account_row(account)
        row = self._local.get(key) if key else None
        if row is None:
            return Hop(account, final=self.final(account))
        arrows = []
        for each in row:
            local, domain = split_address(each)
            # local(8) hands a name of any local domain to itself, not back to virtual aliases.
            onward = local if domain and self.kind(domain) == "local" and route(local) == local else each
            if onward != account:
                arrows.append(Arrow(onward, self._local.origin(key, each)))
        kept = len(arrows) < len(row)
        final = self.final(account) if kept else None
        return Hop(account, key, "local", arrows=tuple(arrows), final=final, lists_itself=kept)

    def _sent_elsewhere(self, address: str) -> FinalKind | None:
        """Say where relocated(5) and transport(5) send an address, before its class is asked."""
        rows = self.rows
        if not rows.relocated and not rows.transports:
            return None
        local, domain = split_address(address)
        forms = self._forms(local, domain)
        if any(form in rows.relocated for form in (*forms, f"@{domain}")):
            return "undeliverable"
        if self.kind(domain) == "alias":
            return None
        keys = (*forms, *_parents(domain))
        return next((kind for key in keys if (kind := rows.transports.get(key)) is not None), None)

    def _account_row(self, account: str) -> str:
        """Return the aliases(5) key for an account (with its extension first), or nothing."""
        if account in self._local:
            return account
        base, _ = split_extension(account, self.settings.recipient_delimiter)
        return base if base in self._local else ""

    def _answers(
        self, table: Table, address: str, found: tuple[str, str] | None = None
    ) -> Iterator[Arrow]:
        """Yield what the row that answers for an address makes of it."""
        found = found or self.find(address, table)
        if found is None:
            return
        key, extension = found
        if key.startswith(PATTERN):
            pattern = self.rows.patterns[int(key.removeprefix(PATTERN))]
            for each in pattern.answer(address) or ():
                completed = f"{each}@{self.settings.myorigin}" if self._completes(each) else each
                yield Arrow(completed, pattern.origin)
            return
        local = split_address(address)[0]
        for each in table.get(key) or ():
            onward = each
            if each[0] == "@":
                onward = glue(local, each)
            elif extension and not is_opaque(each):
                onward = append_extension(each, extension)
            yield Arrow(onward, table.origin(key, each))

    def _kind(self, domain: str) -> DomainKind | Literal["internal", "external"]:
        rows = self.rows
        if domain in rows.domains:
            return rows.domains[domain]
        if domain in rows.domain_aliases:
            return "mailbox"
        if domain in self.settings.internal_domains:
            return "internal"
        if any(domain.endswith(f".{name}") for name in self._relays):
            return "relay"
        return "external"

    def _completes(self, destination: str) -> bool:
        """Tell whether ``myorigin`` has to be put behind a name."""
        return "@" not in destination and bool(self.settings.myorigin) and not is_opaque(destination)

    def _forms(self, local: str, domain: str) -> tuple[str, ...]:
        """Return the address with and without its extension, as the delivery maps are asked."""
        base, extension = split_extension(local, self.settings.recipient_delimiter)
        full = f"{local}@{domain}"
        return (full, f"{base}@{domain}") if extension else (full,)

    def _has_mailbox(self, local: str, domain: str, domain_kind: str) -> bool:
        """Ask the mailboxes as the delivery agent does, with the extension and without."""
        mailboxes = self.rows.mailboxes
        names = [*self._forms(local, domain), f"@{domain}"]
        target = self.rows.domain_aliases.get(domain)
        if target is not None:
            names += self._forms(local, target)
        if any(name in mailboxes for name in names):
            return True
        return domain_kind == "local" and self._has_account(local)

    def _has_account(self, account: str) -> bool:
        """Tell whether the host has an account; where no source names one, it may have any."""
        base, _ = split_extension(account, self.settings.recipient_delimiter)
        return not self._names_accounts or account in self.rows.mailboxes or base in self.rows.mailboxes

    @cached_property
    def _names_accounts(self) -> bool:
        """Tell whether any source names mailboxes of the host itself."""
        return any(
            "@" not in address or self.kind(split_address(address)[1]) == "local"
            for address in self.rows.mailboxes
        )


def _parents(domain: str) -> Iterator[str]:
    """Yield the keys by which transport(5) knows a domain: itself, then ``.parent`` upwards."""
    yield domain
    while domain:
        _, _, domain = domain.partition(".")
        if domain:
            yield f".{domain}"
