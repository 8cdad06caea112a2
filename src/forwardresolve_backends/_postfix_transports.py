"""What transport_maps mean for where mail ends (transport(5)).

A next hop by SMTP does not say whose server it is. For a domain that is hosted here it counts as a
relay, whose meaning is the admin's setting; for any other domain it changes nothing: mail to it is
outside however it gets there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.sdk import Origin, Remark, Transport
from forwardresolve_backends._postfix_entries import Entry, remarks_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from forwardresolve.sdk import DomainKind, Pattern, Record, TransportKind
    from forwardresolve_backends._postfix_entries import Row

_BY_PROGRAM: Final[Mapping[str, TransportKind]] = {
    "local": "mailbox",
    "virtual": "mailbox",
    "lmtp": "mailbox",
    "error": "undeliverable",
    "discard": "discard",
    "pipe": "opaque",
    "spawn": "opaque",
    "smtp": "relay",
}
"""What a transport does, by the program that master.cf runs for it."""

_BY_NAME: Final[Mapping[str, TransportKind]] = {
    **_BY_PROGRAM,
    "relay": "relay",
    "retry": "undeliverable",
    "dovecot": "mailbox",
    "cyrus": "mailbox",
    "maildrop": "mailbox",
    "vacation": "autoreply",
    "autoreply": "autoreply",
}
_SHOWN: Final = 3


@attrs.frozen
class Transports:
    """How the transports of a Postfix are read.

    Args:
        hosted: The hosted domains and their kinds.
        services: The program of each service of master.cf, by name.
    """

    hosted: Mapping[str, DomainKind]
    services: Mapping[str, str]

    def records(self, rows: Iterable[Row | Pattern], origin: Origin) -> Iterator[Record]:
        """Make records of the rows of transport_maps.

        Args:
            rows: The rows that count.
            origin: Where the parameter stands.
        """
        elsewhere: list[str] = []
        keys: set[str] = set()
        every: Entry | None = None
        for row in rows:
            if not isinstance(row, Entry):
                yield from remarks_of(row)
                continue
            keys.add(row.key)
            if row.key == "*":
                every = row
            else:
                yield from self._record(row.key, row, elsewhere)
        if every is not None:
            for domain in self.hosted:
                if not any(key in keys for key in _keys_of(domain)):
                    yield from self._record(domain, every, elsewhere)
        if elsewhere:
            more = f" and {len(elsewhere) - _SHOWN} more" if len(elsewhere) > _SHOWN else ""
            said = (
                f"transport_maps sends {', '.join(elsewhere[:_SHOWN])}{more} to another server by SMTP. It "
                "counts as a relay of yours; where it is not, say relay = external."
            )
            yield Remark("postfix-transport-elsewhere", said, origin=origin)

    def _record(self, key: str, row: Entry, elsewhere: list[str]) -> Iterator[Record]:
        value = row.value if isinstance(row.value, str) else next(iter(row.value), "")
        name = value.partition(":")[0].strip()
        if not name:  # the transport of the class, perhaps with another next hop
            return
        kind = self._kind(name)
        domain = key.rpartition("@")[2].removeprefix(".")
        hosted = self._hosted(domain)
        if kind == "relay" and hosted in (None, "relay"):
            return
        if kind == "relay":
            elsewhere.append(key)
        yield Transport(key, kind, row.origin)

    def _kind(self, name: str) -> TransportKind:
        if kind := _BY_NAME.get(name.lower()):
            return kind
        return _BY_PROGRAM.get(self.services.get(name, ""), "opaque")

    def _hosted(self, domain: str) -> DomainKind | None:
        found = self.hosted.get(domain)
        if found is None and any(self.hosted.get(above) == "relay" for above in _above(domain)):
            return "relay"
        return found


def _keys_of(domain: str) -> Iterator[str]:
    yield domain
    for above in _above(domain):
        yield f".{above}"


def _above(domain: str) -> Iterator[str]:
    while "." in domain:
        domain = domain.partition(".")[2]
        yield domain
