"""A directory takes a generation whole, or keeps what it had."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

import attrs
import pytest

from forwardresolve.deploy.directory import Directory
from forwardresolve.deploy.generation import Generation
from forwardresolve.deploy.journal import Journal
from forwardresolve.deploy.target import Holding
from forwardresolve.errors import TargetError
from forwardresolve.rspamd import MARKER, Artifact
from forwardresolve.rspamd.configuration import JOURNAL

MAPS = "local.d/maps.d"


def generation(**texts: str) -> Generation:
    """Make maps out of names and texts."""
    return Generation(
        tuple(
            Artifact(f"{MAPS}/{name}", f"{MARKER}\n{text}\n".encode(), "map") for name, text in texts.items()
        )
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "rspamd"


@pytest.fixture
def target(root: Path) -> Directory:
    return Directory(name="mx1", root=root)


OLD = generation(one="a@a.example", two="@b.example")
NEW = generation(one="b@a.example", two="@c.example")


def test_a_new_directory_holds_nothing_and_takes_a_generation(target: Directory, root: Path) -> None:
    nothing = target.holding(OLD.digests)

    held = target.put(OLD, nothing)

    assert nothing == Holding({})
    assert held == target.holding(OLD.digests) == Holding(OLD.digests, 1)
    assert held.digest == OLD.digest
    assert target.fetch(f"{MAPS}/one") == (root / MAPS / "one").read_bytes() == OLD.maps[0].content


def test_generations_are_counted(target: Directory) -> None:
    first = target.put(OLD, target.holding(OLD.digests))
    second = target.put(NEW, first)

    assert second == Holding(NEW.digests, 2)


def test_a_directory_that_has_moved_since_is_left_alone(target: Directory) -> None:
    first = target.put(OLD, target.holding(OLD.digests))
    target.put(NEW, first)

    with pytest.raises(TargetError, match=r"^target mx1: holds something else than"):
        target.put(OLD, first)
    assert target.holding(OLD.digests).digest == NEW.digest


def test_a_replay_is_refused_even_when_the_content_fits(target: Directory) -> None:
    first = target.put(OLD, target.holding(OLD.digests))
    second = target.put(NEW, first)
    target.put(OLD, second)

    with pytest.raises(TargetError, match="holds something else"):
        target.put(NEW, first)


def test_a_file_of_somebody_else_is_never_replaced(target: Directory, root: Path) -> None:
    (root / MAPS).mkdir(parents=True)
    (root / MAPS / "two").write_text("mine")

    with pytest.raises(TargetError, match=r"^target mx1: .*two: was not written by forwardresolve"):
        target.put(OLD, Holding({}))
    assert not (root / MAPS / "one").exists()
    assert (root / MAPS / "two").read_text() == "mine"


@pytest.mark.parametrize("link", [".", "local.d", MAPS, f"{MAPS}/one"])
def test_a_symbolic_link_is_refused(link: str, target: Directory, root: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (root / link).parent.mkdir(parents=True, exist_ok=True)
    (root / link).symlink_to(elsewhere, target_is_directory=True)

    with pytest.raises(TargetError, match=r"is a symbolic link|is no regular file"):
        target.holding(OLD.digests)
    with pytest.raises(TargetError, match=r"is a symbolic link|is no regular file"):
        target.put(OLD, Holding({}))
    assert not [*elsewhere.iterdir()]


@pytest.mark.parametrize("mode", ["0777", "0440x", "64", "0040", "rw"])
def test_a_mode_that_cannot_be_is_refused(mode: str, target: Directory) -> None:
    with pytest.raises(ValueError, match="mode must be permissions"):
        attrs.evolve(target, mode=mode)


def staged(root: Path, name: str) -> Path:
    return root / MAPS / f".{name}.next"


def test_what_a_killed_run_left_after_its_journal_is_completed(target: Directory, root: Path) -> None:
    target.put(OLD, target.holding(OLD.digests))
    for each in NEW.maps:
        staged(root, each.path.rpartition("/")[2]).write_bytes(each.content)
    Journal(2, NEW.digests).write(root / JOURNAL)
    staged(root, "one").replace(root / MAPS / "one")  # the first rename was done

    assert target.holding(NEW.digests) == Holding(NEW.digests, 2)
    assert not staged(root, "two").exists()


def test_what_a_killed_run_left_before_its_journal_is_dropped(target: Directory, root: Path) -> None:
    held = target.put(OLD, target.holding(OLD.digests))
    staged(root, "one").write_bytes(NEW.maps[0].content)
    staged(root, "two").write_bytes(NEW.maps[1].content[:-3])

    assert target.holding(NEW.digests) == held
    assert [*root.rglob(".*.next")] == []
    assert target.put(NEW, held).digest == NEW.digest


def test_a_damaged_journal_is_that_of_a_new_directory(
    target: Directory, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    target.put(OLD, target.holding(OLD.digests))
    for text in ("", f"{MARKER}\n{{", f"{MARKER}\n[]", f"{MARKER}\n" + '{"sequence": "1"}', "\udcff"):
        (root / JOURNAL).write_bytes(text.encode(errors="surrogateescape"))

        assert target.holding(OLD.digests) == Holding(OLD.digests, 0)
        assert "is damaged" in caplog.text
        caplog.clear()


def test_a_map_that_was_lost_is_not_held(target: Directory, root: Path) -> None:
    target.put(OLD, target.holding(OLD.digests))
    (root / MAPS / "one").unlink()

    assert target.holding(OLD.digests).digests.keys() == {f"{MAPS}/two"}
    with pytest.raises(TargetError, match=r"^target mx1: .*/one: is not there"):
        target.fetch(f"{MAPS}/one")


def test_files_get_the_owner_the_group_and_the_mode_that_are_asked_for(target: Directory, root: Path) -> None:
    ours = (os.geteuid(), os.getegid())

    attrs.evolve(target, mode="0660", owner=ours[0], group=ours[1]).put(OLD, Holding({}))

    status = (root / MAPS / "one").stat()
    assert (status.st_mode & 0o777, status.st_uid, status.st_gid) == (0o660, *ours)


def test_a_map_that_rspamd_could_not_read_never_comes_into_place(target: Directory, root: Path) -> None:
    held = target.put(OLD, target.holding(OLD.digests))

    with pytest.raises(TargetError, match="Rspamd could not read the new map, and would empty its list"):
        attrs.evolve(target, mode="0600", owner="", group=4242 if os.geteuid() == 0 else os.getegid()).put(
            NEW, held
        )
    assert target.holding(OLD.digests) == held
    assert [*root.rglob(".*.next")] == []


def test_whoever_may_not_give_files_away_is_told(
    target: Directory, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "fchown", refuse)

    with pytest.raises(TargetError, match=r"^target mx1: .*one: cannot be given its owner and group"):
        attrs.evolve(target, group=os.getegid()).put(OLD, Holding({}))
    assert [path for path in root.rglob("*") if path.is_file()] == []


def test_a_notice_names_the_target(
    target: Directory, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("forwardresolve.deploy.access.USERS", ())

    with caplog.at_level("INFO"):
        target.put(OLD, Holding({}))

    assert "target mx1: there is no user of Rspamd here" in caplog.text


def test_a_directory_that_is_written_to_by_another_run_is_waited_for_and_then_left(
    target: Directory, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.put(OLD, Holding({}))
    monkeypatch.setattr("forwardresolve.deploy.directory._PATIENCE", 0.1)
    other = os.open(root / MAPS, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    try:
        with pytest.raises(TargetError, match="another run is writing here"):
            target.holding(OLD.digests)
    finally:
        os.close(other)
    assert target.holding(OLD.digests).digest == OLD.digest


def test_a_directory_that_cannot_be_made_is_told_with_its_reason(target: Directory, root: Path) -> None:
    root.write_text("a file in its place")

    with pytest.raises(TargetError, match=r"^target mx1: .*(Not a directory|File exists)"):
        target.put(OLD, Holding({}))


@pytest.mark.parametrize("root", ["relative", "/etc/../rspamd"])
def test_a_root_has_to_be_plain(root: str) -> None:
    with pytest.raises(ValueError, match="root must be an absolute path"):
        Directory(name="mx1", root=Path(root))
