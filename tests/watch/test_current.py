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


def test_whoever_follows_is_given_each_delta_once() -> None:
    made = current(*HOST)
    with made.followed() as deltas:
        assert deltas is None
    delta = made.push([BEN])
    made.push([BEN])
    with made.followed() as deltas:
        assert deltas == [delta]
    with made.followed() as deltas:
        assert deltas == []


def test_whoever_did_not_come_to_the_end_begins_anew() -> None:
    made = current(*HOST)
    with made.followed():
        pass
    made.push([BEN])

    def follow() -> None:
        with made.followed():
            msg = "something else"
            raise TargetError(msg)

    with pytest.raises(TargetError, match="something else"):
        follow()
    with made.followed() as deltas:
        assert deltas is None


def test_what_a_reading_changes_is_followed_too() -> None:
    made = current(*HOST)
    with made.followed():
        pass
    made.begin_reading()
    made.take(given(*HOST, Forward("ben@a.example", "ann@a.example")))
    with made.followed() as deltas:
        assert deltas is not None
        assert [each.addresses.appear for each in deltas] == [("ben@a.example",)]


def test_where_changes_do_not_lead_to_what_was_read_the_answer_is_a_new_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = current(*HOST)
    before = made.live
    monkeypatch.setattr("forwardresolve.watch.current.rows_agree", lambda *_: False)
    made.begin_reading()
    made.take(given(*HOST, Forward("ben@a.example", "ann@a.example")))
    assert made.live is not before
    assert made.live.addresses == ("ann@a.example", "ben@a.example")


@pytest.mark.parametrize("fresh", [False, True])
def test_a_moment_of_a_comparison_holds_until_something_is_pushed(*, fresh: bool) -> None:
    made = current(*HOST)
    made.begin_reading()
    read = given(*HOST)
    taken = made.take(read, resolve(read.graph) if fresh else None)
    assert taken.moment == (made.moment if fresh else None)
    made.push([BEN])
    assert taken.moment != made.moment
