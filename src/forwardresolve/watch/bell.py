"""Wake a loop from other threads and from signal handlers."""

from __future__ import annotations

import contextlib
import os
import select


class Bell:
    """Something that rings, and somebody who waits for it.

    A pipe, because a signal handler may run while its own thread holds the lock of anything else.
    """

    def __init__(self) -> None:
        self._waiting, self._ringing = os.pipe()
        os.set_blocking(self._waiting, False)
        os.set_blocking(self._ringing, False)

    def ring(self) -> None:
        """Wake whoever waits, or will wait next."""
        with contextlib.suppress(BlockingIOError):  # it rings already
            os.write(self._ringing, b"\0")

    def wait(self, seconds: float) -> bool:
        """Wait for the bell; tell whether it rang."""
        ready, _, _ = select.select([self._waiting], [], [], max(0.0, seconds))
        with contextlib.suppress(BlockingIOError):
            while os.read(self._waiting, 4096):
                pass
        return bool(ready)

    def close(self) -> None:
        """Take it down."""
        os.close(self._waiting)
        os.close(self._ringing)
