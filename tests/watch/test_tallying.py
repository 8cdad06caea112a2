"""How much a source gives is known after a part of it was read."""

from __future__ import annotations

from forwardresolve.deploy.guard import Tally
from forwardresolve.records import Domain, Forward, Mailbox, Record
from forwardresolve.rows import Rows
from forwardresolve.watch.tallying import tallies_after

A = Domain("a.example")
ANN, BEN = Forward("ann@a.example", "x@b.example"), Forward("ben@a.example", "x@b.example")


def rows(**sources: list[Record]) -> Rows:
    made = Rows()
    for name, records in sources.items():
        made.read(name, records)
    made.complete(None)
    return made


def test_of_one_source_everything_is_counted() -> None:
    before = {"panel": Tally(5, 100)}
    assert tallies_after(before, rows(panel=[ANN]), rows(panel=[A, BEN])) == {"panel": Tally(6, 100)}
    assert tallies_after(before, rows(panel=[ANN, A]), rows()) == {"panel": Tally(4, 99)}
    assert tallies_after({"panel": Tally(0, 0)}, rows(panel=[ANN, A]), rows()) == {"panel": Tally(0, 0)}


def test_of_several_sources_each_has_its_own_rows() -> None:
    before = {"one": Tally(5, 100), "two": Tally(0, 50)}
    old, new = rows(one=[A, ANN], two=[BEN]), rows(one=[A], two=[ANN, BEN])
    assert tallies_after(before, old, new) == {"one": Tally(5, 99), "two": Tally(0, 51)}


def test_which_of_several_sources_has_brought_a_domain_is_not_known() -> None:
    assert tallies_after({"one": Tally(5, 1), "two": Tally(5, 1)}, rows(), rows(two=[A])) is None


def test_a_mailbox_that_stands_in_for_a_row_is_no_forwarding() -> None:
    shield = Mailbox("ann@a.example", shields=True)
    assert tallies_after({"panel": Tally(1, 1)}, rows(), rows(panel=[shield])) == {"panel": Tally(1, 1)}
    assert tallies_after({"panel": Tally(1, 1)}, rows(), rows(panel=[shield, ANN])) == {"panel": Tally(1, 2)}
