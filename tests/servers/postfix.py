"""Ask a real Postfix what it does with recipients.

Every question starts a Postfix of its own, with its own configuration, queue and sinks in a new
directory, and stops it again. It listens on a socket in its queue directory only, and delivers to
loopback ports only. Debian's packages postfix, postfix-sqlite and postfix-lmdb and the rights of
root are needed; the Postfix of the system is left alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from scenarios import Outcome, Scenario, mailbox_finder
from servers.postfix_files import DAEMONS, PROBE_SERVICE, SinkPorts, write_files
from servers.sinks import PROBE_HEADER, Sink

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

CONNECTIONS: Final = 4
"""How many clients send at a time."""

PATIENCE: Final = 100.0
"""How many seconds one question may take."""

_FOR_POSTFIX: Final = (
    *(
        f"queue/{name}"
        for name in (
            "active",
            "bounce",
            "corrupt",
            "defer",
            "deferred",
            "flush",
            "hold",
            "incoming",
            "private",
            "saved",
            "trace",
        )
    ),
    "data",
)
_FOR_POSTDROP: Final = {"queue/maildrop": 0o1730, "queue/public": 0o2710}

_LOG_LINE = re.compile(r" postfix/\S+\[\d+\]: (?P<id>[0-9A-Za-z]+): (?P<text>.*)").search
_DELIVERY = re.compile(
    r"to=<(?P<to>.*?)>, .*dsn=(?P<dsn>[\d.]+), status=(?P<status>\w+) \((?P<why>.*)\)"
).match


def why_unavailable() -> str:
    """Say what is missing to start a Postfix here, or return an empty text."""
    if not DAEMONS.joinpath("master").exists():
        return "Debian's package postfix is not installed"
    return "" if os.geteuid() == 0 else "Postfix starts as root only"


@pytest.fixture(scope="session")
def private_postfix() -> None:
    """Skip the test where no Postfix can be started, or fail it where live tests are required."""
    if reason := why_unavailable():
        if os.environ.get("FORWARDRESOLVE_LIVE") == "require":
            pytest.fail(reason)
        pytest.skip(reason)


def ask_postfix(
    scenario: Scenario,
    recipients: Sequence[str],
    look: Callable[[Path], object] = lambda etc: None,  # noqa: ARG005 (most do not look)
) -> dict[str, Outcome]:
    """Send one message to each recipient and return what happened to it.

    Args:
        scenario: What the mail host is like.
        recipients: Envelope recipients, each once.
        look: Is told the configuration directory while Postfix runs, before it is asked.

    Raises:
        TimeoutError: Not every message came to its end in time.
    """
    base = Path(tempfile.mkdtemp(prefix="postfix-"))
    try:
        return asyncio.run(_ask(scenario, recipients, base, look))
    finally:
        shutil.rmtree(base, ignore_errors=True)


async def _ask(
    scenario: Scenario, recipients: Sequence[str], base: Path, look: Callable[[Path], object]
) -> dict[str, Outcome]:
    external, relay, mailbox = Sink(), Sink(), Sink(mailbox_finder(scenario))
    sinks = (external, relay, mailbox)
    for sink in sinks:
        await sink.start()
    write_files(scenario, base, SinkPorts(external.port, relay.port, mailbox.port))
    replies: dict[int, str] = {}
    log = _Log(base)
    with running(base):
        look(base / "etc")
        try:
            async with asyncio.timeout(PATIENCE):
                door = base / "queue" / "public" / PROBE_SERVICE
                jobs = iter(enumerate(recipients))
                sender = scenario.get("sender", "")
                await asyncio.gather(*(_send(jobs, door, sender, replies) for _ in range(CONNECTIONS)))
                while not all(map(log.has_ended, _queue_ids(replies.values()))):
                    await asyncio.sleep(0.01)
                    log.read_on()
        except TimeoutError as error:
            waiting = [each for each in _queue_ids(replies.values()) if not log.has_ended(each)]
            msg = f"no end of {waiting or 'the dialogue'}: {base.joinpath('log').read_text()[-3000:]}"
            raise TimeoutError(msg) from error
    for sink in sinks:
        sink.stop()
    await asyncio.sleep(0)  # whoever was let in last begins to talk
    if conversations := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(conversations)  # the other side is gone: each ends by itself
    outcomes = {}
    for number, recipient in enumerate(recipients):
        reply = replies[number]
        noted: dict[str, set[str]] = defaultdict(set)
        if reply.startswith("250 "):
            noted = log.notes(reply.split()[-1])
        else:
            noted["error" if " 4" in reply[:8] else "bounce"].add(reply)
        outcomes[recipient] = Outcome(
            external=external.taken[number], relay=relay.taken[number], local=mailbox.taken[number], **noted
        )
    return outcomes


def _queue_ids(replies: Iterable[str]) -> list[str]:
    """Return the queue ids of the messages that were taken."""
    return [reply.split()[-1] for reply in replies if reply.startswith("250 ")]


async def _send(jobs: Iterator[tuple[int, str]], door: Path, sender: str, replies: dict[int, str]) -> None:
    """Send messages over one connection until no job is left; note the decisive reply of each."""
    reader, writer = await asyncio.open_unix_connection(door)

    async def reply() -> str:
        while (line := await reader.readline())[3:4] == b"-":
            pass
        return line.decode().rstrip()

    async def say(command: str) -> str:
        writer.write(command.encode() + b"\r\n")
        return await reply()

    await reply()
    await say("EHLO client.invalid")
    for number, recipient in jobs:
        utf8 = "" if recipient.isascii() else " SMTPUTF8"
        await say(f"MAIL FROM:<{sender}>{utf8}")
        answer = await say(f"RCPT TO:<{recipient}>")
        if answer.startswith("250 "):
            await say("DATA")
            answer = await say(f"{PROBE_HEADER}: {number}\r\n\r\n.")
            replies[number] = answer if answer.startswith("250 ") else f"data: {answer}"
        else:
            replies[number] = f"rcpt: {answer}"
            await say("RSET")
    await say("QUIT")
    writer.close()


@contextlib.contextmanager
def running(base: Path) -> Iterator[None]:
    """Keep a Postfix running that was configured below a directory."""
    base.chmod(0o755)
    for name in ("queue", "queue/pid"):
        base.joinpath(name).mkdir()
    for name in _FOR_POSTFIX:
        base.joinpath(name).mkdir(mode=0o700)
        shutil.chown(base / name, "postfix")
    for name, mode in _FOR_POSTDROP.items():
        base.joinpath(name).mkdir()
        shutil.chown(base / name, "postfix", "postdrop")
        base.joinpath(name).chmod(mode)
    command = [str(DAEMONS / "master"), "-c", str(base / "etc"), "-d", "-e", str(int(2 * PATIENCE))]
    with base.joinpath("stderr").open("wb") as errors:
        master = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            start_new_session=True,
            env={"MAIL_CONFIG": str(base / "etc"), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )
    try:
        _wait_for(base / "queue" / "public" / PROBE_SERVICE, master, base)
        yield
    finally:
        master.send_signal(signal.SIGTERM)
        master.wait(timeout=30)


def _wait_for(path: Path, master: subprocess.Popen[bytes], base: Path) -> None:
    """Return as soon as somebody answers on the socket."""
    deadline = time.monotonic() + 30
    while True:
        with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
            client.connect(str(path))
            return
        if master.poll() is not None or time.monotonic() > deadline:
            said = "".join(path.read_text() for path in (base / "stderr", base / "log") if path.exists())
            msg = f"Postfix does not start: {said}"
            raise RuntimeError(msg)
        time.sleep(0.01)


class _Log:
    """What the log says about messages, by queue id; a message that is sent on has children."""

    def __init__(self, base: Path) -> None:
        self._path = base / "log"
        self._deferred = base / "queue" / "deferred"
        self._offset = 0
        self._notes: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        self._children: dict[str, set[str]] = defaultdict(set)
        self._ended: set[str] = set()

    def read_on(self) -> None:
        """Take in the whole lines that are new, and what is deferred without a line."""
        if not self._path.exists():
            return
        with self._path.open("rb") as log:
            log.seek(self._offset)
            text = log.read()
        whole = text[: text.rfind(b"\n") + 1]
        self._offset += len(whole)
        for line in whole.decode().splitlines():
            if found := _LOG_LINE(line):
                self._note(found["id"], found["text"])
        for path in self._deferred.glob("*/*"):
            if path.name not in self._ended:
                self._ended.add(path.name)
                self._notes[path.name]["error"].add("deferred: a message that it was sent on as was refused")

    def _note(self, queue_id: str, text: str) -> None:
        if text == "removed":
            self._ended.add(queue_id)
        elif delivery := _DELIVERY(text):
            to, dsn, status, why = delivery.group("to", "dsn", "status", "why")
            notes = self._notes[queue_id]
            if why.startswith("forwarded as "):
                self._children[queue_id].add(why.removeprefix("forwarded as "))
            elif why.startswith("delivered to command: "):
                notes["command"].add(why.removeprefix("delivered to command: "))
            elif why.startswith("delivered to file: "):
                notes["file"].add(why.removeprefix("delivered to file: "))
            elif status == "bounced":
                notes["bounce"].add(f"{to}: {dsn} {why}")
            elif status == "deferred":
                notes["error"].add(f"{to}: {dsn} {why}")

    def has_ended(self, queue_id: str) -> bool:
        """Tell whether a message and all that it was sent on as came to their end."""
        return queue_id in self._ended and all(map(self.has_ended, self._children[queue_id]))

    def notes(self, queue_id: str) -> dict[str, set[str]]:
        """Return bounces, errors, commands and files of a message and all that it was sent on as."""
        notes = {kind: set(texts) for kind, texts in self._notes[queue_id].items()}
        for child in self._children[queue_id]:
            for kind, texts in self.notes(child).items():
                notes.setdefault(kind, set()).update(texts)
        return notes
