"""Two graphs of the same sources: which changes make the one into the other. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from forwardresolve.addresses import domain_of, normalise, normalise_domain
from forwardresolve.live import (
    RemoveDomain,
    RemoveDomainAlias,
    RemoveForwarding,
    RemoveMailbox,
    SetDomain,
    SetDomainAlias,
    SetForwarding,
    SetMailbox,
)
from forwardresolve.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from forwardresolve.graph import ForwardingGraph
    from forwardresolve.live import Change
    from forwardresolve.records import Origin
    from forwardresolve.scope import Scope
    from forwardresolve.tables import Table


def changes_between(before: ForwardingGraph, after: ForwardingGraph) -> tuple[Change, ...] | None:
    """Find the changes that make one graph into another.

    Args:
        before: As it was.
        after: As it is.

    Returns:
        The changes; None where they differ in something that changes cannot say: settings,
        patterns, transports, relocated addresses.
    """
    return changes_of(before.rows, after.rows) if before.settings == after.settings else None


def changes_of(old: Rows, new: Rows) -> tuple[Change, ...] | None:
    """Find the changes that make rows into others; None as in `changes_between`."""
    same = (
        _patterns(old) == _patterns(new)
        and old.transports == new.transports
        and old.relocated == new.relocated
    )
    return tuple(_changes(old, new)) if same else None


def rows_agree(one: ForwardingGraph, other: ForwardingGraph) -> bool:
    """Tell whether two graphs say the same about mail."""
    return one.settings == other.settings and facts_agree(one.rows, other.rows)


def facts_agree(one: Rows, other: Rows) -> bool:
    """Tell whether rows say the same about mail, read in the same way."""
    return changes_of(one, other) == () and one.overruled == other.overruled


def named_by(changes: Iterable[Change]) -> frozenset[str]:
    """Return the addresses whose rows changes are about; ``@domain`` where a domain itself is meant."""
    return frozenset(map(_named_by, changes))


def _named_by(change: Change) -> str:
    match change:
        case SetForwarding(source=text) | RemoveForwarding(source=text):
            return normalise(text)
        case SetMailbox(address=text) | RemoveMailbox(address=text):
            return normalise(text)
        case SetDomain(name=text) | RemoveDomain(name=text):
            return f"@{normalise_domain(text)}"
        case _:
            return f"@{normalise_domain(change.alias)}"


def part_of(rows: Rows, scope: Scope) -> Rows:
    """Return the rows that some addresses stand for, and all that stand for no address."""
    part = Rows()
    part.patterns = rows.patterns
    for each in scope.domains:
        _copy(each, rows.domains, part.domains)
        _copy(each, rows.domain_aliases, part.domain_aliases)
        _copy(each, rows.transports, part.transports)
        _copy(f".{each}", rows.transports, part.transports)
    for key in _keys(rows, scope):
        _copy(key, rows.mailboxes, part.mailboxes)
        _copy(key, rows.shields, part.shields)
        _copy(key, rows.overruled, part.overruled)
        _copy(key, rows.transports, part.transports)
        _copy(key, rows.relocated, part.relocated)
        for name, table in rows.tables.items():
            part.tables[name].replace(key, table.arrows(key))
    return part


def _copy(key: str, facts: Mapping[str, Any], part: dict[str, Any]) -> None:
    if key in facts:
        part[key] = facts[key]


def _keys(rows: Rows, scope: Scope) -> Iterable[str]:
    if not scope.whole:
        return scope.keys
    facts: tuple[Iterable[str], ...] = (rows.mailboxes, rows.transports, rows.relocated)
    known = (*facts, *rows.tables.values())
    return {*scope.keys, *(key for keys in known for key in keys if domain_of(key) in scope.whole)}


def _changes(old: Rows, new: Rows) -> Iterator[Change]:
    yield from _of_domains(old, new)
    yield from _of_mailboxes(old, new)
    yield from _of_rows(old, new)


def _of_domains(old: Rows, new: Rows) -> Iterator[Change]:
    for name in old.domains.keys() - new.domains.keys():
        yield RemoveDomain(name)
    for name, kind in new.domains.items() - old.domains.items():
        yield SetDomain(name, kind)
    for alias in old.domain_aliases.keys() - new.domain_aliases.keys():
        yield RemoveDomainAlias(alias)
    for alias, target in new.domain_aliases.items() - old.domain_aliases.items():
        yield SetDomainAlias(alias, target)


def _of_mailboxes(old: Rows, new: Rows) -> Iterator[Change]:
    if (old.mailboxes.keys(), old.shields.keys()) == (new.mailboxes.keys(), new.shields.keys()):
        return  # as nearly always, and seen quickly
    for address in old.mailboxes.keys() - new.mailboxes.keys():
        yield RemoveMailbox(address)
    for address in {
        *(new.mailboxes.keys() - old.mailboxes.keys()),
        *(new.mailboxes.keys() & (old.shields.keys() ^ new.shields.keys())),
    }:
        yield SetMailbox(address, shields=address in new.shields, origin=new.shields.get(address))


def _of_rows(old: Rows, new: Rows) -> Iterator[Change]:
    shielding = {address for address in new.shields if address not in new.overruled}
    for name, table in new.tables.items():
        was = old.tables[name]
        if was.rows == table.rows:
            continue
        standing = shielding if name == "virtual" else set()
        for key in _gone(was, table):
            yield RemoveForwarding(key, name)
        for key in _other(was, table):
            # A mailbox that shields stands in for a row, and comes with the mailbox.
            if key not in standing:
                yield SetForwarding(key, table.get(key) or (), name, _origin(table, key))
            elif key in old.shields and key in old.overruled:
                yield RemoveForwarding(key, name)


def _patterns(rows: Rows) -> list[tuple[object, tuple[str, ...]]]:
    return [(each.expression, each.destinations) for each in rows.patterns]


def _gone(was: Table, now: Table) -> Iterator[str]:
    yield from was.rows.keys() - now.rows.keys()


def _other(was: Table, now: Table) -> Iterator[str]:
    rows: Mapping[str, tuple[str, ...]] = was.rows
    yield from (key for key, row in now.rows.items() if rows.get(key) != row)


def _origin(table: Table, key: str) -> Origin | None:
    return next(iter((table.arrows(key) or {}).values()), None)
