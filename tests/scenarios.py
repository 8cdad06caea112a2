"""Scenarios: a mail host in a few lines of JSON, and what a real Postfix does with its recipients.

A scenario is a table with these keys; all but ``local_domains`` may be absent.

- ``local_domains``: domains by class, ``virtual_mailbox``, ``virtual_alias``, ``relay``, ``local``.
- ``mailboxes``: ``user@domain`` or ``@domain``.
- ``virtual_aliases``: rows ``[key, value]``. ``inactive``: keys of rows that are switched off.
- ``alias_domains``: rows ``[alias, target]``; a row ``@alias @target`` each, or the look-ups of
  PostfixAdmin where ``postfixadmin`` is true.
- ``virtual_alias_maps``: further tables behind the first: ``type`` and ``entries``, ``sqlite`` with
  ``sql`` and ``cf``, or ``raw`` with the ``spec`` of the table.
- ``aliases``: rows of aliases(5); ``{include}/name`` stands for a text of ``include_files``.
- ``recipient_canonical``, ``recipient_bcc``, ``relocated``: rows of these tables.
- ``transport``: rows; the values ``{external}``, ``{relay}``, ``{virtual}`` stand for the three sinks.
- ``recipient_delimiter`` (default none), ``myorigin``, ``propagate`` (propagate_unmatched_extensions),
  ``map_type``, ``always_bcc``, ``main_cf`` (any other setting), ``sender``.
- ``name``, ``shows`` and ``expected``: the `Outcome` of each recipient, as a table.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import attrs

from forwardresolve import Domain, DomainAlias, Forward, Mailbox, Pattern, Relocated, Transport, Verdict
from forwardresolve.addresses import normalise
from forwardresolve.errors import AddressError
from forwardresolve.settings import FinalKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from forwardresolve.records import DomainKind, ForwardTable, Record, TransportKind

Scenario = dict[str, Any]
"""A scenario, as described above."""

NO_ORIGIN: Final = "origin.invalid"
"""Completes bare names where a scenario has neither ``myorigin`` nor a local domain."""

OWN_LITERAL: Final = "[127.0.0.1]"
"""The address literal of the host itself: of local class in every scenario."""

_CLASSES: Final[Mapping[str, DomainKind]] = {
    "virtual_mailbox": "mailbox",
    "virtual_alias": "alias",
    "relay": "relay",
    "local": "local",
}
_INCLUDES: Final = "includes.invalid"
_INCLUDE: Final = re.compile(r":include:\{include\}/(\w+)")
_SOME_ACCOUNT: Final = "an-account-that-gets-no-mail"  # as soon as one is named, all of them are known
_INLINE_ROW = re.compile(r"\{ (\S+) = ([^}]*) \}")


def _freeze(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(texts)


@attrs.frozen
class Outcome:
    """What happened to a message for one recipient.

    Args:
        external: Recipients that the message was sent out for, as sent.
        relay: Recipients that it was passed on for in a relay domain.
        local: Mailboxes that took it.
        bounce: Recipients that it was refused or returned for, with the reason.
        error: Temporary errors, with the reason.
        command: Commands that it was piped into.
        file: Files that it was written to.
    """

    external: frozenset[str] = attrs.field(default=(), converter=_freeze)
    relay: frozenset[str] = attrs.field(default=(), converter=_freeze)
    local: frozenset[str] = attrs.field(default=(), converter=_freeze)
    bounce: frozenset[str] = attrs.field(default=(), converter=_freeze)
    error: frozenset[str] = attrs.field(default=(), converter=_freeze)
    command: frozenset[str] = attrs.field(default=(), converter=_freeze)
    file: frozenset[str] = attrs.field(default=(), converter=_freeze)

    def in_short(self) -> str:
        """Return the outcome without its reasons: equal for equal outcomes, and short to read."""
        if self.error:
            return "error"
        return _in_short(
            external=self.external,
            relay=self.relay,
            mailbox=self.local,
            undeliverable=bool(self.bounce),
            opaque=bool(self.command or self.file),
        )


def verdict_in_short(verdict: Verdict, scenario: Scenario) -> str:
    """Return a verdict in the form of `Outcome.in_short`; a loop or limit is an error.

    Mailboxes are written as the scenario names them, not as the address that mail arrives with. A
    transport record takes mail to mailboxes, but does not say which of them exist; here a mailbox
    that the scenario does not name is none.
    """
    if verdict.status != "ok":
        return "error"
    find = mailbox_finder(scenario)
    into_mailboxes = any(value == "{virtual}" for _, value in scenario.get("transport", ()))

    ends: dict[str, list[str]] = {kind: [] for kind in get_args(FinalKind)}
    for final in verdict.finals:
        missing = into_mailboxes and final.kind == "mailbox" and not find(final.address)
        ends["undeliverable" if missing else final.kind].append(final.address)
    return _in_short(
        external=ends["external"],
        relay=ends["relay"],
        mailbox=[find(address) or address for address in ends["mailbox"]],
        undeliverable=bool(ends["undeliverable"]),
        opaque=bool(ends["opaque"]),
    )


def _in_short(**places: Iterable[str] | bool) -> str:
    """Write down where mail ends: sorted, in one spelling, without what is empty or false."""
    parts = []
    for kind, place in places.items():
        if isinstance(place, bool):
            parts += [kind] if place else []
        elif addresses := sorted({_one_spelling(address) for address in place}):
            parts.append(f"{kind}: {', '.join(addresses)}")
    return "; ".join(parts)


def _one_spelling(address: str) -> str:
    try:
        return normalise(address)
    except AddressError:
        return address.casefold()


@functools.cache
def named_scenarios() -> Mapping[str, Scenario]:
    """Return the recorded scenarios by name."""
    text = Path(__file__).with_name("data").joinpath("postfix-named.json").read_text(encoding="utf-8")
    return {scenario["name"]: scenario for scenario in json.loads(text)["scenarios"]}


def expected_outcomes(scenario: Scenario) -> dict[str, Outcome]:
    """Return the recorded outcome of each recipient of a scenario."""
    return {recipient: Outcome(**table) for recipient, table in scenario["expected"].items()}


def accounts_of(scenario: Scenario) -> list[str]:
    """Return the mailboxes of local domains: accounts of the host, the same in each of them."""
    local = {*scenario["local_domains"].get("local", ()), OWN_LITERAL}
    return [address for address in scenario.get("mailboxes", ()) if address.rpartition("@")[2] in local]


def twins(scenario: Scenario) -> dict[str, str]:
    """Return the addresses that PostfixAdmin's domain aliases give to mailboxes, and the mailbox."""
    return {
        f"{address.rpartition('@')[0]}@{alias}": address
        for alias, target in scenario.get("alias_domains", ())
        for address in scenario.get("mailboxes", ())
        if scenario.get("postfixadmin")
        and address.endswith(f"@{target}")
        and address not in accounts_of(scenario)
    }


