"""What makes one reading into the next: on random hosts, and where changes cannot say it."""

from __future__ import annotations

from random import Random

import pytest

from forwardresolve import ForwardingGraph, LiveResolution, resolve
from forwardresolve.live import (
    Change,
    RemoveDomain,
    RemoveDomainAlias,
    RemoveForwarding,
    RemoveMailbox,
    SetDomain,
    SetDomainAlias,
    SetForwarding,
    SetMailbox,
)
from forwardresolve.sdk import Domain, Forward, Mailbox, Pattern, Record, Relocated, Scope, Site, Transport
from forwardresolve.watch.comparing import changes_between, named_by, part_of, rows_agree
from live.streams import Stream

HOST: tuple[Record, ...] = (Domain("a.example"), Forward("ann@a.example", "out@b.example"))


def graph(*records: Record) -> ForwardingGraph:
    return ForwardingGraph.from_records(records)


@pytest.mark.parametrize("seed", range(40))
def test_the_changes_between_two_readings_make_the_one_into_the_other(seed: int) -> None:
    stream = Stream(Random(seed), calm=bool(seed % 2))  # noqa: S311 (repeatable choices)
    live = LiveResolution(stream.host.graph())
    for _ in range(10):
        stream.host.apply(stream.changes())
        fresh = stream.host.graph()
        changes = changes_between(live.graph, fresh)
        assert changes is not None
        live.apply(changes)
        if not rows_agree(live.graph, fresh):  # a row that no change can say: the resident reads it anew
            live = LiveResolution(stream.host.graph())
        full = resolve(fresh)
        assert tuple(live.entries()) == tuple(full.entries())
        assert (live.addresses, live.catch_alls) == (full.addresses, full.catch_alls)


def test_a_shielding_mailbox_comes_under_a_forwarding_and_survives_it() -> None:
    shielded = (*HOST, Mailbox("ann@a.example", shields=True))
    live = LiveResolution(graph(*shielded))
    after = graph(Domain("a.example"), Mailbox("ann@a.example", shields=True))
    changes = changes_between(live.graph, after)
    assert changes
    live.apply(changes)
    assert rows_agree(live.graph, after)
    back = changes_between(live.graph, graph(*HOST))
    assert back is not None
    assert SetMailbox("ann@a.example") not in back
    live.apply(back)
    assert rows_agree(live.graph, graph(*HOST))


@pytest.mark.parametrize(
    "other",
    [
        Pattern("x.*@a.example", "out@b.example"),
        Transport("a.example", "discard"),
        Relocated("ann@a.example"),
        Site(recipient_delimiter="-"),
    ],
)
def test_what_no_change_can_say_is_not_said(other: Record) -> None:
    assert changes_between(graph(*HOST), graph(*HOST, other)) is None
    assert not rows_agree(graph(*HOST), graph(*HOST, other))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (SetForwarding("Ann@A.example", "x@b.example"), "ann@a.example"),
        (RemoveForwarding("@A.example"), "@a.example"),
        (SetMailbox("ann@a.example."), "ann@a.example"),
        (RemoveMailbox("Ann@a.example"), "ann@a.example"),
        (SetDomain("A.example"), "@a.example"),
        (RemoveDomain("a.example."), "@a.example"),
        (SetDomainAlias("A.example", "b.example"), "@a.example"),
        (RemoveDomainAlias("a.example"), "@a.example"),
    ],
)
def test_a_change_names_what_it_is_about(change: Change, name: str) -> None:
    assert named_by([change]) == {name}


def test_a_part_has_the_rows_that_are_meant_and_what_names_no_address() -> None:
    rows = graph(
        Domain("a.example"),
        Domain("b.example"),
        Transport(".a.example", "discard"),
        Transport("b.example", "discard"),
        Mailbox("ann@a.example", shields=True),
        Forward("ann@a.example", "x@b.example"),
        Forward("ben@a.example", "x@b.example"),
        Forward("@a.example", "x@b.example", "canonical"),
        Forward("x@b.example", "y@b.example"),
        Pattern("z", "y@b.example"),
    ).rows
    part = part_of(rows, Scope.of(["ann@a.example"]))
    assert [*part.domains] == ["a.example"]
    assert [*part.transports] == [".a.example"]
    assert [*part.mailboxes, *part.shields, *part.overruled] == ["ann@a.example"] * 3
    assert [*part.tables["virtual"]] == ["ann@a.example"]
    assert [*part.tables["canonical"]] == ["@a.example"]
    assert len(part.patterns) == 1
    whole = part_of(rows, Scope.of(["@a.example"]))
    assert {*whole.tables["virtual"]} == {"ann@a.example", "ben@a.example"}
