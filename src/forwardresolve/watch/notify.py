"""Tell systemd how the service is (sd_notify(3)), without a library for it."""

from __future__ import annotations

import contextlib
import os
import socket
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping


@attrs.frozen
class Notify:
    """The way to the service manager.

    Args:
        address: The socket that it listens on; empty where there is no service manager.
    """

    address: str = ""

    @classmethod
    def of(cls, environment: Mapping[str, str] = os.environ) -> Notify:
        """Take the socket that the environment names, where it is one."""
        named = environment.get("NOTIFY_SOCKET", "")
        return cls(named if named[:1] in {"/", "@"} else "")

    def ready(self) -> None:
        """Say that the service has started."""
        self._say("READY=1")

    def status(self, text: str) -> None:
        """Say in a line what the service does; ``systemctl status`` shows it."""
        self._say(f"STATUS={' '.join(text.split())}")

    def alive(self) -> None:
        """Say that the service does not hang."""
        self._say("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the service ends."""
        self._say("STOPPING=1")

    def _say(self, text: str) -> None:
        if not self.address:
            return
        address = f"\0{self.address[1:]}" if self.address[0] == "@" else self.address
        # A service manager that has gone is no reason to stop.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
            way.connect(address)
            way.send(text.encode())
