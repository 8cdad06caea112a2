"""The last complete read of a source is used only when it is whole and young enough."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from deploy.hosts import Given, forwards, site
from forwardresolve import pipeline
from forwardresolve.config import Config
from forwardresolve.deploy.last_good import LastGood
from forwardresolve.deploy.policy import Fallback
from forwardresolve.errors import BackendIncomplete, BackendUnavailable, DeadlineExceeded, TargetError
from forwardresolve.sdk import Domain, Forward
from forwardresolve.sources import Deadline, read_all, span
from sample_backends import Dying, Small

if TYPE_CHECKING:
    from pathlib import Path

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
HOURS = dt.timedelta(hours=1)
LAST_GOOD = {"panel": Fallback(on_unavailable="last-good", max_age="24h")}


def kept(path: Path, now: dt.datetime = NOW) -> Config:
    """Read a source once, keep that, and take the source down."""
    made = site(path, forwards(3), fallbacks=LAST_GOOD)
    read = read_all(made.config, now=now, writes=True)
    LastGood(path / "state").keep("panel", read.spools["panel"])
    made.panel.is_down = True
    return made.config


def test_the_last_good_read_stands_in_for_a_source_that_is_down(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    read = read_all(kept(tmp_path), now=NOW + 3 * HOURS)

    assert read.last_good == {"panel": "2026-03-01T00:00:00+00:00"}
    assert len(read.graph.rows.tables["virtual"]) == 3
    assert read.tallies["panel"].forwardings == 3
    assert "source panel: nobody answers; its last good read stands in for it, 3 h old" in caplog.text


@pytest.mark.parametrize("later", [25 * HOURS, -1 * HOURS])
def test_a_read_that_is_too_old_or_from_the_future_does_not(later: dt.timedelta, tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailable, match=r"^source panel: nobody answers; .*max_age 24h"):
        read_all(kept(tmp_path), now=NOW + later)


def test_without_a_read_the_run_stops(tmp_path: Path) -> None:
    made = site(tmp_path, fallbacks=LAST_GOOD)
    made.panel.is_down = True

    with pytest.raises(BackendUnavailable, match="there is no last good read"):
        made.plan()


def test_without_being_asked_for_nothing_stands_in(tmp_path: Path) -> None:
    config = kept(tmp_path)

    for fallbacks in ({}, {"panel": Fallback()}):
        stops = Config(sources=config.sources, state_dir=config.state_dir, fallbacks=fallbacks)
        with pytest.raises(BackendUnavailable, match=r"^source panel: nobody answers$"):
            read_all(stops, now=NOW)


def test_a_read_that_is_damaged_is_no_read(tmp_path: Path) -> None:
    config = kept(tmp_path)
    path = tmp_path / "state" / "reads" / "panel.jsonl.gz"
    whole = path.read_bytes()
    for cut in range(0, len(whole), 9):
        path.write_bytes(whole[:cut])
        with pytest.raises((BackendUnavailable, BackendIncomplete), match=r"^source panel: "):
            read_all(config, now=NOW)


def test_a_source_that_dies_in_the_middle_is_read_from_the_beginning(tmp_path: Path) -> None:
    config = kept(tmp_path)
    dying = Config(
        sources={"other": Given(tuple(forwards(2, "b.example"))), "panel": Dying()},
        state_dir=config.state_dir,
        fallbacks=LAST_GOOD,
    )

    read = read_all(dying, now=NOW)

    assert sorted(read.graph.rows.domains) == ["a.example", "b.example"]
    assert {name: each.forwardings for name, each in read.tallies.items()} == {"other": 2, "panel": 3}


def test_what_was_written_down_is_kept_by_a_run_that_succeeds_and_only_then(tmp_path: Path) -> None:
    made = site(tmp_path, forwards(3), fallbacks=LAST_GOOD)
    reads = tmp_path / "state" / "reads"

    plan = made.plan()
    assert [path.name[0] for path in reads.iterdir()] == ["."]
    pipeline.apply(plan, first=True)
    assert [path.name for path in reads.iterdir()] == ["panel.jsonl.gz"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in [reads, *reads.iterdir()])
    made.panel.is_down = True
    assert {each.changed for each in made.apply()} == {False}
    status = pipeline.status(made.config).state
    assert status.sources["panel"].last_good_from


def test_a_read_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    made = site(tmp_path, [Forward("a@a.example", "b@b.example")], fallbacks=LAST_GOOD)

    with pytest.raises(BackendIncomplete):
        made.plan()
    config = Config(sources={"panel": Dying()}, state_dir=tmp_path / "state", fallbacks=LAST_GOOD)
    with pytest.raises(BackendUnavailable):
        read_all(config, writes=True)
    LastGood(tmp_path / "state").clean()
    assert [*(tmp_path / "state" / "reads").iterdir()] == []


def test_any_name_of_a_source_is_a_file(tmp_path: Path) -> None:
    kept_reads = LastGood(tmp_path)
    spool = kept_reads.spool([Domain("a.example")], NOW)
    assert [*spool] == [Domain("a.example")]
    kept_reads.keep("../a/ü", spool.path)

    assert [*kept_reads.records("../a/ü")] == [Domain("a.example")]
    assert kept_reads.at("../a/ü") == "2026-03-01T00:00:00+00:00"


def test_a_disk_that_refuses_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"^state_dir: .*No such file"):
        LastGood(tmp_path).keep("panel", tmp_path / "nothing")


def test_a_deadline_that_has_passed_ends_the_run_in_time(tmp_path: Path) -> None:
    made = site(tmp_path, forwards(3))

    with pytest.raises(DeadlineExceeded, match="the deadline has passed while source panel was read"):
        pipeline.plan(made.config, deadline=0)
    many = Config(sources={"panel": Given(tuple(forwards(2500)))}, state_dir=tmp_path)
    with pytest.raises(DeadlineExceeded):
        read_all(many, lambda *_: None, Deadline.after(0))
    assert pipeline.plan(made.config, deadline=600).changes


def test_a_deadline_that_is_far_does_nothing() -> None:
    read = read_all(Config(sources={"panel": Small()}), lambda *_: None, Deadline.after(600))

    assert read.tallies["panel"].domains == 2


@pytest.mark.parametrize(
    ("seconds", "text"), [(-3, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (172800, "2 days")]
)
def test_a_span_is_written_for_people(seconds: float, text: str) -> None:
    assert span(seconds) == text
