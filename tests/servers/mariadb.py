"""A private MariaDB: Debian's programs with a data directory of their own, on loopback."""

from __future__ import annotations

import contextlib
import signal
import subprocess
from typing import TYPE_CHECKING, Final

import pymysql
import pytest

from servers.private import Account, find_program, free_port, running
from servers.sql import PASSWORD, Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PACKAGE: Final = "mariadb-server"
_ACCOUNT: Final = Account("mysql")
_NEW_DIRECTORY: Final = (
    "--skip-test-db",
    "--auth-root-authentication-method=normal",
    "--innodb-log-file-size=8M",
)
_FIRST_STATEMENTS: Final = f"""\
CREATE USER IF NOT EXISTS owner@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';
GRANT ALL ON *.* TO owner@'127.0.0.1' WITH GRANT OPTION;
"""
_SETTINGS: Final = (
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-buffer-pool-size=16M",
    "--innodb-fast-shutdown=2",  # what is left is thrown away
    "--character-set-server=latin1",  # as PostfixAdmin's tables have it
)


@pytest.fixture(scope="session")
def mariadb_data() -> Iterator[Path]:
    """Make the files of an empty data directory."""
    program = find_program("mariadb-install-db", _PACKAGE)
    with _ACCOUNT.directory("mariadb-data-") as directory:
        subprocess.run(
            [program, "--no-defaults", f"--datadir={directory / 'data'}", *_NEW_DIRECTORY],
            check=True,
            capture_output=True,
            cwd=directory,
            **_ACCOUNT.popen_options(),
        )
        yield directory / "data"


@pytest.fixture(scope="session")
def mariadb(mariadb_data: Path) -> Iterator[Server]:
    """Run one server for all tests."""
    with running_mariadb(mariadb_data) as server:
        yield server


@pytest.fixture
def mortal_mariadb(mariadb_data: Path) -> Iterator[Server]:
    """Run a server for one test, which may kill it."""
    with running_mariadb(mariadb_data) as server:
        yield server


@contextlib.contextmanager
def running_mariadb(data_directory: Path) -> Iterator[Server]:
    """Keep a server running on a copy of a data directory.

    Args:
        data_directory: As `mariadb_data` makes it.
    """
    program, port = find_program("mariadbd", _PACKAGE), free_port()
    with _ACCOUNT.directory("mariadb-") as directory:
        data, log, first = directory / "data", directory / "log", directory / "first.sql"
        subprocess.run(["cp", "-a", data_directory, data], check=True)
        first.write_text(_FIRST_STATEMENTS)
        files = [f"--datadir={data}", f"--socket={directory}/socket", f"--init-file={first}"]
        command = [program, "--no-defaults", *files, f"--port={port}", *_SETTINGS]

        def answers() -> bool:
            with contextlib.suppress(pymysql.err.OperationalError):
                pymysql.connect(host="127.0.0.1", port=port, user="owner", password=PASSWORD).close()
                return True
            return False

        with running(command, _ACCOUNT, log, answers, stop=signal.SIGTERM) as process:
            yield Server("mariadb", port, "mysql", process)
