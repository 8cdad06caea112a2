"""A private Rspamd: the Debian package's program with a configuration of its own, on loopback."""

from __future__ import annotations

import contextlib
import functools
import http.client
import json
import shutil
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from servers.private import Account, find_program, free_port, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ACCOUNT: Final = Account("_rspamd")
_RELOAD_SECONDS: Final = 10.0

_CONFIGURATION = """
options {{
  pidfile = "$RUNDIR/rspamd.pid";
  filters = "regexp";
  tempdir = "$DBDIR";
  hs_cache_dir = "$DBDIR";
  url_tld = "$DBDIR/suffixes.dat";  # the real list takes seconds to compile
  control_socket = "$DBDIR/rspamd.sock mode=0600";
  dns {{ nameserver = ["127.0.0.1:9"]; timeout = 0.1s; retransmits = 1; }}
}}
logging {{ type = "file"; filename = "$LOGDIR/rspamd.log"; level = "info"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
worker "controller" {{ bind_socket = "127.0.0.1:{controller_port}"; count = 1; secure_ip = "127.0.0.1"; }}
actions {{ reject = 15; "add header" = 6; greylist = 4; }}
modules {{ path = "$PLUGINSDIR"; }}
lua = "$RULESDIR/rspamd.lua";
regexp {{ TEST_SPAM {{ re = "X-Test-Spam=/^yes$/H"; score = 7.0; }} }}
multimap {{
  .include(try=true,priority=1,duplicate=merge) "$LOCAL_CONFDIR/local.d/multimap.conf"
}}
.include(try=true) "$CONFDIR/modules.d/aliases.conf"  # takes extensions off since 3.14
force_actions {{
  .include(try=true,priority=1,duplicate=merge) "$LOCAL_CONFDIR/local.d/force_actions.conf"
}}
"""
"""The lines around ``.include`` are those of the package's modules.d; the test symbol is ours."""

_MESSAGE = """\
From: <sender@sender.example>
To: <{to}>
Subject: a subject
Date: {date}
Message-ID: <1@sender.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii
Content-Transfer-Encoding: 7bit
{spam}
A body.
"""


@attrs.frozen
class Scan:
    """What Rspamd said about one message.

    Args:
        action: ``no action``, ``add header``, ``reject``, ...
        message: The text behind the 5xx code, if any.
        symbols: Each symbol with its score and its options.
    """

    action: str
    message: str
    symbols: dict[str, tuple[float, tuple[str, ...]]]


@attrs.frozen
class Rspamd:
    """A running Rspamd.

    Args:
        root: Its configuration root: what ``/etc/rspamd`` is elsewhere.
        port: The port of the worker that scans.
        log: Its log file.
    """

    root: Path
    port: int
    log: Path

    def scan(self, *recipients: str, spam: bool = True, to: str = "list@lists.example") -> Scan:
        """Scan one message.

        Args:
            recipients: The envelope recipients, as an SMTP client writes them.
            spam: Whether the message scores enough for ``add header``.
            to: The header ``To``.
        """
        body = _MESSAGE.format(
            to=to,
            date=time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime()),
            spam="X-Test-Spam: yes\n" if spam else "",
        )
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest("POST", "/checkv2")
            connection.putheader("From", "sender@sender.example")
            connection.putheader("IP", "192.0.2.1")
            for recipient in recipients:
                connection.putheader("Rcpt", recipient.encode())
            content = body.replace("\n", "\r\n").encode()
            connection.putheader("Content-Length", str(len(content)))
            connection.endheaders(content)
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        symbols = {
            name: (symbol["metric_score"], tuple(symbol.get("options", ())))
            for name, symbol in answer["symbols"].items()
        }
        return Scan(answer["action"], answer.get("messages", {}).get("smtp_message", ""), symbols)

    def wait_for(self, condition: Callable[[], bool]) -> float:
        """Ask again until a changed map has been read; return the seconds that took."""
        started = time.monotonic()
        while not condition():
            assert time.monotonic() - started < _RELOAD_SECONDS, self.log.read_text()[-4000:]
            time.sleep(0.02)
        return time.monotonic() - started


@pytest.fixture(scope="module")
def start_rspamd() -> Iterator[Callable[[Path], Rspamd]]:
    """Start a Rspamd on a configuration root; it ends with the tests of the module."""
    program = find_program("rspamd", "rspamd")
    with contextlib.ExitStack() as stack:

        def start(root: Path) -> Rspamd:
            state = stack.enter_context(_ACCOUNT.directory("rspamd-"))
            port = free_port()
            configuration = state / "rspamd.conf"
            configuration.write_text(_CONFIGURATION.format(port=port, controller_port=free_port()))
            (state / "suffixes.dat").write_text("example\n")
            variables = {"DBDIR": state, "RUNDIR": state, "LOGDIR": state, "LOCAL_CONFDIR": root}
            command = [program, "--no-fork", "--config", str(configuration)]
            command += [f"--var={name}={path}" for name, path in variables.items()]
            stack.enter_context(
                running(command, _ACCOUNT, state / "output.log", functools.partial(_listens, port))
            )
            return Rspamd(root, port, state / "rspamd.log")

        yield start


@pytest.fixture(scope="module")
def make_root() -> Iterator[Callable[[], Path]]:
    """Make configuration roots that the user of Rspamd can read (pytest's directories are private)."""
    made: list[Path] = []

    def make() -> Path:
        root = Path(tempfile.mkdtemp(prefix="rspamd-root-"))
        root.chmod(0o755)
        made.append(root)
        return root

    yield make
    for root in made:
        shutil.rmtree(root)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
