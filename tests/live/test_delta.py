"""Several deltas, one after the other, are one."""

from __future__ import annotations

from random import Random

import pytest

from forwardresolve import Delta, LiveResolution, resolve
from forwardresolve.live import Difference
from live.streams import Stream, told, with_delta


@pytest.mark.parametrize("number", range(6))
def test_the_delta_over_several_is_the_difference_of_first_and_last(number: int) -> None:
    stream = Stream(Random(f"over/{number}"), calm=number % 2 == 0)  # noqa: S311 (repeatable, not secret)
    live = LiveResolution(stream.host.graph())
    before = told(live)
    deltas = [live.apply(stream.changes()) for _ in range(25)]
    over = Delta.over(deltas)
    assert with_delta(before, over) == told(live)
    for difference in (over.addresses, over.catch_alls, over.exceptions, over.entries):
        assert [*difference.appear] == sorted(difference.appear, key=str)
        assert not {*difference.appear} & {*difference.vanish}


def test_what_comes_and_goes_again_is_no_difference() -> None:
    comes = Difference(appear=("a",))
    goes = Difference(vanish=("a",))
    assert Difference.over((comes, goes, comes, goes)) == Difference()
    assert Difference.over((comes, goes, comes)) == comes
    assert not Delta.over(())


@pytest.mark.parametrize("number", range(3))
def test_a_live_answer_is_that_of_its_rows_and_no_other(number: int) -> None:
    stream = Stream(Random(f"to/{number}"), calm=True)  # noqa: S311 (repeatable, not secret)
    live = LiveResolution(stream.host.graph())
    before = resolve(stream.host.graph())
    changes = [stream.changes() for _ in range(5)]
    deltas = [live.apply(each) for each in changes]
    for each in changes:
        stream.host.apply(each)
    assert live.delta_to(resolve(stream.host.graph())) == Delta()
    assert with_delta(told(live), live.delta_to(before)) == told(before)
    assert bool(live.delta_to(before)) is bool(Delta.over(deltas))
