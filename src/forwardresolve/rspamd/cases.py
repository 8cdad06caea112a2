"""Which recipients to ask a running Rspamd about: one of each kind that could be missed."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, Protocol

import attrs

from forwardresolve.addresses import append_extension, normalise, split_address
from forwardresolve.rspamd.answer import Answer
from forwardresolve.rspamd.lines import is_unseen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forwardresolve.rspamd.settings import RspamdSettings

_NOBODY: Final = "forwardresolve-verify"
"""A local part and an extension that nobody has."""

_LOOKED_AT: Final = 10_000
"""How many mailboxes are tried until one is not listed."""


class Listing(Protocol):
    """A verdict: whether an address is listed."""

    @property
    def listed(self) -> bool:
        """Whether an entry of the emitted list covers it."""
        ...


class Judge(Answer, Protocol):
    """An answer that also judges single addresses, as a resolution does."""

    def verdict(self, address: str) -> Listing:
        """Say what becomes of mail to an address."""
        ...


@attrs.frozen
class Case:
    """One question to Rspamd.

    Args:
        kind: What is special about the recipients, in words.
        recipients: Normalised addresses.
        listed: Those of them that reach outside.
    """

    kind: str
    recipients: tuple[str, ...]
    listed: tuple[str, ...]


def cases(resolution: Judge, settings: RspamdSettings) -> tuple[Case, ...]:
    """Choose recipients of every kind that the resolution has, the same ones each time.

    Args:
        resolution: What the sources say.
        settings: Addresses that the admin decides about are cases of their own.

    Returns:
        At most one case of a kind; two for plain addresses, the first and the last of the list.
    """
    rules = {normalise(each.address): False for each in settings.exempt}
    rules |= {normalise(address): True for address in settings.protect}
    found = []
    for kind, candidates in _candidates(resolution):
        for address in candidates:
            if not is_unseen(address) and not _is_ruled(address, rules):
                listed = (address,) if resolution.verdict(address).listed else ()
                found.append(Case(kind, (address,), listed))
                break
    for address, sign in rules.items():
        if address[0] != "@":
            found.append(Case("protected" if sign else "exempt", (address,), (address,) if sign else ()))
    one = next((case.recipients[0] for case in found if case.listed), None)
    other = next((case.recipients[0] for case in found if not case.listed), None)
    if one and other:
        found.append(Case("several recipients", (one, other), (one,)))
    return tuple(found)


def _candidates(resolution: Judge) -> Iterator[tuple[str, Iterable[str]]]:
    graph = resolution.graph
    marks = graph.settings.recipient_delimiter
    whole = resolution.addresses
    plain = [
        address for address in whole if address[0] != '"' and not set(marks) & set(split_address(address)[0])
    ]
    yield "address", plain
    yield "last address", reversed(plain[1:])
    if marks:
        yield "with an extension", (append_extension(address, f"{marks[0]}{_NOBODY}") for address in plain)
        yield "address that holds a delimiter", (a for a in whole if set(marks) & set(split_address(a)[0]))
    yield "quoted address", (address for address in whole if address[0] == '"')
    yield "address in an alias domain", (a for a in whole if split_address(a)[1] in graph.rows.domain_aliases)
    yield "address in another script", (a for a in whole if "xn--" in split_address(a)[1])
    yield "catch-all", (f"{_NOBODY}@{domain}" for domain in sorted(resolution.catch_alls))
    exceptions = (names for _, names in sorted(resolution.catch_alls.items()) if names)
    yield "exception from a catch-all", (name for names in exceptions for name in names)
    mailboxes = islice((name for name in graph.rows.mailboxes if "@" in name[1:]), _LOOKED_AT)
    yield "mailbox", (name for name in mailboxes if not resolution.verdict(name).listed)


def _is_ruled(address: str, rules: Iterable[str]) -> bool:
    local, domain = split_address(address)
    return any(
        rule == f"@{domain}"
        or (split_address(rule)[1] == domain and local.startswith(split_address(rule)[0]))
        for rule in rules
    )
