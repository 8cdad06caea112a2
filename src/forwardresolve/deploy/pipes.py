"""Both ends of a conversation with another process: read and write, each within limits."""

from __future__ import annotations

import os
import select
import time
from typing import Final

import attrs

_PIECE: Final = 65_536
_KEPT: Final = 4_096
"""How much of what the other side says beside the conversation is kept: the last bytes of it."""


@attrs.define
class Pipes:
    """Two pipes to another process.

    A pipe that can be written takes ``PIPE_BUF`` bytes at once without waiting (pipe(7)), so no
    call waits longer than it may, and the pipes need no other mode.

    Args:
        incoming: The descriptor to read.
        outgoing: The descriptor to write.
        beside: The descriptor of what is said beside the conversation, if any; it is read so that
            the other side does not wait, and its end is kept in `said`.
        stall: How many seconds may pass without a byte moving.
        limit: How many seconds the conversation may take.
    """

    incoming: int
    outgoing: int
    beside: int | None = None
    stall: float = 60.0
    limit: float = 600.0
    said: bytes = b""
    _arrived: bytearray = attrs.field(factory=bytearray, init=False)
    _deadline: float = attrs.field(init=False)

    @_deadline.default
    def _begin(self) -> float:
        return time.monotonic() + self.limit

    def send(self, content: bytes) -> None:
        """Write all bytes.

        Raises:
            OSError: The other side has gone (BrokenPipeError), or nothing moves (TimeoutError).
        """
        rest = memoryview(content)
        while rest:
            if self._wait(self.outgoing, select.POLLOUT):
                rest = rest[os.write(self.outgoing, rest[: select.PIPE_BUF]) :]

    def line(self, longest: int) -> bytes:
        """Read up to the end of a line.

        Args:
            longest: How many bytes it may have, its end included.

        Returns:
            The line with its end, or without one when it is too long or the input ends before; an
            empty text when the input has ended.

        Raises:
            TimeoutError: It does not come.
        """
        searched = 0
        while (end := self._arrived.find(b"\n", searched)) < 0:
            searched = len(self._arrived)
            if searched >= longest or not self._read_on():
                end = searched - 1
                break
        return self._take(min(end + 1, longest))

    def comes(self, seconds: float) -> bool:
        """Wait for what comes next, or for the end of the input; the conversation begins anew with it.

        Args:
            seconds: How long.

        Returns:
            Whether anything came; not when nothing did in that time.
        """
        poll = select.poll()
        poll.register(self.incoming, select.POLLIN)
        found = bool(self._arrived) or bool(poll.poll(seconds * 1000))
        self.begin_anew()
        return found

    def begin_anew(self) -> None:
        """Count the time that the conversation takes from now on."""
        self._deadline = self._begin()

    def exactly(self, size: int) -> bytes:
        """Read so many bytes.

        Raises:
            EOFError: The input ends before; the error says how many came.
            TimeoutError: They do not come.
        """
        while len(self._arrived) < size:
            if not self._read_on():
                msg = f"the input ends after {len(self._arrived)} of {size} bytes"
                raise EOFError(msg)
        return self._take(size)

    def drain(self, seconds: float) -> None:
        """Read what is still said beside the conversation until it ends.

        Raises:
            TimeoutError: It does not end in time.
        """
        self._deadline = time.monotonic() + seconds
        while self.beside is not None:
            self._wait(self.beside, 0)

    def _take(self, size: int) -> bytes:
        taken = bytes(memoryview(self._arrived)[:size])
        del self._arrived[:size]
        return taken

    def _read_on(self) -> bool:
        while not self._wait(self.incoming, select.POLLIN):
            pass
        piece = os.read(self.incoming, _PIECE)
        self._arrived += piece
        return bool(piece)

    def _wait(self, descriptor: int, event: int) -> bool:
        """Wait until a pipe is ready or something was said beside; tell whether the pipe is."""
        poll = select.poll()
        if self.beside is not None:
            poll.register(self.beside, select.POLLIN)
        if event:
            poll.register(descriptor, event)
        seconds = min(self.stall, self._deadline - time.monotonic())
        ready = dict(poll.poll(max(0.0, seconds) * 1000))
        if not ready:
            msg = f"nothing came or went for {self.stall:g} seconds"
            if seconds < self.stall:
                msg = f"it took longer than {self.limit:g} seconds"
            raise TimeoutError(msg)
        if self.beside in ready:
            piece = os.read(self.beside, _PIECE)
            self.said = (self.said + piece)[-_KEPT:]
            if not piece:
                self.beside = None
        return bool(event) and descriptor in ready
