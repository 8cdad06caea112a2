"""Watch a panel whose rows change all the time, kill the watcher again and again, and compare at the end.

    python tests/watch/soak.py --seconds 600 --seed 1

Needs ``tests`` in PYTHONPATH. One target is a directory, two are reached as those behind ssh are.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve import pipeline
from forwardresolve.config import load
from forwardresolve.errors import TargetError
from forwardresolve.live import RemoveForwarding, SetForwarding
from forwardresolve.sdk import Domain, Forward, Mailbox, write_records
from forwardresolve.watch import WatchClient

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forwardresolve.live import Change
    from forwardresolve.sdk import Record

_TESTS: Final = Path(__file__).parents[1]
_NAMES: Final = ("mx1", "mx2", "mx3")
_DOMAINS: Final = ("a.example", "b.example")
_USERS: Final = 60
_PATIENCE: Final = 60.0
_GUARD: Final = "removed = 1000\nadded = 1000\nlost = 1000\nallow_empty = true\n"


@attrs.define
class Soak:
    """A watched site under load.

    Args:
        path: Where all of it lies.
        rng: What decides everything.
    """

    path: Path
    rng: Random
    forwards: dict[str, str] = attrs.field(factory=dict)
    changes: int = 0
    kills: int = 0
    _version: int = 0
    _process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Write the configuration, and bring out the first list."""
        targets = "".join(
            f'[[target]]\nname = "{name}"\n{self._directory(name) if name == "mx1" else self._ssh(name)}\n'
            for name in _NAMES
        )
        (self.path / "config.toml").write_text(
            f'state_dir = "{self.path}/state"\n'
            f'[source.panel]\nbackend = "watch.panel:Panel"\npath = "{self.path}"\n'
            f'[deploy]\nhooks = "{self.path}/hooks"\n[guard]\n{_GUARD}'
            f'[watch]\nsocket = "{self.path}/run/socket"\npoll = 0.2\nsettle = 0.02\ncompare = 3\n{targets}'
        )
        self.change()
        pipeline.apply(pipeline.plan(load(self.path / "config.toml")), first=True)

    def start(self) -> None:
        """Start a watcher."""
        with (self.path / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "forwardresolve", "watch", "--config", str(self.path / "config.toml")],
                stderr=log,
                env={**os.environ, "PYTHONPATH": str(_TESTS)},
            )

    def end(self, number: signal.Signals) -> None:
        """End the watcher, one way or another."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            process.wait(_PATIENCE)

    def change(self) -> None:
        """Let a few customers change something; tell it, or leave it to be seen."""
        made: list[Change] = []
        for _ in range(self.rng.randint(1, 4)):
            source = self._address()
            if self.rng.random() < 0.3:
                self.forwards.pop(source, None)
                made.append(RemoveForwarding(source))
            else:
                to = self._address() if self.rng.random() < 0.6 else "out@elsewhere.example"
                self.forwards[source] = to
                made.append(SetForwarding(source, to))
        self._write(is_versioned=self.rng.random() < 0.8)
        self.changes += len(made)
        client = WatchClient(self.path / "run" / "socket")
        try:
            if self.rng.random() < 0.5:
                client.push(made)
            elif self.rng.random() < 0.5:
                client.touch()
        except TargetError:
            pass  # it was killed, or has just been started

    def act(self) -> None:
        """Do something to the watcher."""
        dice = self.rng.random()
        if dice < 0.03:
            self.end(signal.SIGKILL)
            self.kills += 1
            self.start()
        elif dice < 0.04:
            self.end(signal.SIGTERM)
            self.start()
        elif dice < 0.05 and self._process is not None and self._is_up():
            self._process.send_signal(signal.SIGHUP)

    def wrong(self) -> list[str]:
        """Wait until every target holds what a full resolution says; tell those that never do."""
        self._write(is_versioned=True)
        deadline = time.monotonic() + _PATIENCE
        while True:
            plan = pipeline.plan(load(self.path / "config.toml"), writes=False)
            wrong = [each.name for each in plan.targets if each.held is None or each.changes]
            if not wrong or time.monotonic() > deadline:
                return wrong
            time.sleep(0.1)

    def _directory(self, name: str) -> str:
        return f'kind = "directory"\nroot = "{self.path / name}"'

    def _ssh(self, name: str) -> str:
        limits = "--removed 1000 --added 1000 --allow-empty"
        script = f"exec {sys.executable} -m forwardresolve receive {limits} --root {self.path / name}"
        return f'kind = "ssh"\nhost = "{name}"\nssh = ["sh", "-c", "{script}", "ssh"]'

    def _is_up(self) -> bool:
        """Tell whether the watcher hears signals: it is there before it does."""
        try:
            WatchClient(self.path / "run" / "socket").status()
        except TargetError:
            return False
        return True

    def _address(self) -> str:
        name = self.rng.choice(["", f"u{self.rng.randrange(_USERS)}", f"u{self.rng.randrange(_USERS)}"])
        return f"{name}@{self.rng.choice(_DOMAINS)}"

    def _write(self, *, is_versioned: bool) -> None:
        records: list[Record] = [
            *map(Domain, _DOMAINS),
            *(Mailbox(f"u{number}@{_DOMAINS[0]}") for number in range(0, _USERS, 2)),
            *(Forward(source, to) for source, to in self.forwards.items()),
        ]
        beside = self.path / "rows.new"
        beside.write_text("".join(f"{line}\n" for line in write_records(records)))
        beside.rename(self.path / "rows")
        if is_versioned:
            self._version += 1
            beside.write_text(str(self._version))
            beside.rename(self.path / "version")


def soak(path: Path, seconds: float, seed: int) -> Soak:
    """Let it run for some seconds; raise where a target does not hold the right list at the end."""
    made = Soak(path, Random(seed))  # noqa: S311 (repeatable choices)
    made.prepare()
    made.start()
    try:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            made.change()
            made.act()
            time.sleep(made.rng.uniform(0, 0.1))
        wrong = made.wrong()
        assert not wrong, f"{', '.join(wrong)} are not right; {path / 'log'}"
    finally:
        made.end(signal.SIGTERM)
    said = (path / "log").read_text()
    assert "watch-difference" not in said, said
    assert "Traceback" not in said, said
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it for as long as somebody wants."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="soak-") as path:
        made = soak(Path(path), given.seconds, given.seed)
    print(f"{made.changes} changes, {made.kills} kills, all targets right at the end")  # noqa: T201 (a script)
    return 0


if __name__ == "__main__":
    sys.exit(main())
