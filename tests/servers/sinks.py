"""Small mail servers that take messages and note who got them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PROBE_HEADER = "X-Probe"
"""The header that tells one test message from another; it survives every forwarding."""

_GREETING = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
_MARK = f"{PROBE_HEADER}: ".encode()


class Sink:
    """An SMTP and LMTP server on a free loopback port.

    Args:
        takes: Gets an envelope recipient as it was sent and returns the name to note it under,
            or an empty text to refuse it for good. The default takes everybody.

    Attributes:
        port: Where it listens, after `start`.
        taken: Names by probe, for the messages that were taken.
    """

    def __init__(self, takes: Callable[[str], str] = str) -> None:
        self.port = 0
        self.taken: defaultdict[int, set[str]] = defaultdict(set)
        self._takes = takes
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Take no further connection."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the other side was stopped in the middle
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one client, SMTP or LMTP as it greets."""
        names: list[str] = []
        each = False  # LMTP answers a message once for each recipient
        writer.write(b"220 sink\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb in (b"EHLO", b"LHLO"):
                each = verb == b"LHLO"
                writer.write(_GREETING)
            elif verb == b"RCPT":
                name = self._takes(envelope_address(line.decode()))
                names += [name] if name else []
                writer.write(b"250 2.1.5 taken\r\n" if name else b"550 5.1.1 no such mailbox\r\n")
            elif verb == b"DATA" and names:
                writer.write(b"354 go on\r\n")
                self.taken[await _read_probe(reader)].update(names)
                writer.write(b"250 2.0.0 kept\r\n" * (len(names) if each else 1))
                names = []
            elif verb == b"DATA":
                writer.write(b"554 5.5.1 no valid recipients\r\n")
            else:
                names = []
                writer.write(b"250 2.0.0 fine\r\n")
            if verb == b"QUIT":
                return


def envelope_address(command: str) -> str:
    """Return the address of a MAIL or RCPT command, without its angle brackets."""
    return command.partition("<")[2].rpartition(">")[0]


async def _read_probe(reader: asyncio.StreamReader) -> int:
    """Read a message to its end and return the number in its probe header, or -1.

    A bounce has none: the message that it quotes in its body does not count.
    """
    probe, in_header = -1, True
    while (line := await reader.readline()) not in (b".\r\n", b""):
        in_header = in_header and line != b"\r\n"
        if in_header and line.startswith(_MARK):
            probe = int(line[len(_MARK) :])
    return probe
