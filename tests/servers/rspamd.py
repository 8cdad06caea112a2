"""A private Rspamd of either version with a configuration of its own, on loopback."""

from __future__ import annotations

import contextlib
import http.client
import json
import shlex
import shutil
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from servers.private import free_port, running
from servers.rspamd_versions import ACCOUNT, VERSIONS, program, program_with

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from servers.rspamd_versions import Version

_RELOAD_SECONDS: Final = 10.0

_CONFIGURATION = """
options {{
  pidfile = "$RUNDIR/rspamd.pid";
  filters = "regexp";
  tempdir = "$DBDIR";
  hs_cache_dir = "$DBDIR";
  url_tld = "$DBDIR/suffixes.dat";  # the real list takes seconds to compile
  control_socket = "$DBDIR/rspamd.sock mode=0600";
  dns {{ nameserver = ["127.0.0.1:9"]; timeout = 0.01s; retransmits = 1; }}
}}
logging {{ type = "file"; filename = "$LOGDIR/rspamd.log"; level = "info"; }}
worker "normal" {{ bind_socket = "127.0.0.1:{port}"; count = 1; }}
worker "controller" {{ bind_socket = "127.0.0.1:{controller_port}"; count = 1; secure_ip = "127.0.0.1"; }}
worker "rspamd_proxy" {{
  bind_socket = "127.0.0.1:{milter_port}";
  count = 1;
  milter = yes;
  upstream "local" {{ default = yes; hosts = "127.0.0.1:{port}"; }}
}}
actions {{
  reject = 15; "add header" = 6; greylist = 4;
  .include(try=true,priority=1,duplicate=merge) "$LOCAL_CONFDIR/local.d/actions.conf"
}}
modules {{ path = "$PLUGINSDIR"; try_path = "$LOCAL_CONFDIR/plugins.d"; }}
lua = "$RULESDIR/rspamd.lua";
regexp {{
  TEST_SPAM {{ re = "X-Test-Spam=/^yes$/H"; score = 7.0; }}
  TEST_FINAL {{ re = "X-Test-Spam=/^final$/H"; score = 0.0; }}
  TEST_WELCOME {{ re = "X-Test-Spam=/^welcome$/H"; score = 7.0; }}
}}
multimap {{
  .include(try=true,priority=1,duplicate=merge) "$LOCAL_CONFDIR/local.d/multimap.conf"
  .include(try=true,priority=10) "$LOCAL_CONFDIR/override.d/multimap.conf"
}}
.include "$CONFDIR/settings.conf"  # lets a request bring its own thresholds
.include(try=true) "$CONFDIR/modules.d/aliases.conf"  # takes extensions off since 3.14
force_actions {{
  rules {{ TEST_FINAL {{ action = "add header"; expression = "TEST_FINAL"; }} }}
  .include(try=true,priority=1,duplicate=merge) "$LOCAL_CONFDIR/local.d/force_actions.conf"
  .include(try=true,priority=10) "$LOCAL_CONFDIR/override.d/force_actions.conf"
}}
.include(try=true,glob=true) "$LOCAL_CONFDIR/modules.d/*.conf"
"""
"""The lines around ``.include`` are those of the package; the test symbols are ours."""

_MESSAGE = """\
From: <sender@sender.example>
To: <{to}>
Subject: a subject
Date: {date}
Message-ID: <1@sender.example>
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii
Content-Transfer-Encoding: 7bit
X-Test-Spam: {spam}

A body.
"""


@attrs.frozen
class Scan:
    """What Rspamd said about one message.

    Args:
        action: ``no action``, ``add header``, ``reject``, ...
        message: The text behind the 5xx code, if any.
        symbols: Each symbol with its score and its options.
        dropped: The recipients that the mail server is to take off.
    """

    action: str
    message: str
    symbols: dict[str, tuple[float, tuple[str, ...]]]
    dropped: tuple[str, ...] = ()

    def matched(self, symbol: str = "IS_FORWARDING") -> tuple[str, ...]:
        """Return the options of a symbol: the recipients that set it."""
        return self.symbols.get(symbol, (0, ()))[1]