def mailbox_finder(scenario: Scenario) -> Callable[[str], str]:
    """Return a function that finds the mailbox of an address, as a delivery agent does.

    It looks for the address as it is, without its extension, and for the mailbox of its domain; in
    a local domain, or for a bare name, for the account. It returns the mailbox as the scenario
    names it, or an empty text.
    """
    mailboxes = {address: address for address in scenario.get("mailboxes", ())} | twins(scenario)
    for address in reversed(accounts_of(scenario)):
        local = address.rpartition("@")[0]
        names = ("", *(f"@{domain}" for domain in (*scenario["local_domains"]["local"], OWN_LITERAL)))
        mailboxes |= {f"{local}{at_domain}": address for at_domain in names}
    known = {_unquoted(address): mailbox for address, mailbox in mailboxes.items()}
    delimiters = scenario.get("recipient_delimiter", "")

    def find(address: str) -> str:
        local, at, domain = _unquoted(address).rpartition("@")
        local, at_domain = (local, at + domain) if at else (domain, "")
        forms = (local + at_domain, _without_extension(local, delimiters) + at_domain, at_domain)
        return next((known[form] for form in forms if form in known), "")

    return find


def _unquoted(address: str) -> str:
    """Fold an address and take the quotes off its local part."""
    local, at, domain = address.casefold().rpartition("@")
    return local.strip('"') + at + domain if at else domain.strip('"')


def _without_extension(local: str, delimiters: str) -> str:
    """Take off the extension of an unquoted local part as Postfix' split_addr(3) does."""
    special = "-" in delimiters and (local.startswith("owner-") or local.endswith("-request"))
    if special or local in ("postmaster", "mailer-daemon", "double-bounce"):
        return local
    end = min((place for mark in delimiters if (place := local.find(mark)) >= 0), default=0)
    return local[:end] if end > 0 else local


