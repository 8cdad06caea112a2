"""The state is written at once, and never fatal when it is lost."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import attrs
import pytest

from forwardresolve.deploy.state import (
    Release,
    Run,
    SourceRecord,
    State,
    TargetRecord,
    locked,
    read_state,
    seconds_since,
    stamp,
    write_state,
)
from forwardresolve.errors import TargetError

if TYPE_CHECKING:
    from pathlib import Path

AT = "2026-03-01T10:00:00+00:00"
RELEASE = Release(digest="ab" * 32, how="approved", reason="moved", at=AT)
STATE = State(
    sources={"panel": SourceRecord(domains=1, forwardings=2, at=AT)},
    targets={"mx1": TargetRecord(held="x", history=("x",))},
    approvals=(RELEASE,),
    hold=attrs.evolve(RELEASE, how="rolled back"),
    run=Run(at=AT, outcome="done"),
)


def test_what_is_written_is_read_again_and_nobody_else_reads_it(tmp_path: Path) -> None:
    write_state(tmp_path / "new" / "state", STATE)

    assert read_state(tmp_path / "new" / "state") == STATE
    assert (tmp_path / "new" / "state").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new" / "state" / "state.json").stat().st_mode & 0o777 == 0o600


def test_a_first_run_has_an_empty_state(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert read_state(tmp_path / "nowhere") == State()
    assert caplog.text == ""


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"sources": 3}', '{"schema_version": 99}', "\udcff"]
)
def test_a_damaged_state_is_that_of_a_first_run_and_it_is_said(
    text: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state.json").write_bytes(text.encode(errors="surrogateescape"))

    assert read_state(tmp_path) == State()
    assert "is damaged, so nothing is known of earlier runs" in caplog.text


def test_a_truncated_state_is_never_fatal(tmp_path: Path) -> None:
    write_state(tmp_path, STATE)
    whole = (tmp_path / "state.json").read_bytes()
    for cut in range(0, len(whole) - 2, 7):
        (tmp_path / "state.json").write_bytes(whole[:cut])
        assert read_state(tmp_path) == State()


def test_a_state_that_cannot_be_read_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "state.json").mkdir()

    assert read_state(tmp_path) == State()
    assert "cannot be read (Is a directory)" in caplog.text


def test_a_state_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(TargetError, match=r"^state_dir: .*/file"):
        write_state(tmp_path / "file", STATE)
    with pytest.raises(TargetError, match=r"^state_dir: .*/file"), locked(tmp_path / "file" / "below"):
        pass
    (tmp_path / "lock").mkdir()
    with pytest.raises(TargetError, match=r"^state_dir: .*/lock: Is a directory"), locked(tmp_path):
        pass


def test_a_second_run_is_told_which_is_the_first(tmp_path: Path) -> None:
    told = pytest.raises(TargetError, match=r"another run is under way \(process \d+")
    with locked(tmp_path), told, locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_an_approval_may_name_the_beginning_of_a_digest() -> None:
    state = State(approvals=(attrs.evolve(RELEASE, digest="ab" * 6),))

    assert state.approved("ab" * 32) is not None
    assert state.approved("cd" * 32) is None


def test_only_the_last_releases_are_remembered() -> None:
    state = State().released(*(attrs.evolve(RELEASE, reason=str(number)) for number in range(60)))

    assert [each.reason for each in state.releases] == [str(number) for number in range(10, 60)]


def test_the_last_success_is_remembered_over_failures() -> None:
    state = State().ended(Run(at="1", outcome="failed"))
    assert state.run is not None
    assert state.run.success == ""
    for at, outcome in (("2", "done"), ("3", "refused"), ("4", "partly")):
        state = state.ended(Run(at=at, outcome=outcome))  # type: ignore[arg-type] # an ending
    assert state.run is not None
    assert (state.run.at, state.run.success) == ("4", "2")


def test_times_are_utc_and_may_lie_in_the_future() -> None:
    now = dt.datetime(2026, 3, 1, 11, tzinfo=dt.timezone(dt.timedelta(hours=1)))

    assert stamp(now) == AT
    assert seconds_since("2026-03-01T10:00:05+00:00", now) == -5
    assert seconds_since("yesterday", now) is None
    assert seconds_since("2026-03-01T10:00:05", now) is None
    assert json.loads(json.dumps(attrs.asdict(STATE)))["schema_version"] == 1
