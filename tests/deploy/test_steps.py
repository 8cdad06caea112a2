"""A generation that is kept as a step comes back byte for byte, and costs as little as it changes."""

from __future__ import annotations

import gzip
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from deploy.clicks import DAY, NOW, TEXT, WAYS, between, clicks, digests, lines, listing, step, told, walk
from forwardresolve.deploy import since
from forwardresolve.deploy.history import History
from forwardresolve.deploy.planning import at_once
from forwardresolve.deploy.policy import Deploy

if TYPE_CHECKING:
    from pathlib import Path


def test_every_click_comes_back_byte_for_byte(tmp_path: Path) -> None:
    made = clicks(12)
    history = History(tmp_path)
    walk(history, made)

    for each in (history, History(tmp_path)):
        assert [each.generation(one.digest) for one in made] == made
        assert told(each) == digests(made)
    assert [path.name for path in (tmp_path / "generations").iterdir()] == [made[0].digest]


def test_several_threads_may_ask_at_once(tmp_path: Path) -> None:
    made = clicks(12)
    walk(History(tmp_path), made)

    assert at_once(History(tmp_path).generation, [each.digest for each in made]) == made


def test_an_address_may_come_and_go_and_come(tmp_path: Path) -> None:
    history = History(tmp_path)
    made = [listing("a"), listing("a", "b"), listing("c"), listing("b", "c"), listing("a", "c")]
    walk(history, made)

    assert [history.generation(each.digest) for each in made] == made


def test_what_is_known_of_a_step_is_what_is_known_of_a_generation(tmp_path: Path) -> None:
    history = History(tmp_path)
    old, new = clicks(2)
    walk(history, [old])
    assert step(history, old, new, NOW + DAY / 2, reason="a reason")

    kept, whole = History(tmp_path).kept()

    assert (kept.digest, kept.number, kept.at, kept.reason, kept.causes, kept.keys, kept.since) == (
        new.digest,
        2,
        "2026-03-01T12:00:00+00:00",
        "a reason",
        ("a click: +1",),
        1,
        old.digest,
    )
    assert (kept.is_whole, whole.is_whole) == (False, True)
    assert history.ways(new.digest) == WAYS
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.rglob("*"))


def test_whole_ones_and_steps_are_counted_together(tmp_path: Path) -> None:
    history = History(tmp_path)
    one, two = clicks(3), clicks(3, start=10)
    walk(history, one)
    walk(history, two)

    assert step(history, one[-1], listing("b"))

    assert told(history) == [listing("b").digest, *digests(two), *digests(one)]
    assert [each.number for each in history.kept()] == [7, 6, 5, 4, 3, 2, 1]


def test_a_step_reads_and_writes_nothing_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(tmp_path)
    made = clicks(3)
    walk(history, made[:2])
    monkeypatch.setattr(gzip, "decompress", None)
    monkeypatch.setattr(gzip, "compress", None)
    before = lines(tmp_path, made[0]).stat().st_size

    assert step(history, made[1], made[2])
    assert step(History(tmp_path), made[2], listing("b"))

    assert lines(tmp_path, made[0]).stat().st_size < 4 * before


def test_a_list_that_comes_back_is_kept_once(tmp_path: Path) -> None:
    history = History(tmp_path)
    old, new, third = clicks(3)
    walk(history, [old, new])

    for _ in range(5):
        assert step(history, new, old)
        assert step(history, old, new)
    assert step(history, old, third)

    assert lines(tmp_path, old).read_bytes().count(b"\n") == 2
    assert told(history) == digests([old, new, third])
    assert [history.generation(each.digest) for each in (old, new, third)] == [old, new, third]


def test_what_goes_on_from_an_earlier_click_is_kept_beside_what_was_after_it(tmp_path: Path) -> None:
    history = History(tmp_path)
    made = clicks(5)
    other = listing("other")
    walk(history, made)

    assert step(history, made[2], other)

    assert History(tmp_path).generation(other.digest) == other
    assert history.generation(made[-1].digest) == made[-1]


def test_what_is_before_it_must_be_kept(tmp_path: Path) -> None:
    history = History(tmp_path)
    old, new, third = clicks(3)
    assert not step(history, old, new)
    walk(history, [old])

    assert not step(history, new, third)

    assert told(history) == [old.digest]
    assert not lines(tmp_path, old).exists()


def test_patches_that_cannot_lead_there_are_not_kept(tmp_path: Path) -> None:
    history = History(tmp_path)
    old, new = clicks(2)
    walk(history, [old])

    assert not history.keep_step(old.digest, new.digest, {}, NOW, keys=1)
    assert not history.keep_step(old.digest, new.digest, {"x": between(old, new)[TEXT]}, NOW, keys=1)


