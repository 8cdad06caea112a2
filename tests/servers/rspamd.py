"""A private Rspamd: the Debian package's program with a configuration of its own, on loopback."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_USER = "_rspamd"
_START_SECONDS = 60.0
_RELOAD_SECONDS = 10.0

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
    binary = _binary()
    running: list[tuple[subprocess.Popen[bytes], Path]] = []

    def start(root: Path) -> Rspamd:
        state = Path(tempfile.mkdtemp(prefix="rspamd-"))
        port, controller_port = _free_ports()
        (state / "rspamd.conf").write_text(_CONFIGURATION.format(port=port, controller_port=controller_port))
        (state / "suffixes.dat").write_text("example\n")
        process = subprocess.Popen(
            [binary, *_as_user(state), "--no-fork", "--config", str(state / "rspamd.conf")]
            + [f"--var={name}={state}" for name in ("DBDIR", "RUNDIR", "LOGDIR")]
            + [f"--var=LOCAL_CONFDIR={root}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        running.append((process, state))
        rspamd = Rspamd(root, port, state / "rspamd.log")
        _wait_until_up(process, rspamd)
        return rspamd

    yield start
    for process, state in running:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(state)


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


def _binary() -> str:
    """Find the program, or skip (fail where live tests are required)."""
    found = shutil.which("rspamd", path=f"{os.environ.get('PATH', '')}:/usr/bin:/usr/sbin")
    if found is None:
        reason = "Rspamd is not installed (Debian package rspamd)"
        if os.environ.get("FORWARDRESOLVE_LIVE") == "require":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


def _as_user(state: Path) -> Sequence[str]:
    """Return the options that give up root, after the state directory was handed over."""
    if os.geteuid() != 0:
        return ()
    shutil.chown(state, _USER, _USER)
    state.chmod(0o755)
    return ("--user", _USER, "--group", _USER)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def _wait_until_up(process: subprocess.Popen[Any], rspamd: Rspamd) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", rspamd.port), timeout=1).close()
        except OSError:
            log = rspamd.log.read_text()[-4000:] if rspamd.log.exists() else "no log"
            assert process.poll() is None, f"Rspamd ended at once:\n{log}"
            assert time.monotonic() < deadline, f"Rspamd does not answer:\n{log}"
            time.sleep(0.05)
        else:
            return