def origin_of(scenario: Scenario) -> str:
    """Return the domain that completes bare names: ``myorigin``, or the first local domain."""
    local: Sequence[str] = scenario["local_domains"].get("local", ())
    return str(scenario.get("myorigin") or (local[0] if local else NO_ORIGIN))


def scenario_records(scenario: Scenario) -> tuple[list[Record], dict[str, Any]]:
    """Translate a scenario for the resolver.

    Returns:
        The records, and the settings that `ForwardingGraph.from_records` gets with them.
    """
    accounts = accounts_of(scenario)
    records = [
        *_domains(scenario),
        *(Mailbox(_account(address, accounts)) for address in scenario.get("mailboxes", ())),
        Mailbox(_SOME_ACCOUNT),
        *_virtual(scenario),
        *_local(scenario),
        *_forwards(scenario, "recipient_canonical", "canonical"),
        *_forwards(scenario, "recipient_bcc", "bcc"),
        *(Transport(key, _transport_kind(value)) for key, value in scenario.get("transport", ())),
        *(Relocated(key) for key, _ in scenario.get("relocated", ())),
    ]
    settings = {
        "recipient_delimiter": scenario.get("recipient_delimiter", ""),
        "myorigin": origin_of(scenario),
    }
    return records, settings


def _account(address: str, accounts: Sequence[str]) -> str:
    """Return the bare name of an account, any other address as it is."""
    return address.rpartition("@")[0] if address in accounts else address


def _domains(scenario: Scenario) -> Iterator[Record]:
    classes = scenario["local_domains"]
    for kind, names in classes.items():
        for name in names:
            if kind != "virtual_mailbox" or name not in classes.get("virtual_alias", ()):
                yield Domain(name, _CLASSES[kind])
    yield Domain(OWN_LITERAL, "local")
    declared = {name for names in classes.values() for name in names}
    for alias, target in scenario.get("alias_domains", ()):
        if scenario.get("postfixadmin"):
            yield DomainAlias(alias, target)
        elif alias not in declared:
            yield Domain(alias, "alias")
    if scenario.get("main_cf", {}).get("virtual_alias_domains") == "$virtual_alias_maps":
        yield from (Domain(key, "alias") for key, _ in scenario["virtual_aliases"] if "@" not in key)


def _virtual(scenario: Scenario) -> Iterator[Record]:
    """Yield the rows of the virtual alias tables; of equal keys the first table's row only."""
    rows: list[Sequence[str]] = [
        row for row in scenario.get("virtual_aliases", ()) if row[0] not in scenario.get("inactive", ())
    ]
    if not scenario.get("postfixadmin"):
        rows += [(f"@{alias}", f"@{target}") for alias, target in scenario.get("alias_domains", ())]
    unions: list[Sequence[str]] = []
    for table in scenario.get("virtual_alias_maps", ()):
        if table["type"] == "regexp":
            yield from (Pattern(key.strip("/"), value, "regexp") for key, value in table["entries"])
        elif table["type"] == "raw":
            unions += _INLINE_ROW.findall(table["spec"])
        else:
            rows += table["entries"]
    winners: dict[str, str] = {}
    for key, value in rows:
        if value:
            winners.setdefault(key.casefold(), value)
    yield from (Forward(key, value) for key, value in [*winners.items(), *unions])


def _local(scenario: Scenario) -> Iterator[Record]:
    """Yield the rows of aliases(5).

    local(8) sends the members of an include as a new message: they are a virtual row of their own.
    """
    for key, value in scenario.get("aliases", ()):
        yield Forward(key, _INCLUDE.sub(rf"\1@{_INCLUDES}", value), table="local")
    for name, text in scenario.get("include_files", {}).items():
        members = [line for line in text.splitlines() if not line.startswith("#")]
        yield Domain(_INCLUDES, "alias")
        yield Forward(f"{name}@{_INCLUDES}", [re.sub("^@", '""@', member) for member in members])


def _forwards(scenario: Scenario, key: str, table: ForwardTable) -> Iterator[Record]:
    yield from (Forward(source, value, table=table) for source, value in scenario.get(key, ()))


def _transport_kind(value: str) -> TransportKind:
    kinds: dict[str, Literal["external", "relay", "mailbox", "undeliverable", "discard"]] = {
        "{external}": "external",
        "{relay}": "relay",
        "{virtual}": "mailbox",
        "error": "undeliverable",
        "discard": "discard",
    }
    return kinds[value if value in kinds else value.partition(":")[0]]
