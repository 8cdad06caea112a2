"""Read a source by addresses and compare what comes with what a whole reading gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest

from forwardresolve.sdk import (
    Domain,
    DomainAlias,
    Forward,
    Mailbox,
    Record,
    Relocated,
    Scope,
    Transport,
    normalise,
    normalise_domain,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forwardresolve.sdk import Addressable

_STRANGERS = ("nobody@nowhere.example", "@nowhere.example", "nobody")


def compare_parts(backend: Addressable) -> None:
    """Read each address and each domain of a source by itself, and addresses that are not there.

    Fails where less comes than a whole reading gives.
    """
    whole = tuple(backend.records())  # type: ignore[attr-defined] # every backend has it
    asked = {key for record in whole for key in _keys(record)}
    domains = {f"@{key.rpartition('@')[2]}" for key in asked if "@" in key}
    names = {f"nobody{domain}" for domain in domains}
    for each in sorted({*asked, *domains, *names, *_STRANGERS}):
        _compare(backend, whole, (each,))
    _compare(backend, whole, sorted(asked))
    _compare(backend, whole, sorted(key for key in asked if not key.startswith("@")))


def _compare(backend: Addressable, whole: Iterable[Record], asked: Iterable[str]) -> None:
    scope = Scope.of(asked)
    given = backend.records_of(scope)
    if given is None:
        return
    found = tuple(given)
    for record in found:
        if type(record) not in get_args(Record):
            pytest.fail(f"records_of() yields {record!r:.200}, which is no record", pytrace=False)
    is_, must_be = (
        sorted(repr(each) for each in records if scope.covers(each)) for records in (found, whole)
    )
    if is_ != must_be:
        names = ", ".join(asked)
        less = "; ".join(each for each in must_be if each not in is_) or "nothing"
        more = "; ".join(each for each in is_ if each not in must_be) or "nothing"
        pytest.fail(
            f"records_of({names:.200}) is no part of a whole reading: not read: {less:.500}; "
            f"not in records(): {more:.500}",
            pytrace=False,
        )


def _keys(record: Record) -> Iterator[str]:
    match record:
        case Forward(source=text) | Mailbox(address=text) | Relocated(address=text):
            yield normalise(text)
        case Domain(name=text) | DomainAlias(alias=text):
            yield f"@{normalise_domain(text)}"
        case Transport(key=text) if "@" in text:
            yield normalise(text)
        case Transport(key=text):
            yield f"@{normalise_domain(text.removeprefix('.'))}"
        case _:
            return
