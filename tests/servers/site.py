"""A provider on one machine: three front ends, each with sshd and Rspamd, and a panel that deploys.

The front ends are hosts of a `network`. Somebody asks every Rspamd all the time for addresses that
are always listed, and looks at every map.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from backends.postfixadmin_panel import create_tables
from forwardresolve import config, pipeline
from forwardresolve.deploy.generation import Generation
from forwardresolve.graph import ForwardingGraph
from forwardresolve.reachability import resolve
from forwardresolve.rspamd import RspamdSettings, artifacts, write
from forwardresolve.rspamd.reading import is_whole
from forwardresolve.sdk import Domain
from servers.mariadb import running_mariadb
from servers.network import network
from servers.rspamd import running_rspamd
from servers.sshd import receive, sshd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import sqlalchemy as sa

    from forwardresolve.deploy.ssh import Ssh
    from servers.network import Host
    from servers.rspamd import Rspamd
    from servers.sql import Database
    from servers.sshd import Sshd

FRONT_ENDS: Final = ("mx1", "mx2", "mailman")
_SMALL: Final = "mx2"
"""The front end whose maps lie on a small file system of their own."""

SETTINGS: Final = RspamdSettings()
MAPS: Final = Path("local.d/maps.d")
LIST: Final = MAPS / SETTINGS.address_map

ALWAYS: Final = ("a@domain0.example", "z@domain9.example")
"""Listed in every generation: the ends of the list."""

_DOMAINS: Final = [f"domain{number}.example" for number in range(10)]
_ADDRESSES: Final = int(os.environ.get("FORWARDRESOLVE_TEST_ADDRESSES", "3000"))
_PROMISE: Final = os.environ.get("FORWARDRESOLVE_TEST_PROMISE", "")
"""What the admin promises of the panel's tables, as a line of the source."""
_USERS: Final = _ADDRESSES // len(_DOMAINS)
_SMALL_SIZE: Final = f"{max(1, _ADDRESSES // 5000)}m"
_SSH_PORT: Final = 22
_LOOKS_A_SECOND: Final = 5
PATIENCE: Final = 200.0
"""How many seconds anything may take: the machine may have other things to do."""

_TARGET: Final = """
[[target]]
name = "{name}"
kind = "ssh"
host = "{name}"
ssh = ["ssh", "-F", "{config}"]
connect_timeout = 10
"""


_PLAN_AND_APPLY: Final = """
import pathlib, sys
from forwardresolve import config, pipeline
plan = pipeline.plan(config.load(pathlib.Path(sys.argv[1])))
print("planned", flush=True)
pipeline.apply(plan)
"""


