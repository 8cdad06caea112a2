"""Changes and deltas as JSON: what goes in comes out, and what is none is refused with its place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from forwardresolve import Delta, Entry
from forwardresolve.errors import AddressError
from forwardresolve.live import (
    Difference,
    RemoveDomain,
    RemoveDomainAlias,
    RemoveForwarding,
    RemoveMailbox,
    SetDomain,
    SetDomainAlias,
    SetForwarding,
    SetMailbox,
)
from forwardresolve.rows import Rejected
from forwardresolve.sdk import Forward, Origin, write_records
from forwardresolve.watch.talking import read_request, write
from forwardresolve.watch.wire import MOST_CHANGES, changes_of, delta_of, table_of, tables_of

if TYPE_CHECKING:
    from forwardresolve.live import Change

CHANGES: tuple[Change, ...] = (
    SetForwarding("ann@a.example", ("out@b.example", "ben@a.example"), "local"),
    SetForwarding("@a.example", "out@b.example"),
    RemoveForwarding("ann@a.example", "bcc"),
    SetMailbox("ben@a.example", shields=True),
    RemoveMailbox("ben@a.example"),
    SetDomain("a.example", "relay"),
    RemoveDomain("a.example"),
    SetDomainAlias("b.example", "a.example"),
    RemoveDomainAlias("b.example"),
)


def test_changes_come_out_as_they_went_in() -> None:
    assert changes_of(json.loads(json.dumps(tables_of(CHANGES)))) == CHANGES


def test_deltas_come_out_as_they_went_in() -> None:
    delta = Delta(
        addresses=Difference(("ann@a.example",), ("ben@a.example",)),
        catch_alls=Difference(("a.example",)),
        exceptions=Difference((), ("cat@a.example",)),
        entries=Difference((Entry("@a.example"),), (Entry("cat@a.example", listed=False),)),
        rejected=(Rejected("bad-destination", "x@", "it is none", "ann@a.example"),),
    )
    assert delta_of(json.loads(json.dumps(table_of(delta)))) == delta


def test_a_line_of_the_records_is_a_change() -> None:
    line = next(write_records([Forward("ann@a.example", "out@b.example", origin=Origin("alias", "7"))]))
    assert changes_of([json.loads(line)]) == (SetForwarding("ann@a.example", ("out@b.example",)),)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({}, "a list of 1 to"),
        ([], "a list of 1 to"),
        ([{}] * (MOST_CHANGES + 1), "a list of 1 to"),
        ([3], "change 1: must be an object with either record"),
        ([{"record": "forward", "remove": "forward"}], "either record"),
        ([{"record": "forwrd"}], "change 1: record must be one of .* forward"),
        ([{"remove": 3}], "change 1: remove must be one of"),
        ([{"record": "forward", "source": "a@a.example"}], "change 1.destinations: is missing"),
        ([{"record": "forward", "source": 3, "destinations": "x"}], "change 1.source: "),
        ([{"record": "mailbox", "address": "a@a.example", "shield": True}], "change 1.shield: "),
    ],
)
def test_what_is_no_change_is_refused_with_its_place(tables: object, said: str) -> None:
    with pytest.raises(AddressError, match=said):
        changes_of(tables)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{", "one line of JSON"),
        (b"[" * 100_000, "one line of JSON"),
        (b"[]", "one line of JSON"),
        (b"{}", "ask must be one of touch, push, preview, status"),
        (b'{"ask": "previw"}', "did you mean preview"),
        (b'{"ask": "touch", "adresses": []}', "touch has no adresses.*addresses"),
        (b'{"ask": "touch", "addresses": "a@a.example"}', "must be a list"),
        (b'{"ask": "touch", "addresses": [3]}', "must be texts, not 3"),
        (b'{"ask": "touch", "addresses": ["a@"]}', "no domain"),
        (b'{"ask": "push"}', "push needs changes"),
    ],
)
def test_what_is_no_request_is_refused(line: bytes, said: str) -> None:
    with pytest.raises(AddressError, match=said):
        read_request(line)


def test_a_request_is_read_as_it_was_written() -> None:
    asked = read_request(write({"ask": "touch", "addresses": ["Ann@A.example"]}))
    assert (asked.ask, asked.addresses) == ("touch", ("ann@a.example",))
