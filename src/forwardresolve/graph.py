"""The forwarding graph: all sources merged, and one hop looked up as Postfix does it.

`ForwardingGraph.step` is the only place that knows how an address is looked up; everything that
walks the graph walks it. The rules are those of Postfix 3.7 (virtual(5), aliases(5), canonical(5),
ADDRESS_REWRITING_README, and measurements on a running server).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import attrs

from forwardresolve.addresses import normalise_domain, split_address, split_extension
from forwardresolve.destinations import is_opaque, route
from forwardresolve.ends import Ends
from forwardresolve.hops import Arrow, Final, Hop
from forwardresolve.lookup import Lookup
from forwardresolve.rows import Rows
from forwardresolve.scripts import run_scripts
from forwardresolve.settings import Settings
from forwardresolve.tables import NO_ORIGIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from forwardresolve.ends import DomainClass
    from forwardresolve.records import Record
    from forwardresolve.settings import Policy
    from forwardresolve.tables import Table

_CANONICAL_ROUNDS = 10


class ForwardingGraph:
    """All sources merged into one graph.

    Build it with `from_records` or `from_sources`. It is not changed afterwards and may be read
    from several threads.

    Attributes:
        settings: How rows are read.
        rows: What the sources said, merged.
        ends: Where mail ends that no row takes further.
    """

    def __init__(self, rows: Rows, settings: Settings) -> None:
        self.settings = settings
        self.rows = rows
        self.ends = Ends(rows, settings)
        self._lookup = Lookup(rows, settings, self.ends)
        self._virtual = rows.tables["virtual"]
        self._local = rows.tables["local"]

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
        graph = cls(rows, settings)
        graph.run_scripts()
        return graph

    def run_scripts(self) -> None:
        """Let the redirects of mailboxes count where mail comes to the mailbox."""
        if self.rows.tables["sieve"]:
            run_scripts(self.rows, self._lookup, self.ends)

    def kind(self, domain: str) -> DomainClass:
        """Return the class of a normalised domain; see `Ends.kind`."""
        return self.ends.kind(domain)

    def hosts(self, domain: str) -> bool:
        """Tell whether mail for a normalised domain is accepted here."""
        return self.ends.hosts(domain)

    def enter(self, address: str) -> tuple[Arrow, ...]:
        """Return what the envelope recipient becomes before aliases are looked at.

        Args:
            address: A normalised address, as a client names it.

        Returns:
            The address after recipient_canonical_maps, then its copies by recipient_bcc_maps; a
            bare name is completed with ``myorigin`` first.
        """
        tables = self.rows.tables
        address = self._lookup.complete(address)
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
            found = self.find(arrow.destination, table)
            if found is None:
                break
            after = next(self._lookup.answers(arrow.destination, table, found), arrow)
            if after.destination == arrow.destination:
                break
            arrow = after
        return arrow

    def find(self, address: str, table: Table | None = None) -> tuple[str, str] | None:
        """Find the row that answers for an address; see `Lookup.find`.

        Args:
            address: A normalised address.
            table: The table; None for virtual aliases.
        """
        return self._lookup.find(address, self._virtual if table is None else table)

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
        arrows = tuple(self._lookup.answers(address, self._virtual, found))
        onward = tuple(arrow for arrow in arrows if arrow.destination != address)
        if len(onward) == len(arrows):
            return Hop(address, key, "virtual", extension, onward)
        stopped = self.stop(address)
        return Hop(
            address, key, "virtual", extension, onward + stopped.arrows, stopped.final, lists_itself=True
        )

    def stop(self, address: str) -> Hop:
        """Say what becomes of an address that virtual aliases do not take further.

        A route in an address of the host itself is followed first. Then the address is looked up
        in aliases(5), unless relocated(5) or transport(5) send it elsewhere.
        """
        local, domain = split_address(address)
        if self.kind(domain) == "local":
            if (routed := route(local)) != local:
                return attrs.evolve(self.stop(routed), address=address)
            if "@" in local:
                return Hop(address, final=Final("undeliverable", address))
            key = self._account_row(local) if self.ends.sent_elsewhere(address) is None else ""
            if key:
                return Hop(address, key, "local", arrows=(Arrow(local, self._local.origin(key, key)),))
        return Hop(address, final=self.ends.final(address))

    def answers(self, address: str) -> Iterator[Arrow]:
        """Yield what virtual aliases make of an address, in the row's order, itself included."""
        found = self.find(address)
        return iter(()) if found is None else self._lookup.answers(address, self._virtual, found)

    def keeps(self, hop: Hop) -> bool:
        """Tell whether mail stays here: it ends in a mailbox, or a hosted row lists itself."""
        if hop.final is None or self.settings.counts_as_outside(hop.final.kind):
            return False
        if hop.lists_itself and self.hosts(split_address(hop.address)[1]):
            return True
        return hop.final.kind == "mailbox"

    def _step_account(self, account: str) -> Hop:
        """Look an account of the host up in aliases(5); its results stay on the host if they can."""
        key = "" if is_opaque(account) else self._account_row(account)
        row = self._local.get(key) if key else None
        if row is None:
            return Hop(account, final=self.ends.final(account))
        ways = [self._leave_account(Arrow(each, self._local.origin(key, each))) for each in row]
        onward = [(way, self._unless_same_row(way, key)) for way in ways]
        arrows = tuple(arrow for _, arrow in onward if arrow is not None)
        stays = next((way.destination for way, arrow in onward if arrow is None), None)
        final = None if stays is None else self.ends.final(stays)
        return Hop(account, key, "local", arrows=arrows, final=final, lists_itself=stays is not None)

    def _unless_same_row(self, arrow: Arrow, key: str) -> Arrow | None:
        """Leave out a result that the row it comes from would answer for: it is delivered here.

        Only if that row answers for the whole name, the name without its extension is asked.
        """
        account = arrow.destination
        if "@" in account or is_opaque(account) or self._account_row(account) != key:
            return arrow
        base = split_extension(account, self.settings.recipient_delimiter)[0]
        falls_to_base = account == key != base and base in self._local
        return Arrow(base, arrow.origin) if falls_to_base else None

    def _leave_account(self, arrow: Arrow) -> Arrow:
        """Say where local(8) hands a result of aliases(5): to itself if it can, else back.

        A name of any domain of the host is looked up in aliases(5) again, not in virtual aliases;
        everything else is a new recipient, which recipient_canonical_maps see.
        """
        local, domain = split_address(arrow.destination)
        while domain and self.kind(domain) == "local":
            routed = route(local)
            if routed == local:
                at_home = self.ends.sent_elsewhere(f"{local}@{domain}") is None
                return Arrow(local if at_home else f"{local}@{domain}", arrow.origin)
            local, domain = split_address(routed)
        return self._canonical(Arrow(f"{local}@{domain}", arrow.origin)) if domain else arrow

    def _account_row(self, account: str) -> str:
        """Return the aliases(5) key for an account (with its extension first), or nothing."""
        if account in self._local:
            return account
        base, _ = split_extension(account, self.settings.recipient_delimiter)
        return base if base in self._local else ""
