"""A directory takes a generation whole, or keeps what it had."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest

from forwardresolve.deploy.directory import Directory
from forwardresolve.deploy.generation import Generation
from forwardresolve.deploy.target import Holding
from forwardresolve.errors import TargetError
from forwardresolve.rspamd import MARKER, Artifact

if TYPE_CHECKING:
    from pathlib import Path

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