def test_patches_that_lead_elsewhere_are_found_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    history = History(tmp_path)
    old, new, third = clicks(3)
    walk(history, [old])
    assert history.keep_step(old.digest, new.digest, between(old, third), NOW, keys=1)

    assert history.generation(new.digest) is None
    assert "is damaged" in caplog.text
    assert history.generation(old.digest) == old


def test_after_a_day_the_next_one_is_to_be_whole(tmp_path: Path) -> None:
    history = History(tmp_path)
    made = clicks(4)
    walk(history, made[:2])

    assert step(history, made[1], made[2], NOW + DAY)
    assert not step(history, made[2], made[3], NOW + 1.01 * DAY)
    walk(history, made[3:], NOW + 1.01 * DAY)
    assert step(history, made[3], listing("b"), NOW + 1.02 * DAY)


@pytest.mark.parametrize("bound", ["MOST_STEPS", "MOST_BYTES"])
def test_after_many_steps_the_next_one_is_to_be_whole(
    bound: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = History(tmp_path)
    made = clicks(10)
    walk(history, made[:4])
    size = lines(tmp_path, made[0]).stat().st_size
    monkeypatch.setattr(since, bound, {"MOST_STEPS": 4, "MOST_BYTES": size * 3 // 2}[bound])

    assert [step(history, before, after) for before, after in pairwise(made[3:])] == [
        True,
        *[False] * 5,
    ]
    assert told(History(tmp_path)) == digests(made[:5])


def test_a_step_may_be_kept_whole_later(tmp_path: Path) -> None:
    history = History(tmp_path)
    made = clicks(4)
    walk(history, made[:3])

    history.keep(made[2], WAYS, NOW, keys=1)
    assert step(history, made[2], made[3])

    assert [(each.digest, each.is_whole) for each in history.kept()] == [
        (made[3].digest, False),
        (made[2].digest, True),
        (made[1].digest, False),
        (made[0].digest, True),
    ]
    assert history.kept()[0].since == made[2].digest
    assert [history.generation(each.digest) for each in made] == made


def test_a_whole_one_that_is_damaged_is_replaced_by_the_step_to_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    history = History(tmp_path)
    made = clicks(3)
    walk(history, made)
    history.keep(made[2], WAYS, NOW, keys=1)
    (tmp_path / "generations" / made[2].digest / "0.map.gz").write_bytes(b"")

    assert history.generation(made[2].digest) == made[2]
    assert "is damaged" in caplog.text


def test_with_a_damaged_whole_one_its_steps_are_lost_until_it_is_kept_anew(tmp_path: Path) -> None:
    history = History(tmp_path)
    made = clicks(3)
    walk(history, made)
    (tmp_path / "generations" / made[0].digest / "0.map.gz").write_bytes(b"")
    assert [history.generation(each.digest) for each in made] == [None, None, None]

    history.keep(made[0], WAYS, NOW, keys=1)

    assert [history.generation(each.digest) for each in made] == made


def test_steps_live_and_die_with_their_whole_one(tmp_path: Path) -> None:
    history = History(tmp_path)
    runs = [clicks(3, start=10 * at) for at in range(5)]
    for made in runs:
        walk(history, made)

    history.prune(Deploy(generations=2), NOW, spared={runs[1][2].digest, runs[0][0].digest, "unknown"})

    left = [*runs[0], *runs[1], *runs[3], *runs[4]]
    assert told(history) == told(History(tmp_path)) == digests(left)
    assert [history.generation(each.digest) for each in left] == left


def test_a_whole_one_is_as_new_as_the_last_step_since(tmp_path: Path) -> None:
    history = History(tmp_path)
    one, two, three = (clicks(2, start=10 * at) for at in range(3))
    for made in (one, two, three):
        walk(history, made)
    assert step(history, one[1], listing("late"), NOW + DAY / 2)

    history.prune(Deploy(generations=2), NOW, spared=())
    assert told(history) == digests([*one, *three, listing("late")])
    history.prune(Deploy(days=30), NOW + 30 * DAY + DAY / 4, spared=())
    assert told(history) == digests([*one, listing("late")])


def test_what_is_kept_whole_spares_no_step_to_it(tmp_path: Path) -> None:
    history = History(tmp_path)
    made = clicks(3)
    walk(history, made)
    walk(history, made[2:])
    assert step(history, made[1], listing("late"))

    history.prune(Deploy(days=1), NOW + 5 * DAY, spared={made[2].digest})

    assert told(history) == [made[2].digest]
