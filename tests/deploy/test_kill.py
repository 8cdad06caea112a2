"""A run that is killed at any step leaves one whole list, old or new, and the next run completes it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploy.hosts import forwards, site
from deploy.killing import dies_at
from forwardresolve import pipeline
from forwardresolve.deploy.policy import Deploy, Fallback
from forwardresolve.deploy.state import read_state
from forwardresolve.rspamd import RspamdSettings
from forwardresolve.rspamd.reading import is_whole
from forwardresolve.sdk import Domain, Forward

if TYPE_CHECKING:
    from deploy.hosts import Site

MAPS = "local.d/maps.d"
OLD = (*forwards(3), Domain("b.example"), Forward("@b.example", "out@elsewhere.example"))
NEW = (*forwards(2), Domain("c.example"), Forward("@c.example", "out@elsewhere.example"))
"""Both maps of the multimap profile change."""


@pytest.fixture
def deployed(tmp_path: Path) -> Site:
    """Both front ends hold the old list; the sources have the new one."""
    made = site(
        tmp_path / "site",
        OLD,
        deploy=Deploy(on_failure="stop"),  # no threads: the steps come in one order
        fallbacks={"panel": Fallback(on_unavailable="last-good")},
    )
    (tmp_path / "site").mkdir()
    made.apply(first=True)
    made.panel.set(*NEW)
    copy(tmp_path / "site", tmp_path / "before")
    return made


def copy(source: Path, to: Path) -> None:
    """Copy a directory with the owners of its files."""

    def copy_file(one: str, other: str) -> None:
        shutil.copy2(one, other)
        status = Path(one).stat()
        os.chown(other, status.st_uid, status.st_gid)

    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(source, to, copy_function=copy_file)


def start_again(made: Site) -> None:
    copy(made.path.parent / "before", made.path)


def maps(made: Site) -> dict[str, bytes]:
    files = (path for path in made.path.rglob(f"{MAPS}/*") if not path.name.startswith("."))
    return {str(path.relative_to(made.path)): path.read_bytes() for path in files}


def access(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_mode, status.st_uid, status.st_gid


def check(made: Site, old: dict[str, bytes], new: dict[str, bytes]) -> None:
    """Every file is whole, old or new; after the next look every target is."""
    now = maps(made)
    assert now.keys() == old.keys() == new.keys()
    for name, content in now.items():
        assert content in {old[name], new[name]}, name
        assert is_whole(content)
        assert access(made.path / name) == access(made.path.parent / "before" / name)
    targets = pipeline.status(made.config).targets
    assert all(each.answers for each in targets)
    settled = maps(made)
    for each in made.config.targets:
        names = {name for name in settled if name.startswith(f"{each.name}/")}
        assert {name: settled[name] for name in names} in (
            {name: old[name] for name in names},
            {name: new[name] for name in names},
        ), each.name


def test_an_apply_that_is_killed_at_any_step_is_completed_by_the_next(deployed: Site) -> None:
    old = maps(deployed)
    deployed.apply()
    new = maps(deployed)
    texts = [name for name in old if "patterns" not in name and not name.endswith(".cdb")]
    assert all(old[name] != new[name] for name in texts)
    step = 0
    while True:
        step += 1
        start_again(deployed)
        died = dies_at(step, deployed.apply)
        check(deployed, old, new)
        outcomes = deployed.apply()
        assert maps(deployed) == new
        assert not any(each.error for each in outcomes)
        assert [*deployed.path.rglob("*.next")] == []
        if not died:
            break
    assert step > 60, "so few steps are no deployment"
    kept = pipeline.status(deployed.config).kept
    assert len(kept) == 4
    assert [path.name for path in (deployed.config.state_dir / "reads").iterdir()] == ["panel.jsonl.gz"]


def test_a_rollback_that_is_killed_at_any_step_is_held_or_was_none(deployed: Site) -> None:
    old = maps(deployed)
    deployed.apply()
    new = maps(deployed)
    copy(deployed.path, deployed.path.parent / "before")
    step = 0
    while True:
        step += 1
        start_again(deployed)
        died = dies_at(step, lambda: pipeline.roll_back(deployed.config, reason="back"))
        check(deployed, new, old)
        if maps(deployed) != new:
            assert read_state(deployed.config.state_dir).hold is not None
        if not died:
            break
    assert step > 20, "so few steps are no rollback"
    assert maps(deployed) == old


def test_a_first_apply_that_is_killed_at_any_step_leaves_no_map_or_a_whole_one(tmp_path: Path) -> None:
    made = site(tmp_path / "site", OLD, targets=(("mx1", RspamdSettings()),))
    (tmp_path / "site").mkdir()
    for step in range(1, 1000):
        shutil.rmtree(made.path)
        made.path.mkdir()
        died = dies_at(step, lambda: made.apply(first=True))
        assert all(is_whole(content) for content in maps(made).values())
        made.apply(first=True)
        assert {each.is_current for each in pipeline.status(made.config).targets} == {True}
        if not died:
            break
    assert step > 30, "so few steps are no deployment"


def test_the_steps_are_counted(tmp_path: Path) -> None:
    def work() -> None:
        (tmp_path / "one").write_text("x")
        (tmp_path / "one").rename(tmp_path / "two")
        (tmp_path / "two").read_text()

    assert [dies_at(step, work) for step in (1, 2, 3)] == [True, True, False]
