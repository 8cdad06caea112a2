"""What every private server needs: its program, a port, a directory of its own, an end."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import attrs
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 20.0


def find_program(name: str, package: str) -> str:
    """Return the path of a program, or skip the test (fail where live tests are required).

    Args:
        name: The program.
        package: The Debian package that brings it.
    """
    places = [os.environ.get("PATH", ""), "/usr/sbin", "/usr/bin"]
    places += map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        lack(f"{name} is not installed (Debian package {package})")
    return found


def lack(reason: str) -> NoReturn:
    """Skip the test, or fail it where live tests are required.

    Args:
        reason: What is missing here.
    """
    if os.environ.get("FORWARDRESOLVE_LIVE") == "require":
        pytest.fail(reason)
    pytest.skip(reason)


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@attrs.frozen
class Account:
    """The user that a server runs as: servers refuse to be root.

    Args:
        name: A user of the system; it counts only for root, anybody else stays who he is.
    """

    name: str

    def popen_options(self) -> dict[str, Any]:
        """Return what ``subprocess`` needs to start a program as this user."""
        if os.geteuid() != 0:
            return {}
        entry = pwd.getpwnam(self.name)
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    @contextlib.contextmanager
    def directory(self, prefix: str) -> Iterator[Path]:
        """Make a directory that belongs to the user, and remove it at the end."""
        path = Path(tempfile.mkdtemp(prefix=prefix))
        try:
            if os.geteuid() == 0:
                shutil.chown(path, self.name)
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def running(
    command: Sequence[str],
    account: Account | None,
    log: Path,
    answers: Callable[[], bool],
    stop: signal.Signals = signal.SIGTERM,
) -> Iterator[subprocess.Popen[bytes]]:
    """Keep a server running; it has answered when this begins, and has ended when this ends.

    Args:
        command: The program and its arguments; it must stay in the foreground.
        account: The user it runs as; None where the command itself changes to one.
        log: Where its output goes.
        answers: Asks it something.
        stop: The signal that ends it.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            **(account.popen_options() if account is not None else {}),
        )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not answers():
            assert process.poll() is None, log.read_text()[-4000:]
            assert time.monotonic() < deadline, log.read_text()[-4000:]
            time.sleep(0.05)
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
