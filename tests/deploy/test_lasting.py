"""One connection that lasts: what is sent over it, and what becomes of it when it goes."""

from __future__ import annotations

import logging
import os
import shlex
import signal
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploy.conversations import ADDRESSES, PATHS, Memory, asked, generation, patches_between, take_all
from deploy.test_ssh import behind
from forwardresolve.deploy.lasting import Lasting
from forwardresolve.deploy.messages import Hello, Refuses, encode
from forwardresolve.deploy.patching import Patch
from forwardresolve.deploy.pipes import Pipes
from forwardresolve.deploy.receiving import MOST_BYTES, Receiver
from forwardresolve.deploy.target import Holding
from forwardresolve.errors import TargetError
from servers.sshd import receive

if TYPE_CHECKING:
    from collections.abc import Iterator

MANY = [f"u{number:04}@a.example" for number in range(2000)]
ONE = generation(*MANY)
TWO = generation(*MANY, "x@a.example")
THREE = generation(*MANY[1:], "x@a.example", domains=("c.example",))
NOTHING = Holding({})


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """What the sender says, connection by connection."""
    return tmp_path / "said"


@pytest.fixture
def target(tmp_path: Path, log: Path) -> Iterator[Lasting]:
    """A target whose ssh starts forwardresolve receive here, and writes down what it is sent."""
    tmp_path.chmod(0o755)
    ssh = behind(f"echo CONNECTED >>{log}; tee -a {log} | {receive(tmp_path)}")
    made = Lasting(ssh)
    assert made.name == "mx1"
    yield made
    made.close()


def connections(log: Path) -> int:
    return log.read_bytes().count(b"CONNECTED\n")


def test_one_connection_carries_generation_after_generation_and_only_what_changes(
    target: Lasting, log: Path, tmp_path: Path
) -> None:
    held = target.put(ONE, target.holding(PATHS))
    whole = log.stat().st_size
    for number, (before, each) in enumerate(pairwise((ONE, TWO, THREE, ONE)), 2):
        held = target.put(each, held, patches=patches_between(before, each))
        assert held == target.holding(PATHS) == Holding(each.digests, number)
        assert (tmp_path / ADDRESSES).read_bytes() == target.fetch(ADDRESSES) == each.maps[1].content
    assert connections(log) == 1
    assert log.stat().st_size - whole < whole / 4
    assert log.read_bytes().count(b'"put-changes"') == 3


def test_where_nobody_knows_what_changes_everything_is_sent(target: Lasting, log: Path) -> None:
    held = target.put(ONE, NOTHING)
    assert target.put(TWO, held) == Holding(TWO.digests, 2)
    assert b'"put-changes"' not in log.read_bytes()


def test_what_does_not_fit_is_sent_whole(
    target: Lasting, log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    held = target.put(ONE, NOTHING)
    assert target.put(TWO, held, patches={ADDRESSES: Patch()}) == Holding(TWO.digests, 2)
    assert "the changes do not fit" in caplog.text
    assert connections(log) == 1


def test_a_refusal_leaves_the_connection(target: Lasting, log: Path) -> None:
    target.put(ONE, NOTHING)
    with pytest.raises(TargetError, match=r"target mx1 \(mx1.example\): refuses: .* does not follow"):
        target.put(TWO, NOTHING)
    with pytest.raises(TargetError, match="is not there"):
        target.fetch("local.d/maps.d/none")
    assert target.holding(PATHS).sequence == 1
    assert connections(log) == 1


def test_changes_that_are_refused_are_not_sent_whole(target: Lasting, log: Path) -> None:
    held = target.put(ONE, NOTHING)
    target.put(TWO, held)
    with pytest.raises(TargetError, match="does not follow"):
        target.put(THREE, held, patches=patches_between(ONE, THREE))
    assert log.read_bytes().count(b'"put"') == 2


def test_a_connection_that_has_gone_is_made_anew(
    target: Lasting, log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    held = target.put(ONE, NOTHING)
    kill_the_other_side(log)
    with caplog.at_level(logging.INFO):
        assert target.put(TWO, held) == Holding(TWO.digests, 2)
    assert "target mx1: is connected again" in caplog.text
    assert connections(log) == 2


def test_a_front_end_that_is_away_is_told_with_its_name() -> None:
    target = Lasting(behind("echo nothing >&2; exit 255"))
    for _ in range(2):
        with pytest.raises(TargetError, match=r"target mx1 \(mx1.example\): the connection broke off"):
            target.holding(PATHS)


def test_after_a_request_that_is_not_understood_a_new_connection_is_made(tmp_path: Path) -> None:
    texts = encode(Hello(1, MOST_BYTES)) + encode(Refuses("request", "what?"))
    counter = tmp_path / "counter"
    script = f"echo >>{counter}; printf {shlex.quote(texts.decode())}; cat >/dev/null"
    target = Lasting(behind(script))
    for _ in range(2):
        with pytest.raises(TargetError, match="refuses: what"):
            target.holding(PATHS)
    assert len(counter.read_text()) == 2


def test_a_sender_that_says_nothing_more_is_left(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with (tmp_path / "out").open("wb") as out:
        os.write(writing, asked())
        Receiver(Memory(ONE), take_all, idle=0.1).converse(Pipes(reading, out.fileno()))
    os.close(reading)
    os.close(writing)


def kill_the_other_side(log: Path) -> None:
    """Kill what stands for sshd."""
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        words = each.read_bytes().split(b"\0")
        if words[0].endswith(b"tee") and str(log).encode() in words:
            os.kill(int(each.parent.name), signal.SIGKILL)
