"""A front end as customers' mail meets it: a real Postfix that asks a real Rspamd by milter."""

from __future__ import annotations

import contextlib
import shutil
import smtplib
import socket
import socketserver
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from servers.postfix import running as running_postfix
from servers.postfix_files import PROBE_SERVICE, SinkPorts, write_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scenarios import Scenario

_SECONDS: Final = 30.0
_MESSAGE: Final = """\
From: <sender@sender.example>\r
To: <list@lists.example>\r
Subject: a subject\r
Message-ID: <1@sender.example>\r
X-Test-Spam: {spam}\r
X-Number: {number}\r
\r
A body.\r
"""


@attrs.frozen
class Delivery:
    """A message that came out at the other end.

    Args:
        number: Which message it is.
        recipients: Whom it was delivered to.
        is_tagged: Whether Rspamd marked it as spam.
    """

    number: int
    recipients: frozenset[str]
    is_tagged: bool


class FrontEnd:
    """Sends messages through the Postfix and sees what comes out.

    Args:
        door: The socket that the Postfix listens on.
        delivered: What came out, as it comes.
        hold: The directory of the messages that it keeps until an admin decides.
    """

    def __init__(self, door: Path, delivered: list[Delivery], hold: Path) -> None:
        self._door = door
        self._hold = hold
        self._delivered = delivered
        self._number = 0

    def send(self, *recipients: str, spam: bool = True) -> tuple[int, str]:
        """Send one message; return the reply to the end of its data."""
        self._number += 1
        with _Client(self._door) as client:
            client.ehlo("client.example")
            client.mail("sender@sender.example")
            for recipient in recipients:
                assert client.rcpt(recipient)[0] == 250
            code, text = client.data(_MESSAGE.format(spam="yes" if spam else "no", number=self._number))
        return code, text.decode()

    def outcome(self, count: int) -> dict[str, bool]:
        """Wait until the last message came to so many recipients; return who, and whether it is tagged."""
        deadline = time.monotonic() + _SECONDS
        while True:
            found = {
                recipient: each.is_tagged
                for each in self._delivered
                if each.number == self._number
                for recipient in each.recipients
            }
            if len(found) >= count:
                return found
            assert time.monotonic() < deadline, found
            time.sleep(0.05)

    def held(self) -> int:
        """Return how many messages wait for an admin."""
        return sum(1 for path in self._hold.rglob("*") if path.is_file())

    def is_lost(self) -> bool:
        """Tell whether nothing of the last message comes out, though a later one does."""
        number = self._number
        self.send("box@a.example", spam=False)
        self.outcome(1)
        return all(each.number != number for each in self._delivered)


@contextlib.contextmanager
def front_end(scenario: Scenario, milter_port: int) -> Iterator[FrontEnd]:
    """Keep a Postfix running that asks a milter and delivers to a place where we see it."""
    delivered: list[Delivery] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with contextlib.suppress(ConnectionError):
                _converse(self, delivered)

    base = Path(tempfile.mkdtemp(prefix="postfix-"))
    sink = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    sink.daemon_threads = True
    thread = threading.Thread(target=sink.serve_forever, args=(0.05,))
    thread.start()
    try:
        port = sink.server_address[1]
        settings = {
            "smtpd_milters": f"inet:127.0.0.1:{milter_port}",
            "milter_default_action": "tempfail",
            "virtual_transport": f"smtp:[127.0.0.1]:{port}",
        }
        write_files({**scenario, "main_cf": settings}, base, SinkPorts(port, port, port))
        with running_postfix(base):
            queue = base / "queue"
            yield FrontEnd(queue / "public" / PROBE_SERVICE, delivered, queue / "hold")
    finally:
        sink.shutdown()
        sink.server_close()
        thread.join()
        shutil.rmtree(base, ignore_errors=True)


class _Client(smtplib.SMTP):
    def __init__(self, door: Path) -> None:
        self._door = door
        super().__init__("front-end", timeout=_SECONDS)

    def _get_socket(self, *_: Any) -> socket.socket:  # noqa: ANN401 (as smtplib has it)
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(_SECONDS)
        client.connect(str(self._door))
        return client


def _converse(handler: socketserver.StreamRequestHandler, delivered: list[Delivery]) -> None:
    """Take mail of one client."""
    recipients: Sequence[str] = ()
    handler.wfile.write(b"220 sink\r\n")
    while line := handler.rfile.readline():
        verb = line[:4].upper()
        if verb == b"RCPT":
            recipients = (*recipients, line.decode().partition("<")[2].partition(">")[0])
        if verb == b"DATA":
            handler.wfile.write(b"354 go on\r\n")
            lines = [each.decode().rstrip() for each in iter(handler.rfile.readline, b".\r\n")]
            number = next(int(each.partition(": ")[2]) for each in lines if each.startswith("X-Number: "))
            delivered.append(Delivery(number, frozenset(recipients), "X-Spam: Yes" in lines))
            recipients = ()
        handler.wfile.write(b"250 2.0.0 fine\r\n")
        if verb == b"QUIT":
            return
