"""Readings and pushes that meet, and readings that no change can say."""

from __future__ import annotations

import pytest

from forwardresolve import ForwardingGraph
from forwardresolve.deploy.guard import Tally
from forwardresolve.errors import TargetError
from forwardresolve.live import RemoveForwarding, SetForwarding
from forwardresolve.reachability import resolve
from forwardresolve.sdk import Domain, Forward, Mailbox, Record, Transport
from forwardresolve.sources import Read
from forwardresolve.watch.current import Current

HOST: tuple[Record, ...] = (Domain("a.example"), Forward("ann@a.example", "out@b.example"))
BEN = SetForwarding("ben@a.example", "ann@a.example")


def given(*records: Record) -> Read:
    return Read(graph=ForwardingGraph.from_records(records), tallies={"panel": Tally(1, 1)})


def current(*records: Record) -> Current:
    made = Current()
    made.begin_reading()
    made.take(given(*records))
    return made


def test_before_the_first_reading_nothing_is_known() -> None:
    made = Current()
    assert not made.is_known
    for ask in (lambda: made.live, lambda: made.given, lambda: made.push([BEN]), lambda: made.preview([BEN])):
        with pytest.raises(TargetError, match="have not been read yet"):
            ask()


def test_what_is_pushed_during_a_reading_that_has_not_seen_it_stays() -> None:
    made = current(*HOST)
    made.begin_reading()
    made.push([BEN])
    taken = made.take(given(*HOST))
    assert taken.overtaken == {"ben@a.example"}
    assert made.live.addresses == ("ann@a.example", "ben@a.example")
    assert made.given.graph is made.live.graph
    made.begin_reading()
    assert not made.take(given(*HOST, Forward("ben@a.example", "ann@a.example"))).overtaken
    assert made.live.addresses == ("ann@a.example", "ben@a.example")


def test_what_was_pushed_and_never_committed_is_gone_at_the_next_reading() -> None:
    made = current(*HOST)
    made.push([BEN, RemoveForwarding("ann@a.example")])
    made.begin_reading()
    made.take(given(*HOST))
    assert made.live.addresses == ("ann@a.example",)


def test_what_is_pushed_after_a_reading_that_failed_is_no_reason_to_read_again() -> None:
    made = current(*HOST)
    made.begin_reading()
    made.break_off()
    made.push([BEN])
    made.begin_reading()
    assert not made.take(given(*HOST)).overtaken


@pytest.mark.parametrize(
    "after",
    [
        (Domain("a.example"), *(Forward(f"u{number}@a.example", "out@b.example") for number in range(1500))),
        (*HOST, Transport("a.example", "discard")),
        (Domain("a.example"), Forward("ann@a.example", '|"/bin/cat, x@b.example", out@b.example')),
        (*HOST, Forward("bare@a.example", "root")),
        (*HOST, Mailbox("ann@a.example", shields=True)),
    ],
)
def test_any_reading_is_taken_over(after: tuple[Record, ...]) -> None:
    made = current(*HOST)
    fresh = given(*after)
    wanted = ForwardingGraph.from_records(after)
    made.begin_reading()
    assert made.take(fresh, resolve(fresh.graph)).difference == ""
    assert made.live.graph.rows.tables["virtual"].rows == wanted.rows.tables["virtual"].rows
    assert made.live.graph.rows.transports == wanted.rows.transports


def test_a_preview_changes_nothing() -> None:
    made = current(*HOST)
    assert made.preview([BEN]).addresses.appear == ("ben@a.example",)
    assert made.live.addresses == ("ann@a.example",)
