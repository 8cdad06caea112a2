"""Read a change: what it means for the rows as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from forwardresolve.addresses import normalise, normalise_domain
from forwardresolve.destinations import plain_destinations
from forwardresolve.live.changes import (
    RemoveDomain,
    RemoveDomainAlias,
    RemoveForwarding,
    RemoveMailbox,
    SetDomain,
    SetDomainAlias,
    SetForwarding,
    SetMailbox,
)
from forwardresolve.live.edits import FactEdit, RejectedEdit, RowEdit
from forwardresolve.records import Forward, Origin
from forwardresolve.rows import Rows
from forwardresolve.tables import NO_ORIGIN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forwardresolve.live.changes import Change
    from forwardresolve.live.edits import Edit
    from forwardresolve.records import ForwardTable
    from forwardresolve.rows import Rejected
    from forwardresolve.settings import Settings


def check(change: Change) -> None:
    """Refuse a change that names no address, or no domain.

    Raises:
        AddressError: The name is none.
    """
    match change:
        case SetForwarding(source) | RemoveForwarding(source):
            normalise(source)
        case SetMailbox(address) | RemoveMailbox(address):
            normalise(address)
        case SetDomain(name) | RemoveDomain(name):
            normalise_domain(name)
        case SetDomainAlias(alias, target):
            normalise_domain(alias)
            normalise_domain(target)
        case RemoveDomainAlias(alias):
            normalise_domain(alias)
        case _:
            msg = f"{change!r:.200} is no change"
            raise TypeError(msg)


def edits_of(change: Change, rows: Rows, settings: Settings) -> Iterator[Edit]:
    """Yield what a change means for the rows as they are; each edit is made before the next is asked for.

    Args:
        change: A change that has been checked.
        rows: The rows.
        settings: How they are read.
    """
    match change:
        case SetForwarding():
            yield from _set_forwarding(change, rows, settings)
        case RemoveForwarding(source, table):
            yield from _remove_forwarding(normalise(source), rows, table)
        case SetMailbox(address, shields, origin):
            yield from _set_mailbox(normalise(address), rows, (origin or NO_ORIGIN) if shields else None)
        case RemoveMailbox(address):
            yield from _set_mailbox(normalise(address), rows, None)
            yield FactEdit("mailboxes", normalise(address))
        case SetDomain(name, kind):
            yield FactEdit("domains", normalise_domain(name), kind)
        case RemoveDomain(name):
            yield FactEdit("domains", normalise_domain(name))
        case SetDomainAlias(alias, target):
            yield FactEdit("domain_aliases", normalise_domain(alias), normalise_domain(target))
        case _:
            yield FactEdit("domain_aliases", normalise_domain(change.alias))


def read_row(
    change: SetForwarding, rows: Rows, settings: Settings
) -> tuple[str, dict[str, Origin], tuple[Rejected, ...]]:
    """Read a forwarding as a graph reads it.

    Returns:
        Its key, its destinations with where each comes from, and what is no destination.
    """
    key = normalise(change.source)
    key = rows.mailboxes.get(key, key)
    origin = change.origin
    if origin is None:
        before = rows.tables[change.table].arrows(key)
        origin = next(iter(before.values())) if before else NO_ORIGIN
    plain = plain_destinations(change.destinations)
    if plain:
        known = rows.mailboxes
        return key, {known.get(each, each): origin for each in plain}, ()
    scratch = Rows()
    scratch.read("", (Forward(change.source, change.destinations, change.table),))
    scratch.complete(settings.myorigin)
    row = scratch.tables[change.table].get(key) or ()
    rejected = tuple(attrs.evolve(each, origin=origin) for each in scratch.rejected)
    return key, dict.fromkeys(row, origin), rejected


def _set_forwarding(change: SetForwarding, rows: Rows, settings: Settings) -> Iterator[Edit]:
    key, arrows, rejected = read_row(change, rows, settings)
    if not arrows:
        yield from _remove_forwarding(key, rows, change.table)
    else:
        yield from _reject(key, rows, ())
        yield RowEdit(change.table, key, arrows)
        if change.table == "virtual" and key in rows.shields and key not in rows.overruled:
            yield FactEdit("overruled", key, value=None)
    if rejected:
        yield from _reject(key, rows, rejected)


def _remove_forwarding(key: str, rows: Rows, table: ForwardTable) -> Iterator[Edit]:
    yield from _reject(key, rows, ())
    if table != "virtual" or key not in rows.shields:
        yield RowEdit(table, key, None)
    elif key in rows.overruled:
        yield FactEdit("overruled", key)
        yield RowEdit(table, key, {key: rows.shields[key]})


def _reject(key: str, rows: Rows, rejected: Sequence[Rejected]) -> Iterator[Edit]:
    """Yield the change of what could not take part in the row of a key."""
    if rejected or any(each.address == key for each in rows.rejected):
        yield RejectedEdit((*(each for each in rows.rejected if each.address != key), *rejected))


def _set_mailbox(address: str, rows: Rows, shield: Origin | None) -> Iterator[Edit]:
    """Yield the change of a mailbox; one that shields stands in for a row where there is none."""
    if address not in rows.mailboxes:
        yield FactEdit("mailboxes", address, address)
    shields = shield is not None and address[0] != "@"
    if shields:
        if address not in rows.shields and address in rows.tables["virtual"]:
            yield FactEdit("overruled", address, value=None)
        yield FactEdit("shields", address, shield)
        if address not in rows.overruled:
            yield RowEdit("virtual", address, {address: shield or NO_ORIGIN})
    elif address in rows.shields:
        yield FactEdit("shields", address)
        if address in rows.overruled:
            yield FactEdit("overruled", address)
        else:
            yield RowEdit("virtual", address, None)
