"""The guard is strict in both directions, and never in the way of a small change."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwardresolve.deploy.guard import Amounts, Guard, Limits, Losses, Tally, shrunk, unusual

COUNTS = st.integers(0, 10_000)
LIMITS = Limits()


def refuses(held: int, removed: int, added: int, limits: Limits = LIMITS) -> bool:
    return any(unusual(Amounts(held, removed, added, held - removed + added), limits))


@pytest.mark.parametrize(
    ("held", "removed", "added", "refused"),
    [
        (1000, 50, 0, False),
        (1000, 51, 0, True),
        (1000, 0, 100, False),
        (1000, 0, 101, True),
        (100, 20, 0, False),
        (100, 21, 0, True),
        (100, 0, 50, False),
        (100, 0, 51, True),
        (10, 10, 1, False),
    ],
)
def test_the_limits_are_a_number_or_a_share_whichever_is_more(
    held: int, removed: int, added: int, *, refused: bool
) -> None:
    assert refuses(held, removed, added) is refused


@given(st.integers(0, 10_000), st.integers(0, 20), st.integers(0, 50))
def test_a_small_change_passes_however_long_the_list_is(held: int, removed: int, added: int) -> None:
    removed = min(removed, held)

    assert refuses(held, removed, added) is (held > 0 and held == removed and not added)


@given(COUNTS, COUNTS, COUNTS)
def test_what_is_refused_stays_refused_when_more_goes_or_comes(held: int, removed: int, added: int) -> None:
    removed = min(removed, held)
    if refuses(held, removed, added):
        assert refuses(held + 1, removed + 1, added) or removed + 1 <= (held + 1) * 0.05 or added
        assert refuses(held, removed, added + 51) or removed == held


@given(COUNTS, COUNTS, COUNTS)
def test_limits_without_end_refuse_nothing(held: int, removed: int, added: int) -> None:
    wide = Limits(removed=10_000, added=10_000, allow_empty=True)

    assert not refuses(held, min(removed, held), added, wide)


def test_an_empty_list_is_refused_however_few_go() -> None:
    assert [*unusual(Amounts(3, 3, 0, 0), LIMITS)] == [
        "the list becomes empty, and 3 addresses are held (allow_empty)"
    ]
    assert not refuses(3, 3, 0, Limits(allow_empty=True))
    assert not refuses(0, 0, 0)


def test_the_sentence_has_the_numbers_and_the_keys() -> None:
    assert [*unusual(Amounts(200, 0, 60, 260), LIMITS)] == [
        "60 addresses of 200 (30%) would come; at once may come 50 or 10 % (added, added_percent)"
    ]
    assert [*unusual(Amounts(0, 0, 60, 60), LIMITS)] == [
        "60 addresses would come; at once may come 50 or 10 % (added, added_percent)"
    ]


@pytest.mark.parametrize(
    ("before", "now", "refused"),
    [(5, 4, False), (5, 3, False), (5, 2, True), (100, 90, False), (100, 89, True)],
)
def test_a_source_may_lose_two_or_a_tenth(before: int, now: int, *, refused: bool) -> None:
    for had, has in ((Tally(before, 1), Tally(now, 1)), (Tally(1, before), Tally(1, now))):
        assert bool([*shrunk("panel", had, has, Losses())]) is refused


def test_a_source_that_had_something_and_has_nothing_is_told() -> None:
    (told,) = shrunk("panel", Tally(1, 1), Tally(1, 0), Losses())

    assert told == (
        "source panel has 0 forwardings, and 1 in its last good run (-100%); "
        "it may lose 2 or 10 % (lost, lost_percent)"
    )


@given(COUNTS, COUNTS)
def test_a_source_that_grows_is_never_told(before: int, more: int) -> None:
    assert not [*shrunk("panel", Tally(before, before), Tally(before + more, before + more), Losses())]


def test_single_sources_and_targets_have_limits_of_their_own() -> None:
    guard = Guard(removed=1, lost=3, source={"panel": Losses(lost=9)}, target={"mx1": Limits(removed=7)})

    assert (guard.limits("mx1").removed, guard.limits("mx2").removed) == (7, 1)
    assert (guard.losses("panel").lost, guard.losses("office").lost) == (9, 3)


@pytest.mark.parametrize(
    "key", ["removed", "removed_percent", "added", "added_percent", "lost", "lost_percent"]
)
def test_a_limit_below_nothing_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=f"{key} must be 0 or more"):
        Guard(**{key: -1})  # type: ignore[arg-type] # each is a number