@attrs.frozen
class FrontEnd:
    """One front end.

    Args:
        host: Its network.
        root: The configuration root of its Rspamd.
        rspamd: Its Rspamd.
        sshd: Its sshd.
    """

    host: Host
    root: Path
    rspamd: Rspamd
    sshd: Sshd

    def refuses(self, *recipients: str) -> bool:
        """Ask Rspamd whether spam to all of these is refused."""
        with self.host.inside():
            return all(self.rspamd.scan(each).action == "reject" for each in recipients)

    def enforces(self, *recipients: str) -> bool:
        """Wait until Rspamd has read a map and refuses spam to these."""
        wait_until(lambda: self.refuses(*recipients))
        return True

    def maps(self) -> Mapping[str, bytes]:
        """Return the maps that are in place."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted((self.root / MAPS).iterdir())
            if not path.name.startswith(".")
        }

    def receivers(self) -> list[int]:
        """Return the receivers that have greeted a sender, by process id."""
        return [pid for pid in self.sshd.sessions("receive") if _written(pid)]


@attrs.define
class Watch:
    """Asks all the time; keeps what must not be.

    Attributes:
        seen: What must not be, and was seen.
        looks: How often it has looked.
        slowest: How many seconds the slowest answer of a Rspamd took.
    """

    seen: list[str] = attrs.field(factory=list)
    looks: int = 0
    slowest: float = 0.0
    _ended: threading.Event = attrs.field(factory=threading.Event)

    def keep_looking(self, front_end: FrontEnd) -> None:
        """Look until the end."""
        while not self._ended.wait(1 / _LOOKS_A_SECOND):
            self._look(front_end)

    def begin_anew(self) -> None:
        """Forget how slow the answers were."""
        self.looks, self.slowest = 0, 0.0

    def end(self) -> None:
        """Stop looking."""
        self._ended.set()

    def _look(self, front_end: FrontEnd) -> None:
        name = front_end.host.name
        asked = ALWAYS[self.looks % len(ALWAYS)]
        begun = time.monotonic()
        is_refused = front_end.refuses(asked)
        self.slowest = max(self.slowest, time.monotonic() - begun)
        if not is_refused:
            self.seen.append(f"the Rspamd of {name} lets spam to {asked} in")
        content = (front_end.root / LIST).read_bytes()
        if not is_whole(content):
            self.seen.append(f"{name} has a map that is not whole")
        self.looks += 1


@attrs.frozen
class Site:
    """The provider.

    Args:
        front_ends: The front ends by name.
        sender: The host that deploys.
        database: The panel's database, which only the sender reaches.
        configuration: The configuration file of the sender.
        watch: What must not be, and was seen.
    """

    front_ends: Mapping[str, FrontEnd]
    sender: Host
    database: Database
    configuration: Path
    watch: Watch

    def forward(self, address: str) -> None:
        """Let a customer forward an address outside."""
        with self.sender.inside():
            self.database.insert("alias", _alias(address))

    def execute(self, *statements: str) -> None:
        """Run SQL on the panel's database."""
        with self.sender.inside():
            self.database.execute(*statements)

    @contextlib.contextmanager
    def panel(self) -> Iterator[sa.Connection]:
        """Connect to the panel's database as a panel does; every statement is committed by itself."""
        engine = self.database.engine()
        with self.sender.inside():
            connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with connection:
            yield connection
        engine.dispose()

    def start(self, *arguments: str, configuration: Path | None = None) -> subprocess.Popen[str]:
        """Start forwardresolve on the sender."""
        command = [sys.executable, "-m", "forwardresolve", *arguments]
        with self.sender.inside():
            return subprocess.Popen(
                [*command, "--config", str(configuration or self.configuration)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )

    def start_when_planned(self) -> subprocess.Popen[str]:
        """Start a deployment on the sender; it is about to write when this returns."""
        command = [sys.executable, "-c", _PLAN_AND_APPLY, str(self.configuration)]
        with self.sender.inside():
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "planned\n"
        return process

    def another(self, directory: Path, database: Database | None = None) -> Path:
        """Write the configuration of another sender, which has a state of its own; return its path."""
        path = directory / "config.toml"
        write_configuration(path, database or self.database, self.front_ends.values())
        return path

    def run(self, *arguments: str, configuration: Path | None = None) -> tuple[int, str]:
        """Run forwardresolve on the sender; return its exit code and what it prints."""
        with self.start(*arguments, configuration=configuration) as process:
            out, err = process.communicate(timeout=PATIENCE)
        return process.returncode, out + err

    def target(self, name: str) -> Ssh:
        """Return a target as the sender knows it; it is to be used on the sender only."""
        targets = {each.name: each.target for each in config.load(self.configuration).targets}
        target: Any = targets[name]
        made: Ssh = target
        return made

    def wanted(self) -> Generation:
        """Return the generation that the panel's database means now."""
        with self.sender.inside():
            loaded = config.load(self.configuration)
            return Generation.of(artifacts(pipeline.resolution(loaded), SETTINGS))


@pytest.fixture(scope="module")
def site(mariadb_data: Path) -> Iterator[Site]:
    """Run the provider for the tests of a module."""
    with contextlib.ExitStack() as stack:
        hosts = stack.enter_context(network("sender", *FRONT_ENDS))
        sender = hosts.pop("sender")
        base = Path(tempfile.mkdtemp(prefix="site-"))
        stack.callback(shutil.rmtree, base, ignore_errors=True)
        base.chmod(0o755)
        front_ends = {
            name: stack.enter_context(_front_end(host, base / name)) for name, host in hosts.items()
        }
        with sender.inside():
            database = stack.enter_context(running_mariadb(mariadb_data)).new_database()
            fill(database)
        configuration = base / "config.toml"
        write_configuration(configuration, database, front_ends.values())
        watch = Watch()
        made = Site(front_ends, sender, database, configuration, watch)
        code, said = made.run("apply", "--first")
        assert code == 0, said
        for each in front_ends.values():
            each.enforces(*ALWAYS)
        threads = [threading.Thread(target=watch.keep_looking, args=(each,)) for each in front_ends.values()]
        for thread in threads:
            thread.start()
        try:
            yield made
        finally:
            watch.end()
            for thread in threads:
                thread.join()


def fill(database: Database) -> None:
    """Make a panel's tables with a few thousand forwardings."""
    create_tables(database)
    database.insert("config", {"id": 1, "name": "version", "value": "1847"})
    plain = {"transport": "virtual", "backupmx": 0, "active": 1}
    database.insert("domain", *({"domain": domain, **plain} for domain in _DOMAINS))
    addresses = [f"user{number}@{domain}" for domain in _DOMAINS for number in range(_USERS)]
    database.insert("alias", *map(_alias, [*ALWAYS, *addresses]))


@contextlib.contextmanager
def locked(database: Database, table: str) -> Iterator[None]:
    """Let nobody else read a table; what the server's death leaves of the lock is no matter."""
    engine = database.engine()
    connection = engine.raw_connection()
    connection.cursor().execute(f"LOCK TABLES {table} WRITE")
    try:
        yield
    finally:
        connection.invalidate()
        engine.dispose()


def is_waiting(database: Database) -> bool:
    """Tell whether somebody waits for a table."""
    with database.engine().connect() as connection:
        rows = connection.exec_driver_sql("SELECT state FROM information_schema.processlist").all()
    return any("lock" in (state or "") for (state,) in rows)


def write_configuration(path: Path, database: Database, front_ends: Iterable[FrontEnd]) -> None:
    """Write the configuration of a sender."""
    secret = path.with_suffix(".secret")
    secret.write_text(database.url)
    secret.chmod(0o600)
    source = f'[source.panel]\nbackend = "postfixadmin"\nurl.file = "{secret}"\n{_PROMISE}'
    state = f'state_dir = "{path.parent / "state"}"\n'
    targets = "".join(_TARGET.format(name=each.host.name, config=each.sshd.config) for each in front_ends)
    path.write_text(state + source + targets)


@contextlib.contextmanager
def _front_end(host: Host, root: Path) -> Iterator[FrontEnd]:
    root.mkdir()
    maps = root / MAPS
    maps.mkdir(parents=True)
    for each in (root, maps.parent, maps):
        each.chmod(0o755)
    write((each for each in artifacts_of_nobody() if each.kind == "configuration"), root)
    with contextlib.ExitStack() as stack:
        if host.name == _SMALL:
            options = f"size={_SMALL_SIZE},mode=755"
            subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(maps)], check=True)
            stack.callback(subprocess.run, ["umount", "--lazy", str(maps)], check=True)
        with host.inside():
            rspamd = stack.enter_context(running_rspamd(root))
            forced = receive(root)
            server = stack.enter_context(sshd(host.name, host.address, _SSH_PORT, forced, maps=maps))
        yield FrontEnd(host, root, rspamd, server)


def artifacts_of_nobody() -> tuple[Any, ...]:
    """Return the files for Rspamd of a provider without forwardings."""
    graph = ForwardingGraph.from_sources({"panel": [Domain("domain0.example")]})
    return artifacts(resolve(graph), SETTINGS)


def _alias(address: str) -> dict[str, Any]:
    return {
        "address": address,
        "goto": "out@elsewhere.test",
        "domain": address.partition("@")[2],
        "active": 1,
    }


def _written(pid: int) -> bool:
    """Tell whether a process has said something."""
    with contextlib.suppress(OSError):
        fields = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
        return int(fields["wchar"]) > 0
    return False


@contextlib.contextmanager
def full(directory: Path) -> Iterator[None]:
    """Fill a file system."""
    filler = directory / ".filler"
    with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"\0" * 1024):
            pass
    try:
        yield
    finally:
        filler.unlink()


def kill(pid: int) -> None:
    """Kill a process as nothing can stop it."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def wait_until(condition: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
