"""For panels: ask the resident process what a change would do, and tell it that one was made."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from forwardresolve.errors import AddressError, TargetError
from forwardresolve.pace import SOCKET
from forwardresolve.watch.wire import delta_of, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forwardresolve.live import Change, Delta

ENVIRONMENT: Final = "FORWARDRESOLVE_SOCKET"
"""The environment variable that names another socket."""


@attrs.frozen
class WatchClient:
    """Speaks to ``forwardresolve watch`` over its Unix socket.

    Every call makes a connection of its own, so one client may be used by any number of threads
    and processes. The calls block for milliseconds; from async code, ``await
    asyncio.to_thread(client.preview, changes)``.

    Args:
        path: The socket.
        timeout: After how many seconds a call gives up.
    """

    path: Path = attrs.field(factory=lambda: Path(os.environ.get(ENVIRONMENT) or SOCKET), converter=Path)
    timeout: float = 5.0

    def preview(self, changes: Iterable[Change]) -> Delta:
        """Say what changes would do to the list, and change nothing.

        Args:
            changes: Rows that would be there, and rows that would be gone, as in `LiveResolution.apply`.

        Returns:
            What would appear and vanish.

        Raises:
            AddressError: A change is none.
            TargetError: The resident process does not answer.
        """
        return delta_of(self._ask({"ask": "preview", "changes": tables_of(changes)})["delta"])

    def push(self, changes: Iterable[Change]) -> Delta:
        """Tell of rows that have changed, after they were committed; they go out at once.

        Args:
            changes: As in `preview`.

        Returns:
            What appears and vanishes. It is on its way when this returns.

        Raises:
            AddressError: A change is none; nothing was changed.
            TargetError: The resident process does not answer.
        """
        return delta_of(self._ask({"ask": "push", "changes": tables_of(changes)})["delta"])

    def touch(self, *addresses: str) -> None:
        """Tell that something was changed in the source, which is read again.

        Args:
            addresses: Each address whose row has changed; ``@domain`` for a domain with everything
                in it. None: anything may have changed.

        Raises:
            AddressError: One of them is no address.
            TargetError: The resident process does not answer.
        """
        self._ask({"ask": "touch", "addresses": list(addresses)})

    def status(self) -> str:
        """Say in a sentence what the resident process does.

        Raises:
            TargetError: It does not answer.
        """
        return str(self._ask({"ask": "status"})["status"])

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            with contextlib.closing(socket.socket(socket.AF_UNIX)) as way:
                way.settimeout(self.timeout)
                way.connect(str(self.path))
                way.sendall(json.dumps(request).encode() + b"\n")
                with way.makefile("rb") as file:
                    line = file.readline()
            answer: Any = json.loads(line)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else "it breaks off"
            msg = f"{self.path}: forwardresolve watch does not answer ({why}); is it running?"
            raise TargetError(msg) from error
        if not answer["ok"]:
            raise (TargetError if answer.get("retry") else AddressError)(answer["error"])
        return dict(answer)
