"""A private PostgreSQL: Debian's programs with a cluster of their own, on loopback."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from typing import TYPE_CHECKING, Final

import psycopg
import pytest

from servers.private import Account, find_program, free_port, running
from servers.sql import PASSWORD, Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PACKAGE: Final = "postgresql"
_ACCOUNT: Final = Account("postgres")
_NEW_CLUSTER: Final = (
    "--username=owner",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale=C",
    "--no-sync",
)
_SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "shared_buffers": "16MB",
    "max_connections": "100",  # a Postfix takes one for each process and table
}


@contextlib.contextmanager
def new_cluster() -> Iterator[Path]:
    """Make the files of an empty cluster."""
    program = find_program("initdb", _PACKAGE)
    with _ACCOUNT.directory("postgresql-cluster-") as directory:
        password = directory / "password"
        password.write_text(PASSWORD)
        subprocess.run(
            [program, f"--pgdata={directory / 'data'}", f"--pwfile={password}", *_NEW_CLUSTER],
            check=True,
            capture_output=True,
            cwd=directory,
            **_ACCOUNT.popen_options(),
        )
        yield directory / "data"


@contextlib.contextmanager
def running_postgresql(cluster: Path, **settings: str) -> Iterator[Server]:
    """Run a server on a copy of a cluster, with settings besides the usual ones."""
    program, port = find_program("postgres", _PACKAGE), free_port()
    with _ACCOUNT.directory("postgresql-") as directory:
        data, log = directory / "data", directory / "log"
        subprocess.run(["cp", "-a", cluster, data], check=True)
        arguments = [f"-c{name}={value}" for name, value in {**_SETTINGS, **settings}.items()]
        command = [program, "-D", str(data), "-p", str(port), *arguments]

        def answers() -> bool:
            with contextlib.suppress(psycopg.OperationalError):
                login = f"host=127.0.0.1 port={port} user=owner dbname=postgres"
                psycopg.connect(login, password=PASSWORD).close()
                return True
            return False

        with running(command, _ACCOUNT, log, answers, stop=signal.SIGINT) as process:
            yield Server("postgresql", port, "postgres", process)


@pytest.fixture(scope="session")
def postgresql_cluster() -> Iterator[Path]:
    """Keep the files of an empty cluster."""
    with new_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgresql(postgresql_cluster: Path) -> Iterator[Server]:
    """Run one server for all tests."""
    with running_postgresql(postgresql_cluster) as server:
        yield server


@pytest.fixture
def mortal_postgresql(postgresql_cluster: Path) -> Iterator[Server]:
    """Run a server for one test, which may kill it."""
    with running_postgresql(postgresql_cluster) as server:
        yield server
