"""What comparisons have found, kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forwardresolve.deploy.state import State
from forwardresolve.errors import TargetError
from forwardresolve.operate import watching
from forwardresolve.operate.metrics import metrics
from forwardresolve.operate.watching import Watched

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_kept_is_what_was_found(tmp_path: Path) -> None:
    assert watching.load(tmp_path) == Watched()
    found = Watched().after("", "one").after("2 addresses", "two").after("", "three")
    watching.save(tmp_path, found)
    assert watching.load(tmp_path) == found
    assert found == Watched(compared="three", differences=1, differed="two", text="2 addresses")


def test_what_was_found_is_measured() -> None:
    assert "forwardresolve_watch" not in metrics(State(), ())
    text = metrics(State(), (), Watched(compared="1970-01-01T00:01:00+00:00", differences=2))
    assert "forwardresolve_watch_compared_timestamp_seconds 60\n" in text
    assert "forwardresolve_watch_differences 2\n" in text


def test_a_damaged_file_knows_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "watched.json").write_text("{")
    assert watching.load(tmp_path) == Watched()
    assert "nothing is known of earlier comparisons" in caplog.text


def test_a_disk_that_refuses_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TargetError, match="cannot be written: "):
        watching.save(tmp_path / "file", Watched())
