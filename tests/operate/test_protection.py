"""What the last verification found is kept, told without addresses, and never in the way."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from forwardresolve.errors import TargetError
from forwardresolve.findings import Finding
from forwardresolve.operate.protection import Verified, events, load, save
from forwardresolve.rspamd.verifying import Protection

if TYPE_CHECKING:
    from pathlib import Path

GOOD = Verified(name="mx1", when=1000.0, protects=True, version="3.4")
BAD = Verified(
    name="mx2", when=1000.0, protects=False, version="4.1.5", problems=("rspamd-map-empty", "rspamd-mode")
)
DEAF = Verified(name="mx3", when=1000.5, protects=None, problems=("http://mx3:11334: cannot be asked",))


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    save(tmp_path / "state", [GOOD, BAD, DEAF])

    assert load(tmp_path / "state") == {"mx1": GOOD, "mx2": BAD, "mx3": DEAF}
    assert (tmp_path / "state").stat().st_mode & 0o077 == 0


def test_nothing_kept_is_nothing_known(tmp_path: Path) -> None:
    assert load(tmp_path) == {}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"verified": [{"name": 1}]}', "\udcff"])
def test_a_damaged_file_is_told_and_forgotten(
    content: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "verified.json").write_bytes(content.encode(errors="surrogateescape"))

    assert load(tmp_path) == {}
    assert "is damaged" in caplog.text


def test_a_state_dir_that_refuses_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(TargetError, match="cannot be written: "):
        save(tmp_path / "file" / "state", [GOOD])
    with pytest.raises(TargetError, match="cannot be read: "):
        load(tmp_path / "file" / "state")


def test_an_answer_is_kept_without_its_addresses() -> None:
    finding = Finding("rspamd-unprotected", "error", "address (ann@a.example): not set", "", "ann@a.example")
    warning = Finding("rspamd-rewrite-subject", "warning", "...", "")

    kept = Verified.of("mx1", 5, Protection("3.4", (), (finding, finding, warning)))

    assert kept == Verified(
        name="mx1", when=5, protects=False, version="3.4", problems=("rspamd-unprotected",)
    )
    deaf = Verified.of("mx1", 5, TargetError("nobody answers"))
    assert (deaf.protects, deaf.problems) == (None, ("nobody answers",))


def test_what_was_found_is_told_in_a_line_each() -> None:
    observing = Verified(name="mx4", when=1, protects=False, problems=("rspamd-observing",))

    assert list(events({}, [GOOD, BAD, DEAF, observing])) == [
        (logging.INFO, "mx1: protected (Rspamd 3.4)"),
        (
            logging.ERROR,
            "mx2: NOT PROTECTED: rspamd-map-empty, rspamd-mode; forwardresolve verify shows the addresses",
        ),
        (logging.ERROR, "mx3: cannot be verified: http://mx3:11334: cannot be asked"),
        (logging.WARNING, 'mx4: nothing is refused, because of mode = "observe"'),
    ]


def test_an_upgrade_of_rspamd_is_told() -> None:
    newer = Verified(name="mx1", when=2000, protects=True, version="4.1.5")

    assert next(events({"mx1": GOOD}, [newer])) == (logging.WARNING, "mx1: Rspamd went from 3.4 to 4.1.5")
    assert len(list(events({"mx1": DEAF}, [newer]))) == 1
