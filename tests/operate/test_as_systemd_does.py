"""From a panel's click to the map, with a stand-in for systemd that does what the units say.

The stand-in reads the units as they are written: it watches what the path unit names, starts what the
service unit starts, and looks again when the service has ended.
"""

from __future__ import annotations

import re
import shlex
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

from forwardresolve.operate.requests import leave
from forwardresolve.operate.units import Site, unit_files

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
MAP = "local.d/maps.d/forwardings.inc.local"
SECONDS = 5.0
"""What the front ends may take after a click; the machine of a test may take ten times as long."""


@attrs.define
class Systemd:
    """Watches like a path unit with ``DirectoryNotEmpty``, starts like its service."""

    units: dict[str, str]
    runs: list[subprocess.CompletedProcess[str]] = attrs.field(factory=list)
    stopped: threading.Event = attrs.field(factory=threading.Event)
    watcher: threading.Thread = attrs.field(init=False)

    def start(self) -> None:
        self.watcher = threading.Thread(target=self.watch)
        self.watcher.start()

    def setting(self, unit: str, key: str) -> str:
        found = re.search(rf"^{key}=(.*)$", self.units[f"systemd/system/{unit}"], re.MULTILINE)
        assert found is not None
        return found[1]

    def watch(self) -> None:
        directory = Path(self.setting("forwardresolve.path", "DirectoryNotEmpty"))
        command = shlex.split(self.setting("forwardresolve.service", "ExecStart"))
        while not self.stopped.is_set():
            if any(not each.name.startswith(".") for each in directory.iterdir()):
                self.runs.append(
                    subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
                )
            self.stopped.wait(0.02)

    def finish(self) -> None:
        """Stop when no run is under way."""
        self.stopped.set()
        self.watcher.join()


@attrs.frozen
class Front:
    """A panel with a database, and a front end."""

    database: Path
    requests: Path
    root: Path
    systemd: Systemd

    def click(self, *rows: tuple[str, str]) -> None:
        """Do what the panel does: commit, then touch."""
        with closing(sqlite3.connect(self.database)) as connection:
            connection.executemany(
                "INSERT INTO alias (address, goto, domain) VALUES (?, ?, 'example.net')", rows
            )
            connection.commit()
        leave([address for address, _ in rows], self.requests)

    def listed(self) -> list[str]:
        path = self.root / MAP
        return path.read_text().splitlines()[1:] if path.exists() else []

    def wait_for(self, address: str) -> float:
        """Return the seconds until an address is in the map."""
        started = time.monotonic()
        while address not in self.listed():
            assert time.monotonic() - started < 10 * SECONDS, self.systemd.runs
            time.sleep(0.02)
        return time.monotonic() - started


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    """A site whose units are at work."""
    database, requests, root = tmp_path / "mail.db", tmp_path / "requests", tmp_path / "rspamd"
    requests.mkdir()
    root.mkdir()
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript((ROOT / "examples" / "postfixadmin.sql").read_text(encoding="utf-8"))
    config = tmp_path / "config.toml"
    config.write_text(
        f"""
state_dir = "{tmp_path}/state"
[source.panel]
backend = "postfixadmin"
url = "sqlite:///{database}"
[[target]]
name = "mx1"
kind = "directory"
root = "{root}"
[deploy]
hooks = "{tmp_path}/hooks"
"""
    )
    config.chmod(0o640)
    program = tmp_path / "forwardresolve"
    program.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}/src" exec "{sys.executable}" -m forwardresolve "$@"\n')
    program.chmod(0o755)
    subprocess.run([program, "apply", "--first", "--config", config], check=True, timeout=60)
    systemd = Systemd(dict(unit_files(Site(program=program, config=config, requests=requests))))
    systemd.start()
    yield Front(database, requests, root, systemd)
    systemd.finish()


@pytest.mark.live
def test_a_click_is_in_the_map_within_seconds(front: Front) -> None:
    front.click(("new@example.net", "new@gmail.example"))

    seconds = front.wait_for("new@example.net")

    assert seconds < 10 * SECONDS
    front.systemd.finish()
    assert [run.returncode for run in front.systemd.runs] == [0]


@pytest.mark.live
def test_a_click_during_a_run_starts_another_one(front: Front) -> None:
    front.click(("first@example.net", "first@gmail.example"))
    while any(front.requests.iterdir()):  # until the run has taken it
        time.sleep(0.005)
    front.click(("second@example.net", "second@gmail.example"))

    front.wait_for("second@example.net")

    assert "first@example.net" in front.listed()
    assert len(front.systemd.runs) <= 2


@pytest.mark.live
def test_a_burst_of_clicks_is_few_runs(front: Front) -> None:
    for number in range(20):
        front.click((f"u{number}@example.net", f"u{number}@gmail.example"))

    front.wait_for("u19@example.net")

    assert {f"u{number}@example.net" for number in range(20)} <= set(front.listed())
    assert len(front.systemd.runs) <= 3


@pytest.mark.live
def test_a_run_that_fails_does_not_turn_in_circles(front: Front) -> None:
    front.database.unlink()
    leave([], front.requests)
    before = front.listed()
    while not front.systemd.runs:
        time.sleep(0.02)
    time.sleep(0.5)

    assert [run.returncode for run in front.systemd.runs] == [4]
    assert front.listed() == before
    assert list(front.requests.iterdir()) == []
