"""Where mail ends that no row takes further: the classes of domains, transports, mailboxes.

The rules are those of Postfix' trivial-rewrite (ADDRESS_CLASS_README, transport(5), relocated(5);
measured on 3.7).
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal
from typing import Final as Constant

from forwardresolve.addresses import split_address, split_extension
from forwardresolve.destinations import is_opaque, route
from forwardresolve.hops import Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forwardresolve.records import DomainKind
    from forwardresolve.rows import Rows
    from forwardresolve.settings import FinalKind, Settings

    DomainClass = DomainKind | Literal["internal", "external"]

_END_OF_CLASS: Constant[Mapping[str, FinalKind]] = {
    "alias": "undeliverable",
    "suspended": "undeliverable",
    "internal": "mailbox",
    "relay": "relay",
    "autoreply": "autoreply",
    "discard": "discard",
    "external": "external",
}
"""Where mail ends that no row takes further; the classes with mailboxes are asked for them."""


class Ends:
    """The ends of all paths.

    Args:
        rows: What the sources said.
        settings: How they are read.
    """

    def __init__(self, rows: Rows, settings: Settings) -> None:
        self.rows = rows
        self.settings = settings
        self._relays = tuple(name for name, kind in rows.domains.items() if kind == "relay")
        self._kinds: dict[str, DomainClass] = dict(rows.domains)
        self._single_addresses = bool(rows.transports or rows.relocated)

    def kind(self, domain: str) -> DomainClass:
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

    def is_below_relay(self, domain: str) -> bool:
        """Tell whether a domain lies below a relay domain, whatever it is itself."""
        return any(domain.endswith(f".{name}") for name in self._relays)

    def forget(self, domain: str) -> None:
        """Look again of which class a domain is."""
        self._kinds.pop(domain, None)

    def forget_accounts(self) -> None:
        """Look again which accounts the host has: its mailboxes have changed."""
        self.__dict__.pop("_accounts", None)

    def outside(self, address: str) -> bool:
        """Tell whether mail that ends at an address is outside; `final` without the details."""
        if not self._single_addresses and "@" in address and address[0] != "-":
            kind = self.kind(address.rpartition("@")[2])
            if kind == "mailbox":
                return False
            if kind != "local":
                return self.settings.counts_as_outside(_END_OF_CLASS[kind])
        return self.settings.counts_as_outside(self.final(address).kind)

    def final(self, address: str) -> Final:
        """Say where mail ends for an address that no row takes further."""
        local, domain = split_address(address)
        if not domain:
            if is_opaque(address):
                return Final("opaque", address)
            return Final("mailbox" if self._has_account(address) else "undeliverable", address)
        if address[0] == "-":
            # Postfix takes it for an option and bounces it (allow_min_user = no; measured).
            return Final("undeliverable", address)
        domain_kind = self.kind(domain)
        if domain_kind == "local" and route(local) != local:
            return self.final(route(local))
        elsewhere = self.sent_elsewhere(address)
        if elsewhere is not None:
            return Final(elsewhere, address)
        kind = _END_OF_CLASS.get(domain_kind)
        if kind is None:
            kind = "mailbox" if self._has_mailbox(local, domain, domain_kind) else "undeliverable"
        return Final(kind, address)

    def sent_elsewhere(self, address: str) -> FinalKind | None:
        """Say where relocated(5) and transport(5) send an address, before its class is asked."""
        rows = self.rows
        if not self._single_addresses:
            return None
        local, domain = split_address(address)
        forms = self._forms(local, domain)
        if any(form in rows.relocated for form in (*forms, f"@{domain}")):
            return "undeliverable"
        if self.kind(domain) == "alias":
            return None
        keys = (*forms, *_parents(domain))
        return next((kind for key in keys if (kind := rows.transports.get(key)) is not None), None)

    def _kind(self, domain: str) -> DomainClass:
        rows = self.rows
        if domain in rows.domains:
            return rows.domains[domain]
        if domain in rows.domain_aliases:
            return "mailbox"
        if domain in self.settings.internal_domains:
            return "internal"
        return "relay" if self.is_below_relay(domain) else "external"

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
        return not self._accounts or account in self._accounts or base in self._accounts

    @cached_property
    def _accounts(self) -> frozenset[str]:
        """Return the names that a source gives mailboxes of the host itself: one set for all its domains."""
        split = map(split_address, self.rows.mailboxes)
        return frozenset(
            local for local, domain in split if local and (not domain or self.kind(domain) == "local")
        )


def _parents(domain: str) -> Iterator[str]:
    """Yield the keys by which transport(5) knows a domain: itself, then ``.parent`` upwards."""
    yield domain
    while domain:
        _, _, domain = domain.partition(".")
        if domain:
            yield f".{domain}"
