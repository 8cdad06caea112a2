"""Writing artifacts into a directory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from forwardresolve.errors import TargetError
from forwardresolve.rspamd import MARKER, Artifact, write

if TYPE_CHECKING:
    from pathlib import Path


def _artifact(path: str, text: str = "") -> Artifact:
    return Artifact(path, f"{MARKER}\n{text}".encode(), "map")


def test_files_are_made_with_their_directories(tmp_path: Path) -> None:
    root = tmp_path / "etc" / "rspamd"
    previous = os.umask(0o077)
    try:
        written = write([_artifact("local.d/maps.d/list", "a@a.example\n")], root)
    finally:
        os.umask(previous)
    path = root / "local.d/maps.d/list"
    assert written.changed == (path,)
    assert path.read_text() == f"{MARKER}\na@a.example\n"
    assert path.stat().st_mode & 0o777 == 0o644
    assert (root / "local.d").stat().st_mode & 0o777 == 0o755


def test_the_mode_can_be_chosen(tmp_path: Path) -> None:
    write([_artifact("list")], tmp_path, mode=0o640)
    assert (tmp_path / "list").stat().st_mode & 0o777 == 0o640


def test_a_file_with_the_right_bytes_is_not_touched(tmp_path: Path) -> None:
    write([_artifact("one"), _artifact("two")], tmp_path)
    before = (tmp_path / "one").stat()
    written = write([_artifact("one"), _artifact("two", "more")], tmp_path)
    after = (tmp_path / "one").stat()
    assert written.unchanged == (tmp_path / "one",)
    assert written.changed == (tmp_path / "two",)
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_changed_file_is_another_one_under_the_same_name(tmp_path: Path) -> None:
    write([_artifact("list", "old")], tmp_path)
    with (tmp_path / "list").open() as reader:
        write([_artifact("list", "new")], tmp_path)
        assert reader.read().endswith("old")
    assert (tmp_path / "list").read_text().endswith("new")


def test_a_strangers_file_is_never_replaced_and_nothing_else_is_written(tmp_path: Path) -> None:
    stranger, empty = tmp_path / "stranger.conf", tmp_path / "empty.conf"
    stranger.write_text(f"mine\n{MARKER}\n")
    empty.write_text("")
    with pytest.raises(TargetError) as caught:
        write([_artifact(name) for name in ("a", "stranger.conf", "empty.conf")], tmp_path)
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [str(stranger), str(empty)]
    assert "move it away" in str(caught.value)
    assert stranger.read_text() == f"mine\n{MARKER}\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.conf", "stranger.conf"]


def test_a_link_or_a_directory_in_the_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "real").write_text(f"{MARKER}\n")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "directory").mkdir()
    for name in ("link", "dangling", "directory"):
        with pytest.raises(TargetError, match=f"{name}: is no regular file"):
            write([_artifact(name, "new")], tmp_path)
    assert (tmp_path / "link").is_symlink()


def test_a_directory_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "local.d").write_text("")
    with pytest.raises(TargetError, match=r"local\.d/list: cannot be read: Not a directory"):
        write([_artifact("local.d/list")], tmp_path)


def test_a_parent_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "local.d").symlink_to("nowhere")
    with pytest.raises(TargetError, match=r"local\.d: cannot be written: File exists"):
        write([_artifact("local.d/list")], tmp_path)


@pytest.mark.parametrize("call", ["fsync", "fchmod"])
def test_a_disk_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    write([_artifact("one", "old"), _artifact("two", "old")], tmp_path)
    calls = iter([None, OSError(28, "No space left on device")])
    genuine = getattr(os, call)

    def failing(*arguments: int) -> None:
        error = next(calls)
        if error is not None:
            raise error
        genuine(*arguments)

    monkeypatch.setattr(os, call, failing)
    with pytest.raises(TargetError, match="two: cannot be written: No space left on device"):
        write([_artifact("one", "new"), _artifact("two", "new")], tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]
    assert (tmp_path / "one").read_text().endswith("old")


def test_no_artifacts_write_nothing(tmp_path: Path) -> None:
    assert write([], tmp_path).changed == ()
    assert list(tmp_path.iterdir()) == []
