"""Hooks: in order, with an environment that is always whole, and never for ever."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

from forwardresolve.operate.hooks import MOMENTS, Circumstances, Hooks, Moment, environment

if TYPE_CHECKING:
    import os


@pytest.fixture
def hooks(tmp_path: Path) -> Hooks:
    """Hooks of a site that has none yet."""
    for moment in MOMENTS:
        (tmp_path / "hooks" / moment).mkdir(parents=True)
    return Hooks(tmp_path / "hooks", timeout=20)


def add(hooks: Hooks, name: str, script: str, mode: int = 0o755) -> Path:
    path = hooks.directory / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(mode)
    return path


def run(hooks: Hooks, moment: Moment = "deploy") -> list[str]:
    return list(hooks.run(moment, Circumstances()))


def test_hooks_of_a_moment_run_sorted_by_name(hooks: Hooks, tmp_path: Path) -> None:
    for name in ("20-b", "10-a", "30.c.sh"):
        add(hooks, f"deploy/{name}", f"echo {name} >>{tmp_path}/out")
    add(hooks, "pre/00", f"echo pre >>{tmp_path}/out")

    assert run(hooks) == []
    assert (tmp_path / "out").read_text().split() == ["10-a", "20-b", "30.c.sh"]


def test_every_variable_is_set_in_every_hook(hooks: Hooks, tmp_path: Path) -> None:
    for moment in MOMENTS:
        add(hooks, f"{moment}/show", f"env | grep ^FORWARDRESOLVE_ | sort >{tmp_path}/{moment}")
        assert run(hooks, moment) == []

    names = {
        moment: [each.partition("=")[0] for each in (tmp_path / moment).read_text().splitlines()]
        for moment in MOMENTS
    }
    fields = {f"FORWARDRESOLVE_{each.name.upper()}" for each in attrs.fields(Circumstances)}
    assert set(names["pre"]) == fields | {"FORWARDRESOLVE_HOOK"}
    assert names["pre"] == names["deploy"] == names["fail"]


def test_a_hook_is_told_the_circumstances() -> None:
    told = environment(
        "fail",
        Circumstances(
            generation="abc",
            targets=("mx1", "mx2"),
            failed=("mx2",),
            added=3,
            removed=0,
            exit_code=6,
            error="target mx2:\nno answer",
            config=Path("/etc/forwardresolve/config.toml"),
            state_dir=Path("/var/lib/forwardresolve"),
        ),
    )

    assert told == {
        "FORWARDRESOLVE_HOOK": "fail",
        "FORWARDRESOLVE_GENERATION": "abc",
        "FORWARDRESOLVE_TARGETS": "mx1 mx2",
        "FORWARDRESOLVE_FAILED": "mx2",
        "FORWARDRESOLVE_ADDED": "3",
        "FORWARDRESOLVE_REMOVED": "0",
        "FORWARDRESOLVE_EXIT_CODE": "6",
        "FORWARDRESOLVE_ERROR": "target mx2: no answer",
        "FORWARDRESOLVE_CONFIG": "/etc/forwardresolve/config.toml",
        "FORWARDRESOLVE_STATE_DIR": "/var/lib/forwardresolve",
    }


def test_a_hook_does_not_see_the_secrets_of_a_source(
    hooks: Hooks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PANEL_URL", "mysql://reader:hunter2@db/mail")
    add(hooks, "deploy/show", f"env >{tmp_path}/out")

    assert run(hooks) == []
    assert "hunter2" not in (tmp_path / "out").read_text()


def test_a_hook_that_fails_is_told_and_the_next_one_runs(hooks: Hooks, tmp_path: Path) -> None:
    first = add(hooks, "deploy/1", "exit 3")
    second = add(hooks, "deploy/2", "kill -TERM $$")
    add(hooks, "deploy/3", f"touch {tmp_path}/out")

    assert run(hooks) == [f"hook {first}: ended with exit code 3", f"hook {second}: was ended by SIGTERM"]
    assert (tmp_path / "out").exists()


def test_after_a_pre_hook_that_fails_no_further_one_runs(hooks: Hooks, tmp_path: Path) -> None:
    first = add(hooks, "pre/1", "false")
    add(hooks, "pre/2", f"touch {tmp_path}/out")

    assert run(hooks, "pre") == [f"hook {first}: ended with exit code 1"]
    assert not (tmp_path / "out").exists()


def test_a_hook_that_hangs_is_stopped_with_all_that_it_has_started(hooks: Hooks, tmp_path: Path) -> None:
    path = add(hooks, "deploy/1", f"sleep 300 & echo $! >{tmp_path}/child; wait")
    hasty = attrs.evolve(hooks, timeout=0.5)

    assert run(hasty) == [f"hook {path}: took longer than 0.5 seconds and was stopped"]
    child = Path("/proc", (tmp_path / "child").read_text().strip(), "stat")
    deadline = time.monotonic() + 20
    while child.exists() and " Z " not in child.read_text():  # nobody may have collected it yet
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_hook_that_cannot_be_started_is_told(hooks: Hooks) -> None:
    path = hooks.directory / "deploy" / "1"
    path.write_text("#!/no/such/interpreter\n")
    path.chmod(0o755)

    assert run(hooks) == [f"hook {path}: cannot be run: No such file or directory"]


def test_what_a_hook_prints_is_no_result_of_ours(hooks: Hooks, capfd: pytest.CaptureFixture[str]) -> None:
    add(hooks, "deploy/1", "echo from the hook; cat")

    assert run(hooks) == []
    assert capfd.readouterr() == ("", "from the hook\n")


def test_leftovers_and_files_that_are_not_executable_are_no_hooks(hooks: Hooks, tmp_path: Path) -> None:
    for name in ("a~", ".hidden", "a.dpkg-old", "a.rpmsave"):
        add(hooks, f"deploy/{name}", f"touch {tmp_path}/out")
    readme = add(hooks, "deploy/README", f"touch {tmp_path}/out", mode=0o644)

    assert run(hooks) == []
    assert not (tmp_path / "out").exists()
    add(hooks, "deploy/right", "true")
    problem = f"{readme}: is not executable, so it is never run; run: chmod +x {readme}, or move it away"
    assert list(hooks.problems()) == [problem]


def test_a_hook_that_anybody_can_write_is_never_run(hooks: Hooks, tmp_path: Path) -> None:
    path = add(hooks, "deploy/1", f"touch {tmp_path}/out", mode=0o777)

    assert run(hooks) == [f"hook {path}: anybody can write to {path}; run: chmod o-w {path}"]
    assert list(hooks.problems()) == [f"{path}: anybody can write to {path}; run: chmod o-w {path}"]
    path.chmod(0o755)
    path.parent.chmod(0o777)
    assert run(hooks) == [f"hook {path}: anybody can write to {path.parent}; run: chmod o-w {path.parent}"]
    assert not (tmp_path / "out").exists()


def test_without_a_directory_there_are_no_hooks(tmp_path: Path) -> None:
    assert run(Hooks(tmp_path / "none")) == []
    assert list(Hooks(tmp_path / "none").problems()) == []


def test_hooks_that_cannot_be_looked_at_are_a_failure(hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    path = add(hooks, "pre/1", "true")

    def refused(self: Path, **_: object) -> os.stat_result:
        raise PermissionError(13, "Permission denied", str(self))

    files = hooks._files("pre")
    monkeypatch.setattr(Path, "stat", refused)

    assert run(hooks, "pre") == [f"hooks {path.parent}: Permission denied"]
    assert list(hooks.problems()) == [f"{path.parent}: Permission denied"]
    monkeypatch.setattr(Hooks, "_files", lambda *_: files)
    assert run(hooks, "pre") == [f"hook {path}: cannot be looked at: Permission denied"]
