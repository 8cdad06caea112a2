"""A file is read once, and again as soon as it may have changed."""

from __future__ import annotations

import hashlib
import os
import time
from typing import TYPE_CHECKING

import pytest

from forwardresolve.deploy import digests
from forwardresolve.deploy.digests import Digests
from forwardresolve.errors import TargetError
from forwardresolve.rspamd.artifact import map_artifact
from forwardresolve.rspamd.writing import present

if TYPE_CHECKING:
    from pathlib import Path

ONE, OTHER = (map_artifact("list", f"{name}@a.example\n").content for name in "ab")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Which files were read."""
    paths: list[Path] = []

    def noted(path: Path) -> bytes | None:
        paths.append(path)
        return present(path)

    monkeypatch.setattr(digests, "present", noted)
    return paths


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A map that was written a while ago."""
    made = tmp_path / "list"
    made.write_bytes(ONE)
    time.sleep(0.15)
    return made


def test_a_file_is_read_once(path: Path, read: list[Path]) -> None:
    known = Digests()
    assert [known.of(path) for _ in range(3)] == [hashlib.sha256(ONE).hexdigest()] * 3
    assert read == [path]


def test_a_file_that_was_just_written_is_read_again(path: Path, read: list[Path]) -> None:
    known = Digests()
    path.write_bytes(OTHER)
    for _ in range(2):
        assert known.of(path) == hashlib.sha256(OTHER).hexdigest()
    assert len(read) == 2


def test_a_file_that_has_changed_is_read_again_though_its_size_and_time_are_the_same(path: Path) -> None:
    known = Digests()
    known.of(path)
    status = path.stat()
    with path.open("r+b") as file:
        file.write(OTHER)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_mtime_ns == status.st_mtime_ns
    assert known.of(path) == hashlib.sha256(OTHER).hexdigest()


def test_a_file_that_is_replaced_or_goes_or_is_turned_into_something_else_is_seen(path: Path) -> None:
    known = Digests()
    known.of(path)
    other = path.with_name("other")
    other.write_bytes(OTHER)
    other.replace(path)
    assert known.of(path) == hashlib.sha256(OTHER).hexdigest()
    path.unlink()
    assert known.of(path) is None
    path.write_bytes(b"mine\n")
    with pytest.raises(TargetError, match="was not written by forwardresolve"):
        known.of(path)
    path.unlink()
    path.symlink_to("elsewhere")
    with pytest.raises(TargetError, match="no regular file"):
        known.of(path)


def test_a_file_system_that_counts_in_seconds_is_not_trusted(
    path: Path, read: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp = digests._stamp
    monkeypatch.setattr(digests, "_stamp", lambda each: (*(stamp(each) or ())[:-1], 1_000_000_000))
    known = Digests()
    known.of(path)
    known.of(path)
    assert len(read) == 2
