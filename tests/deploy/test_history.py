"""Generations are kept whole, found again, and forgotten in time."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from deploy.test_directory import NEW, OLD, generation
from forwardresolve.deploy.history import History
from forwardresolve.deploy.policy import Deploy
from forwardresolve.deploy.ways import Ways
from forwardresolve.errors import TargetError

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
WAYS = Ways({"a@a.example": "x@gmail.example"}, frozenset({"a.example"}))


def keep(history: History, count: int, now: dt.datetime = NOW) -> list[str]:
    made = [generation(one=f"u{number}@a.example") for number in range(count)]
    for each in made:
        history.keep(each, WAYS, now, keys=1)
    return [each.digest for each in made]


def test_what_is_kept_is_found_again(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.keep(OLD, WAYS, NOW, keys=2, causes=("a cause: +1",), reason="a reason")

    assert history.generation(OLD.digest) == OLD
    assert history.ways(OLD.digest) == WAYS
    (kept,) = history.kept()
    assert (kept.digest, kept.at, kept.reason, kept.causes, kept.keys) == (
        OLD.digest,
        "2026-03-01T00:00:00+00:00",
        "a reason",
        ("a cause: +1",),
        2,
    )
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.rglob("*"))


def test_nothing_is_found_where_nothing_was_kept(tmp_path: Path) -> None:
    history = History(tmp_path)

    assert (history.kept(), history.generation(OLD.digest), history.ways(OLD.digest)) == ((), None, None)


def test_the_ways_of_a_kept_generation_are_brought_up_to_date(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.keep(OLD, WAYS, NOW, keys=2)
    other = Ways({"a@a.example": "y@gmail.example"}, WAYS.hosted)

    history.keep(OLD, other, NOW + dt.timedelta(days=1), keys=2)

    assert history.ways(OLD.digest) == other
    assert [each.at for each in history.kept()] == ["2026-03-01T00:00:00+00:00"]


@pytest.mark.parametrize("name", ["about.json", "ways.json.gz", "0.map.gz"])
@pytest.mark.parametrize("cut", [0, 5, -3])
def test_what_is_damaged_is_lost_and_said_and_kept_anew(
    name: str, cut: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    history = History(tmp_path)
    history.keep(OLD, WAYS, NOW, keys=2)
    path = tmp_path / "generations" / OLD.digest / name
    path.write_bytes(path.read_bytes()[:cut])

    if name == "ways.json.gz":
        assert history.ways(OLD.digest) is None
    else:
        assert history.generation(OLD.digest) is None
    assert "is damaged" in caplog.text
    history.keep(OLD, WAYS, NOW, keys=2)
    assert (history.generation(OLD.digest), history.ways(OLD.digest)) == (OLD, WAYS)


def test_ways_that_are_gone_are_not_known(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.keep(OLD, WAYS, NOW, keys=2)
    (tmp_path / "generations" / OLD.digest / "ways.json.gz").unlink()

    assert (history.ways(OLD.digest), history.generation(OLD.digest)) == (None, OLD)
    history.keep(OLD, WAYS, NOW, keys=2)
    assert history.ways(OLD.digest) == WAYS


def test_the_newest_are_kept_and_what_a_target_needs(tmp_path: Path) -> None:
    history = History(tmp_path)
    digests = keep(history, 6)

    history.prune(Deploy(generations=3), NOW, spared={digests[0]})

    assert [each.digest for each in history.kept()] == [*reversed(digests[3:]), digests[0]]


def test_what_is_too_old_goes_unless_a_target_needs_it(tmp_path: Path) -> None:
    history = History(tmp_path)
    digests = keep(history, 3)

    history.prune(Deploy(days=30), NOW + dt.timedelta(days=31), spared={digests[1]})

    assert [each.digest for each in history.kept()] == [digests[1]]


def test_a_clock_that_goes_back_changes_no_order_and_deletes_nothing(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.keep(OLD, WAYS, NOW, keys=2)
    history.keep(NEW, WAYS, NOW - dt.timedelta(days=400), keys=2)

    history.prune(Deploy(), NOW - dt.timedelta(days=400), spared=())

    assert [each.digest for each in history.kept()] == [NEW.digest, OLD.digest]


def test_what_a_killed_run_left_is_cleared_away(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.keep(OLD, WAYS, NOW, keys=2)
    (tmp_path / "generations" / ".half").mkdir()

    history.prune(Deploy(), NOW, spared=())

    assert [path.name for path in (tmp_path / "generations").iterdir()] == [OLD.digest]


def test_a_disk_that_refuses_is_a_sentence_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("forwardresolve.deploy.descent.replace", refuse)

    with pytest.raises(TargetError, match=r"^state_dir: .*No space left on device"):
        History(tmp_path).keep(OLD, WAYS, NOW, keys=2)
    assert [*(tmp_path / "generations").iterdir()] == []
