"""A private Redis on loopback."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import attrs
import pytest

from servers.private import Account, find_program, free_port, running

if TYPE_CHECKING:
    from collections.abc import Iterator

_ACCOUNT = Account("redis")


@attrs.frozen
class Redis:
    """A running Redis.

    Args:
        port: Where it listens.
    """

    port: int

    def say(self, command: str) -> str:
        """Send one command and return the first line of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(f"{command}\r\n".encode())
            return connection.makefile().readline().strip()


@pytest.fixture
def redis() -> Iterator[Redis]:
    """Start a Redis that keeps nothing on disk."""
    program = find_program("redis-server", "redis-server")
    made = Redis(free_port())
    with _ACCOUNT.directory("redis-") as state:
        command = [
            program,
            "--port",
            str(made.port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--dir",
            str(state),
        ]

        def answers() -> bool:
            with contextlib.suppress(OSError):
                return made.say("PING") == "+PONG"
            return False

        with running(command, _ACCOUNT, state / "log", answers):
            yield made
