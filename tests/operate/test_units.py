"""The units of systemd: correct, hardened, and of one piece with the commands that they start."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Run, run
from forwardresolve.operate.units import STARTED, UNITS, Site, unit_files
from forwardresolve.pace import SOCKET
from servers.private import find_program

__all__ = ["run"]

SITE = Site(program=Path("/opt/x/bin/forwardresolve"), config=Path("/etc/forwardresolve/config.toml"))
SYSTEM = "systemd/system"
LARGEST_EXPOSURE = 25
"""Of 100, by systemd's own count; a service without any hardening has 96."""


def settings(text: str, key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", text, re.MULTILINE)


def test_every_template_is_filled_and_every_unit_is_there() -> None:
    made = unit_files(SITE)

    assert {path.removeprefix(f"{SYSTEM}/") for path in made if path.startswith(SYSTEM)} == set(UNITS)
    assert "${" not in "".join(made.values())
    assert all(text.endswith("\n") and not text.endswith("\n\n") for text in made.values())


def test_every_unit_that_is_enabled_starts_a_service_that_exists() -> None:
    made = unit_files(SITE)

    for name in STARTED:
        text = made[f"{SYSTEM}/{name}"]
        assert settings(text, "WantedBy"), name
        started = settings(text, "Unit") or [f"{Path(name).stem}.service"]
        assert f"{SYSTEM}/{started[0]}" in made


def test_the_services_run_commands_with_options_that_exist(run: Run) -> None:
    made = unit_files(SITE)

    for name in UNITS:
        for line in settings(made[f"{SYSTEM}/{name}"], "ExecStart"):
            program, command, *options = shlex.split(line)
            assert program == "/opt/x/bin/forwardresolve"
            told = run(command, "--help").out
            assert all(each in told for each in options if each.startswith("--")), line


def test_the_path_watches_what_the_service_takes() -> None:
    made = unit_files(SITE)
    watched = settings(made[f"{SYSTEM}/forwardresolve.path"], "DirectoryNotEmpty")[0]

    assert f"--requests {watched}" in made[f"{SYSTEM}/forwardresolve.service"]
    assert f"ReadWritePaths=-{watched}\n" in made[f"{SYSTEM}/forwardresolve.service"]
    assert f"d {watched} 0700 forwardresolve forwardresolve -" in made["tmpfiles.d/forwardresolve.conf"]


def test_a_panel_may_leave_requests_and_do_no_more() -> None:
    site = Site(program=SITE.program, config=SITE.config, panel_group="www-data")

    assert "requests 1730 forwardresolve www-data -" in unit_files(site)["tmpfiles.d/forwardresolve.conf"]


def test_the_service_may_give_maps_to_the_group_of_rspamd() -> None:
    site = Site(program=SITE.program, config=SITE.config, rspamd_group="_rspamd")
    made = unit_files(site)

    assert settings(made[f"{SYSTEM}/forwardresolve.service"], "SupplementaryGroups") == ["_rspamd"]
    assert "m forwardresolve _rspamd" in made["sysusers.d/forwardresolve.conf"]
    assert "SupplementaryGroups" not in unit_files(SITE)[f"{SYSTEM}/forwardresolve.service"]


@pytest.mark.parametrize(
    "words",
    [
        {"program": "/opt/my program"},
        {"program": "forwardresolve"},
        {"config": "/etc/%n"},
        {"requests": "/run/a\nUser=root"},
        {"panel_group": "www data"},
        {"rspamd_group": "a\nUser=root"},
    ],
)
def test_what_systemd_would_read_as_something_else_is_refused(words: dict[str, str]) -> None:
    given: dict[str, Any] = {"program": SITE.program, "config": SITE.config}
    given |= {key: value if key.endswith("group") else Path(value) for key, value in words.items()}
    with pytest.raises(ValueError, match="must be"):
        Site(**given)


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """The units as `init --systemd` writes them, for a program that exists."""
    program = tmp_path / "bin" / "forwardresolve"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for path, text in unit_files(Site(program=program, config=SITE.config, rspamd_group="mail")).items():
        place = tmp_path / "etc" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return tmp_path / "etc" / SYSTEM


def analyze(*arguments: str, units: list[Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [find_program("systemd-analyze", "systemd"), *arguments, *map(str, units)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.live
def test_systemd_finds_nothing_wrong_with_the_units(system: Path) -> None:
    done = analyze("verify", "--man=no", units=[system / name for name in UNITS])

    assert (done.returncode, done.stdout) == (0, "")
    assert not [line for line in done.stderr.splitlines() if "forwardresolve" in line]


@pytest.mark.live
def test_a_mistake_in_a_unit_would_be_found(system: Path) -> None:
    service = system / "forwardresolve.service"
    service.write_text(service.read_text() + "\nProtectHom=yes\n")

    done = analyze("verify", "--man=no", units=[service])

    assert "ProtectHom" in done.stderr


@pytest.mark.live
@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".service")])
def test_a_service_is_hardened(name: str, system: Path) -> None:
    done = analyze(
        "security", "--offline=true", f"--threshold={LARGEST_EXPOSURE}", "--no-pager", units=[system / name]
    )

    assert done.returncode == 0, done.stdout
    assert "Overall exposure" in done.stdout


def test_the_service_that_stays_takes_the_place_of_timer_and_path_and_tells_systemd() -> None:
    text = unit_files(SITE)[f"{SYSTEM}/forwardresolve-watch.service"]

    assert settings(text, "Type") == ["notify"]
    assert settings(text, "Conflicts") == ["forwardresolve.timer forwardresolve.path"]
    assert settings(text, "ExecReload") == ["/bin/kill -HUP $MAINPID"]
    assert settings(text, "WatchdogSec")
    assert str(SOCKET.parent) in " ".join(settings(text, "ReadWritePaths"))
    assert f"d {SOCKET.parent} 2750 forwardresolve " in unit_files(SITE)["tmpfiles.d/forwardresolve.conf"]
