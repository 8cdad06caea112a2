"""A panel whose rows lie in a file, and a site that watches it."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path  # noqa: TC003 (the fields of a backend are read at run time)
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve import pipeline
from forwardresolve.config import load
from forwardresolve.rspamd.reading import read_keys
from forwardresolve.sdk import BackendUnavailable, Domain, Forward, Mailbox, read_records, write_records
from forwardresolve.watch import WatchClient
from forwardresolve.watch.resident import Resident

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from forwardresolve.deploy.generation import Generation
    from forwardresolve.sdk import Record, Scope

PATIENCE: Final = 60.0
"""How many seconds anything may take: the machine may have other things to do."""

LIST: Final = "local.d/maps.d/forwardings.inc.local"


@attrs.frozen
class Panel:
    """The backend: rows in a file, a version in another one, and a third one that says it is down."""

    path: Path

    def records(self) -> Iterator[Record]:
        self._answer()
        yield from read_records((self.path / "rows").read_text().splitlines())

    def version(self) -> str:
        self._answer()
        path = self.path / "version"
        return path.read_text() if path.exists() else ""

    def _answer(self) -> None:
        if (self.path / "down").exists():
            msg = "nobody answers"
            raise BackendUnavailable(msg)


@attrs.frozen
class AddressablePanel(Panel):
    """One that can be read by addresses; the file ``closed`` lets nobody read everything."""

    def records(self) -> Iterator[Record]:
        if (self.path / "closed").exists():
            msg = "not everything at once"
            raise BackendUnavailable(msg)
        yield from super().records()

    def records_of(self, scope: Scope) -> Iterator[Record]:
        return filter(scope.covers, super().records())


def rows(*forwards: str, mailboxes: Iterable[str] = ()) -> list[Record]:
    """Return the rows of one domain; each forwarding is ``name>destination``."""
    pairs = (each.split(">") for each in forwards)
    return [
        Domain("a.example"),
        *(Forward(f"{name}@a.example", to) for name, to in pairs),
        *(Mailbox(f"{name}@a.example") for name in mailboxes),
    ]


@attrs.frozen
class Watched:
    """A site that is watched."""

    path: Path

    @property
    def config(self) -> Path:
        return self.path / "config.toml"

    @property
    def client(self) -> WatchClient:
        return WatchClient(self.path / "run" / "socket", PATIENCE)

    def give(self, *records: Record, version: str = "") -> None:
        """Let the panel hold these rows from now on."""
        text = "".join(f"{line}\n" for line in write_records(records))
        beside = self.path / "rows.new"
        beside.write_text(text)
        beside.rename(self.path / "rows")
        if version:
            (self.path / "version").write_text(version)

    def configure(
        self, more: str = "", watch: str = "poll = 0.05\nsettle = 0.01", backend: str = "Panel"
    ) -> None:
        targets = "".join(
            f'[[target]]\nname = "{name}"\nkind = "directory"\nroot = "{self.path / name}"\n'
            for name in ("mx1", "mx2")
        )
        self.config.write_text(
            f'state_dir = "{self.path}/state"\n'
            f'[source.panel]\nbackend = "watch.panel:{backend}"\npath = "{self.path}"\n'
            f'[deploy]\nhooks = "{self.path}/hooks"\n'
            f'[watch]\nsocket = "{self.path}/run/socket"\n{watch}\n{targets}{more}'
        )

    def first(self) -> None:
        """Bring out the first list."""
        pipeline.apply(pipeline.plan(load(self.config)), first=True)

    def lists(self) -> list[set[str]]:
        """Return what the maps of every target say."""
        targets = [self.path / name / "local.d/maps.d" for name in ("mx1", "mx2")]
        return [
            {*read_keys(each.read_bytes() for each in maps.iterdir() if each.name[0] != ".")}
            for maps in targets
        ]

    def hold(self, *keys: str) -> bool:
        """Tell whether every target says this and nothing else."""
        return all(each == {*keys} for each in self.lists())

    def wanted(self) -> Generation:
        """Return what a full run would deploy."""
        return pipeline.plan(load(self.config), writes=False).targets[0].wanted

    @contextlib.contextmanager
    def watching(self) -> Iterator[Resident]:
        """Run the resident process in a thread."""
        resident = Resident(self.config, self.path / "metrics.prom", self.path / "requests")
        failed: list[BaseException] = []

        def run() -> None:
            try:
                resident.run()
            except BaseException as error:  # noqa: BLE001 (it is raised where the test sees it)
                failed.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield resident
        finally:
            resident.end()
            thread.join(PATIENCE)
        if failed:
            raise failed[0]


def wait_until(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