@attrs.frozen
class Rspamd:
    """A running Rspamd.

    Args:
        root: Its configuration root: what ``/etc/rspamd`` is elsewhere.
        port: The port of the worker that scans.
        controller_port: The port of the controller.
        milter_port: The port that a mail server speaks the milter protocol with.
        log: Its log file.
        configtest: The command that checks its configuration.
        configdump: The command that shows its configuration.
        pid: Its main process.
    """

    root: Path
    port: int
    controller_port: int
    milter_port: int
    log: Path
    configtest: str
    configdump: str
    pid: int

    @property
    def reload(self) -> str:
        """The command that makes it read the configuration again."""
        return f"kill -HUP {self.pid}"

    def scan(
        self,
        *recipients: str,
        spam: bool | str = True,
        to: str = "list@lists.example",
        client: str = "192.0.2.1",
        queue_id: str = "",
    ) -> Scan:
        """Scan one message.

        Args:
            recipients: The envelope recipients, as an SMTP client writes them.
            spam: Whether the message scores enough for ``add header``; or the value of the
                header that the test symbols look at.
            to: The header ``To``.
            client: The address that the message comes from.
            queue_id: The queue id of the mail server.
        """
        body = _MESSAGE.format(
            to=to,
            date=time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime()),
            spam=spam if isinstance(spam, str) else "yes" if spam else "no",
        )
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest("POST", "/checkv2")
            connection.putheader("From", "sender@sender.example")
            connection.putheader("IP", client)
            if queue_id:
                connection.putheader("Queue-Id", queue_id)
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
        milter = answer.get("milter", {})
        dropped = tuple(each for each in milter.get("del_rcpt", ()))
        return Scan(answer["action"], answer.get("messages", {}).get("smtp_message", ""), symbols, dropped)

    def wait_for(self, condition: Callable[[], bool]) -> float:
        """Ask again until a changed map has been read; return the seconds that took."""
        started = time.monotonic()
        while not condition():
            assert time.monotonic() - started < _RELOAD_SECONDS, self.log.read_text()[-4000:]
            time.sleep(0.02)
        return time.monotonic() - started


@pytest.fixture(scope="session", params=VERSIONS)
def version(request: pytest.FixtureRequest) -> Version:
    """Run a test with every version of Rspamd."""
    chosen: Version = request.param
    program(chosen)  # skips here, so that the reason names the version
    return chosen


@contextlib.contextmanager
def running_rspamd(
    root: Path, version: Version = "system", further: str = "", inside: str = ""
) -> Iterator[Rspamd]:
    """Keep a Rspamd running on a configuration root.

    Args:
        root: The configuration root, which the user of Rspamd can read.
        version: Which Rspamd.
        further: Further lines of configuration.
        inside: The empty directory at which it sees the root, as in a container; without it where
            the root is.
    """
    programs = program_with(version, root, inside) if inside else program(version)
    with ACCOUNT.directory("rspamd-") as state:
        ports = {f"{name}port": free_port() for name in ("", "controller_", "milter_")}
        configuration = state / "rspamd.conf"
        configuration.write_text(_CONFIGURATION.format(**ports) + further)
        (state / "suffixes.dat").write_text("example\n")
        variables = {"DBDIR": state, "RUNDIR": state, "LOGDIR": state, "LOCAL_CONFDIR": inside or root}
        named = [f"--var={name}={path}" for name, path in variables.items()]
        command = programs.command("rspamd", "--no-fork", "--config", str(configuration), *named)
        admin = {
            name: shlex.join(programs.command("rspamadm", *named, name, *more, "-c", str(configuration)))
            for name, more in (("configtest", ()), ("configdump", ("--json",)))
        }
        with running(
            command,
            programs.account,
            state / "output.log",
            lambda: all(_listens(port) for port in ports.values()),
        ) as process:
            yield Rspamd(
                root=root,
                port=ports["port"],
                controller_port=ports["controller_port"],
                milter_port=ports["milter_port"],
                log=state / "rspamd.log",
                configtest=admin["configtest"],
                configdump=admin["configdump"],
                pid=process.pid,
            )


@pytest.fixture(scope="module")
def start_rspamd() -> Iterator[Callable[..., Rspamd]]:
    """Start a Rspamd on a configuration root; it ends with the tests of the module.

    The arguments are those of `running_rspamd`.
    """
    with contextlib.ExitStack() as stack:

        def start(root: Path, version: Version = "system", further: str = "", inside: str = "") -> Rspamd:
            return stack.enter_context(running_rspamd(root, version, further, inside))

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
