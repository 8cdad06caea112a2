"""Read a backend and compare what it yields with what its source holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

import attrs
import pytest

from forwardresolve.sdk import (
    BackendDataError,
    BackendIncomplete,
    BackendMisconfigured,
    BackendNotInstalled,
    BackendUnavailable,
    Domain,
    DomainAlias,
    Forward,
    Mailbox,
    Record,
    Remark,
    Site,
    normalise,
    normalise_domain,
    split_destinations,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from forwardresolve.sdk import Backend, ForwardTable
    from forwardresolve.testing.worlds import ForwardPair, World

BACKEND_ERRORS: Final = (
    BackendDataError,
    BackendIncomplete,
    BackendMisconfigured,
    BackendNotInstalled,
    BackendUnavailable,
)
"""What ``records()`` may raise."""

_HOSTED: Final = ("mailbox", "alias", "local")
_SHOWN: Final = 5


@attrs.frozen
class Holdings:
    """What a source holds, every address in its one spelling.

    Args:
        domains: Hosted domains.
        suspended: Hosted domains that are switched off.
        domain_aliases: Pairs of a domain and the one that it stands for.
        mailboxes: Addresses with a mailbox.
        forwards: Pairs of a source and one of its destinations.
        others: Records of kinds that no world holds, as text.
    """

    domains: set[str] = attrs.field(factory=set)
    suspended: set[str] = attrs.field(factory=set)
    domain_aliases: set[tuple[str, str]] = attrs.field(factory=set)
    mailboxes: set[str] = attrs.field(factory=set)
    forwards: set[tuple[str, str]] = attrs.field(factory=set)
    others: set[str] = attrs.field(factory=set)


def records_of(backend: Backend) -> Generator[Record]:
    """Yield what a backend yields, and fail at whatever is no record."""
    records = backend.records()
    if not hasattr(records, "__iter__"):
        pytest.fail(f"records() returns {type(records).__name__}; it must yield records", pytrace=False)
    for record in records:
        if type(record) not in get_args(Record):
            pytest.fail(f"records() yields {record!r:.200}, which is no record", pytrace=False)
        yield record


def holdings_of(backend: Backend, table: ForwardTable) -> Holdings:
    """Read a source whole.

    Args:
        backend: Reads it.
        table: The table that its forwardings belong to.
    """
    held = Holdings()
    for record in records_of(backend):
        match record:
            case Domain(kind="suspended"):
                held.suspended.add(_domain(record.name))
            case Domain():
                odd = "" if record.kind in _HOSTED else f" (kind {record.kind})"
                held.domains.add(_domain(record.name) + odd)
            case DomainAlias():
                held.domain_aliases.add((_domain(record.alias), _domain(record.target)))
            case Mailbox():
                held.mailboxes.add(_address(record.address))
            case Forward():
                odd = "" if record.table == table else f" (table {record.table})"
                source = _address(record.source) + odd
                held.forwards.update((source, each) for each in _destinations(record))
            case Site() | Remark():
                pass
            case _:
                held.others.add(repr(record))
    return _with_rewriting_domains(held)


def holdings_in(world: World) -> Holdings:
    """Return what a backend has to read from a source that holds a world."""
    return Holdings(
        domains=set(map(normalise_domain, world.domains)),
        mailboxes=set(map(normalise, world.mailboxes)),
        forwards={pair for forward in world.forwards for pair in _pairs(forward)},
    )


def compare(found: Holdings, expected: Holdings) -> None:
    """Fail where a backend has read less, more or other than its source holds."""
    problems = []
    for field in attrs.fields(Holdings):
        has, must_have = getattr(found, field.name), getattr(expected, field.name)
        name = field.name.replace("_", " ")
        problems += [f"{name}: not read: {_listed(must_have - has)}"] if must_have - has else []
        problems += [f"{name}: not in the source: {_listed(has - must_have)}"] if has - must_have else []
    if problems:
        pytest.fail("\n".join(problems), pytrace=False)


def failure_of(records: Iterator[Record]) -> Exception | None:
    """Read on to the end; return the error that a backend raises, or None.

    It fails where the error is none that a backend may raise.
    """
    try:
        for _ in records:
            pass
    except BACKEND_ERRORS as error:
        return error
    except Exception as error:  # noqa: BLE001 (a bare error of a driver is what is looked for)
        pytest.fail(
            f"records() lets {type(error).__name__} out; raise an error of forwardresolve.sdk from it",
            pytrace=False,
        )
    return None


def _pairs(forward: ForwardPair) -> Iterator[tuple[str, str]]:
    source, destinations = forward
    return ((normalise(source), normalise(each)) for each in destinations)


def _destinations(record: Forward) -> Iterator[str]:
    given = record.destinations
    for text in (given,) if isinstance(given, str) else given:
        yield from map(_address, split_destinations(text) if isinstance(text, str) else (text,))


def _address(text: object) -> str:
    try:
        return normalise(text) if isinstance(text, str) else repr(text)
    except ValueError:
        return repr(text)


def _domain(text: object) -> str:
    try:
        return normalise_domain(text) if isinstance(text, str) else repr(text)
    except ValueError:
        return repr(text)


def _with_rewriting_domains(held: Holdings) -> Holdings:
    """Count ``Forward("@alias", "@target")`` of a hosted alias as a domain alias, too.

    A panel means one or the other by it; a world does not say which.
    """
    rewriting = {
        (source[1:], target[1:])
        for source, target in held.forwards
        if source[0] == target[0] == "@" and source[1:] in held.domains
    }
    aliases = held.domain_aliases | rewriting
    return attrs.evolve(
        held,
        domains=held.domains - {alias for alias, _ in aliases},
        domain_aliases=aliases,
        forwards=held.forwards - {(f"@{alias}", f"@{target}") for alias, target in rewriting},
    )


def _listed(found: set[object]) -> str:
    texts = sorted(" -> ".join(each) if isinstance(each, tuple) else str(each) for each in found)
    more = f", and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return ", ".join(texts[:_SHOWN]) + more
