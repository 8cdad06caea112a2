"""The version of files is another one after every change, and says who has to act when there is none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from forwardresolve.file_versions import FileState, file_error, state_if_there, version_of_files
from forwardresolve.sdk import BackendMisconfigured, BackendUnavailable

if TYPE_CHECKING:
    from pathlib import Path

LATER = 10_000_000_000.0
"""A time at which no file of a test is fresh any more."""


def version(*paths: Path, optional: tuple[Path, ...] = (), now: float = LATER) -> str:
    return version_of_files(paths, optional=optional, now=now)


def test_it_stays_while_the_files_stay(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("x")
    assert version(path, tmp_path) == version(path, tmp_path, now=LATER + 1)


def test_it_tells_files_and_their_names_apart(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("x")
    os.link(one, other)
    assert len({version(), version(one), version(other), version(one, other), version(other, one)}) == 5


@pytest.mark.parametrize("kind", ["file", "directory", "link"])
def test_what_need_not_be_there_is_a_state(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "thing"
    before = version(optional=(path,))
    if kind == "directory":
        path.mkdir()
    else:
        (tmp_path / "file").write_text("x")
        (path.symlink_to if kind == "link" else path.hardlink_to)(tmp_path / "file")
    assert version(optional=(path,)) != before
    (path.rmdir if kind == "directory" else path.unlink)()
    assert version(optional=(path,)) == before


def test_an_entry_that_appears_changes_its_directory(tmp_path: Path) -> None:
    os.utime(tmp_path, (0, 0))
    before = version(tmp_path)
    (tmp_path / "new").touch()
    assert version(tmp_path) != before


def test_a_link_that_leads_nowhere_is_as_good_as_nothing(tmp_path: Path) -> None:
    path = tmp_path / "link"
    path.symlink_to("nowhere")
    assert state_if_there(path) is None
    (tmp_path / "nowhere").touch()
    assert state_if_there(path) is not None
    assert state_if_there(tmp_path / "nowhere" / "below") is None


def test_what_was_written_a_moment_ago_is_told_from_the_same_a_while_later(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("x")
    written = path.stat().st_ctime
    fresh = [version(path, now=written + age) for age in (-5, 0, 1.9)]
    old = [version(path, now=written + age) for age in (2.1, 60)]
    assert len(set(fresh)) == len(set(old)) == 1
    assert fresh[0] != old[0]
    assert version(optional=(path,), now=written) != version(optional=(path,), now=written + 60)


def test_the_clock_says_what_is_fresh(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("x")
    state = state_if_there(path)
    assert state is not None
    assert state.is_fresh
    assert FileState.of(path.stat()) == state._replace(is_fresh=False)
    assert version_of_files([path]) == version(path, now=path.stat().st_ctime)


def test_what_has_to_be_there_and_is_not_is_an_outage(tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailable, match="gone: No such file or directory"):
        version(tmp_path / "gone")


def test_what_cannot_be_looked_at_is_an_outage_or_a_mistake(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(BackendUnavailable, match="loop: Too many levels"):
        version(optional=(loop,))
    denied = file_error(tmp_path, PermissionError(13, "Permission denied"))
    assert isinstance(denied, BackendMisconfigured)
    assert str(denied) == f"{tmp_path}: Permission denied; check the path and who may read it"


def test_names_that_are_no_text_are_looked_at(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path / "f") + b"\xff")
    before = version_of_files([], optional=[path], now=LATER)
    os.close(os.open(path, os.O_CREAT))
    assert version_of_files([path], now=LATER) != before
