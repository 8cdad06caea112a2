"""A part of all rows: those that some addresses stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from forwardresolve.addresses import domain_of, normalise, normalise_domain
from forwardresolve.errors import AddressError
from forwardresolve.records import Domain, DomainAlias, Forward, Mailbox, Relocated, Remark, Transport

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forwardresolve.records import Record


@attrs.frozen
class Scope:
    """Which rows are meant.

    An address stands for its own rows, for those of ``@domain``, and for what holds of the domain
    itself. ``@domain`` stands for the domain and everything in it.

    Args:
        keys: The normalised addresses, bare names and ``@domain`` whose rows are meant.
        domains: The domains of which everything is meant that holds of the domain itself.
        whole: The domains in which the rows of every address are meant; they stand in ``domains``,
            too.
    """

    keys: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()

    @classmethod
    def of(cls, addresses: Iterable[str]) -> Scope:
        """Return what some addresses stand for.

        Args:
            addresses: Normalised addresses; ``@domain`` for a whole domain; a bare name for an
                account of the host, and for the domain of that name.
        """
        keys: set[str] = set()
        domains: set[str] = set()
        whole: set[str] = set()
        for address in addresses:
            local, at, domain = address.rpartition("@")
            if at and local:
                keys.update((address, f"@{domain}"))
                domains.add(domain)
            elif at:
                whole.add(domain)
            else:
                keys.add(address)
                whole.update(_domains_named(address))
        return cls(
            frozenset(keys | {f"@{domain}" for domain in whole}),
            frozenset(domains | whole),
            frozenset(whole),
        )

    def has(self, key: str) -> bool:
        """Tell whether the rows of a normalised address are meant."""
        return key in self.keys or (bool(self.whole) and domain_of(key) in self.whole)

    def covers(self, record: Record) -> bool:
        """Tell whether a record is meant.

        A record without an address is meant always, but for a remark. What cannot be an address
        stands for none, and is not meant.
        """
        try:
            match record:
                case Forward(source=text) | Mailbox(address=text) | Relocated(address=text):
                    return self.has(normalise(text))
                case Domain(name=text) | DomainAlias(alias=text):
                    return normalise_domain(text) in self.domains
                case Transport(key=text) if "@" in text:
                    return self.has(normalise(text))
                case Transport(key=text):
                    return normalise_domain(text.removeprefix(".")) in self.domains
                case _:
                    return not isinstance(record, Remark)
        except AddressError:
            return False


def _domains_named(name: str) -> tuple[str, ...]:
    try:
        return (normalise_domain(name),)
    except AddressError:
        return ()
