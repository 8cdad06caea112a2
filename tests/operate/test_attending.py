"""Around a deployment: who is told, when, and what stops what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

from cli.conftest import Outcome, Run, run
from forwardresolve.deploy.policy import Deploy

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["run"]

MAP = "local.d/maps.d/forwardings.inc.local"


@attrs.frozen
class Site:
    """A configuration with two front ends, and hooks that write down what they are told."""

    directory: Path
    call: Run

    @property
    def config(self) -> Path:
        return self.directory / "config.toml"

    def apply(self, *options: str) -> Outcome:
        return self.call("apply", *options, "--config", str(self.config))

    def hook(self, moment: str, script: str = "") -> None:
        path = self.directory / "hooks" / moment / "hook"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f"#!/bin/sh\nenv | grep ^FORWARDRESOLVE_ >>{self.directory}/told-{moment}\n{script}\n"
        )
        path.chmod(0o755)

    def told(self, moment: str) -> dict[str, str]:
        path = self.directory / f"told-{moment}"
        lines = path.read_text().splitlines() if path.exists() else []
        return {
            name.removeprefix("FORWARDRESOLVE_"): value
            for name, _, value in (line.partition("=") for line in lines)
        }


@pytest.fixture
def site(tmp_path: Path, run: Run) -> Site:
    (tmp_path / "mx2").touch()
    (tmp_path / "config.toml").write_text(
        f"""
state_dir = "{tmp_path}/state"
[source.panel]
backend = "sample_backends:Small"
[deploy]
hooks = "{tmp_path}/hooks"
[[target]]
name = "mx1"
kind = "directory"
root = "{tmp_path}/mx1"
"""
    )
    made = Site(tmp_path, run)
    for moment in ("pre", "deploy", "fail"):
        made.hook(moment)
    return made


@pytest.fixture
def broken(site: Site) -> Callable[[], None]:
    """Add a front end that cannot be written."""

    def add() -> None:
        with site.config.open("a") as file:
            file.write(f'[[target]]\nname = "mx2"\nkind = "directory"\nroot = "{site.directory}/mx2"\n')

    return add


def test_a_deployment_is_told_before_and_after(site: Site) -> None:
    assert site.apply("--first").code == 0

    before, after = site.told("pre"), site.told("deploy")
    assert (before["TARGETS"], before["EXIT_CODE"], before["HOOK"]) == ("mx1", "", "pre")
    assert (after["TARGETS"], after["EXIT_CODE"], after["FAILED"]) == ("mx1", "0", "")
    assert before["GENERATION"] == after["GENERATION"] != ""
    assert before["CONFIG"] == str(site.config)
    assert before["STATE_DIR"] == f"{site.directory}/state"
    assert int(before["ADDED"]) > 0
    assert site.told("fail") == {}


def test_where_nothing_changes_nobody_is_told(site: Site) -> None:
    site.apply("--first")
    for moment in ("pre", "deploy"):
        (site.directory / f"told-{moment}").unlink()

    assert site.apply().code == 0

    assert site.told("pre") == site.told("deploy") == {}


def test_a_pre_hook_that_fails_stops_the_run_before_any_target(site: Site) -> None:
    site.hook("pre", "exit 1")

    done = site.apply("--first")

    assert done.code == 5
    assert done.err.splitlines()[-1].endswith("/pre/hook: ended with exit code 1; no target was touched")
    assert not (site.directory / "mx1" / MAP).exists()
    assert site.told("deploy") == {}
    told = site.told("fail")
    assert (told["EXIT_CODE"], told["TARGETS"]) == ("5", "")
    assert "ended with exit code 1" in told["ERROR"]
    state = json.loads((site.directory / "state" / "state.json").read_text())
    assert state["run"]["outcome"] == "failed"


def test_hooks_afterwards_that_fail_are_warnings(site: Site) -> None:
    site.hook("deploy", "exit 1")

    done = site.apply("--first")

    assert done.code == 0
    assert "warning: hook " in done.err


def test_a_target_that_fails_is_told_with_those_that_changed(site: Site, broken: Callable[[], None]) -> None:
    broken()

    assert site.apply("--first").code == 6

    told = site.told("fail")
    assert (told["TARGETS"], told["FAILED"], told["EXIT_CODE"]) == ("mx1", "mx2", "6")
    assert "mx2" in told["ERROR"]
    assert site.told("deploy")["TARGETS"] == "mx1"


def test_a_source_that_cannot_be_read_is_told(site: Site) -> None:
    site.config.write_text(site.config.read_text().replace(":Small", ":Dying"))

    assert site.apply("--first").code == 4

    assert site.told("fail")["EXIT_CODE"] == "4"
    assert site.told("pre") == {}


def test_a_configuration_that_is_wrong_is_told_by_the_hooks_of_the_default_place(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    default = Deploy()
    assert default.hooks == Path("/etc/forwardresolve/hooks")
    monkeypatch.setattr(
        "forwardresolve.operate.attending.Deploy",
        lambda: attrs.evolve(default, hooks=site.directory / "hooks"),
    )
    site.config.write_text("[source.panel]\n")

    assert site.apply().code == 3

    assert site.told("fail")["EXIT_CODE"] == "3"
    assert site.told("fail")["STATE_DIR"] == ""


def test_a_hold_is_no_failure_that_anybody_is_woken_for(site: Site) -> None:
    site.apply("--first")
    site.config.write_text(
        site.config.read_text()
        .replace(":Small", ":Guarded")
        .replace('"sample_backends:Guarded"', '"sample_backends:Small"\nprefix = "x-"')
    )
    assert site.apply().code == 0
    (site.directory / "told-deploy").unlink()
    back = site.call("rollback", "--reason", "a test", "--config", str(site.config))
    assert back.code == 0
    assert site.told("deploy")["TARGETS"] == "mx1"

    assert site.apply().code == 5

    assert site.told("fail") == {}


def test_metrics_are_written_whatever_becomes_of_the_run(site: Site) -> None:
    path = site.directory / "x.prom"

    site.apply("--first", "--metrics", str(path))
    good = path.read_text()
    site.hook("pre", "exit 1")
    site.config.write_text(site.config.read_text().replace(":Small", ":Dying"))
    site.apply("--metrics", str(path))

    assert 'forwardresolve_run_outcome{outcome="done"} 1' in good
    assert 'forwardresolve_run_outcome{outcome="failed"} 1' in path.read_text()


def test_metrics_that_cannot_be_written_are_a_warning(site: Site) -> None:
    done = site.apply("--first", "--metrics", f"{site.directory}/none/x.prom")

    assert done.code == 0
    assert "warning: metrics: " in done.err
