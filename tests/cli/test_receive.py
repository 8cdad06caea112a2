"""``forwardresolve receive``: what a front end answers and prints, and how it ends."""

from __future__ import annotations

import os
import pty
from typing import TYPE_CHECKING

import pytest

from deploy.conversations import ADDRESSES, asked, generation, sent
from forwardresolve.deploy.messages import Hello, Holds, decode
from forwardresolve.deploy.receiving import MOST_BYTES
from forwardresolve.deploy.target import Holding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cli.conftest import Outcome, Run

OLD = generation("a@a.example")
EMPTY = generation()
NOTHING = Holding({})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root that everybody gets through."""
    made = tmp_path / "rspamd"
    made.mkdir()
    made.chmod(0o755)
    return made


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """What goes to the sender."""
    return tmp_path / "answers"


@pytest.fixture
def receive(run: Run, root: Path, answers: Path) -> Iterator[Callable[..., Outcome]]:
    """Run the command with other descriptors 0 and 1."""
    kept = os.dup(0), os.dup(1)

    def call(given: int | bytes, *options: str) -> Outcome:
        stream = answers.with_name("stream")
        stream.write_bytes(given if isinstance(given, bytes) else b"")
        with stream.open("rb") as source, answers.open("wb") as sink:
            os.dup2(source.fileno() if isinstance(given, bytes) else given, 0)
            os.dup2(sink.fileno(), 1)
        return run("receive", "--root", str(root), *options)

    yield call
    for number, descriptor in enumerate(kept):
        os.dup2(descriptor, number)
        os.close(descriptor)


def test_a_generation_comes_in_and_the_answers_go_out(
    receive: Callable[..., Outcome], root: Path, answers: Path
) -> None:
    done = receive(asked() + sent(OLD, NOTHING))
    said = [decode(line) for line in answers.read_bytes().splitlines(keepends=True)]
    assert (done.code, done.err) == (0, "")
    assert said == [Hello(1, MOST_BYTES), Holds({}, 0), Holds(OLD.digests, 1)]
    assert (root / ADDRESSES).read_bytes() == OLD.maps[1].content


@pytest.mark.parametrize(
    ("given", "code", "problem"),
    [
        ((b"garbage\n",), 6, r"b'garbage\n' is no message of forwardresolve"),
        ((sent(OLD, NOTHING)[:-1],), 6, "the input ends after"),
        ((sent(OLD, NOTHING), "--most-bytes", "10"), 6, "bytes, and 10 are taken"),
        (
            (sent(OLD, Holding({}, 4)),),
            6,
            "generation 5 does not follow what is held (generation 0, nothing)",
        ),
        (
            (sent(OLD, NOTHING) + sent(EMPTY, Holding(OLD.digests, 1), "they moved"), "--no-release"),
            5,
            "refuses the change, and it takes no release: the list becomes empty",
        ),
        ((asked(), "--mode", "0777"), 3, "receive: mode must be permissions"),
        ((asked(), "--removed", "-1"), 3, "receive: removed must be 0 or more"),
    ],
)
def test_what_is_refused_is_an_error_in_a_line(
    receive: Callable[..., Outcome], given: tuple[bytes | str, ...], code: int, problem: str
) -> None:
    done = receive(*given)
    assert done.code == code
    assert problem in done.err
    assert len(done.err.splitlines()) == 1


def test_an_empty_list_can_be_allowed(receive: Callable[..., Outcome]) -> None:
    stream = sent(OLD, NOTHING) + sent(EMPTY, Holding(OLD.digests, 1))
    assert receive(stream, "--allow-empty", "--no-release").code == 0


def test_whoever_starts_it_in_a_terminal_is_told_what_it_is_for(receive: Callable[..., Outcome]) -> None:
    ours, theirs = pty.openpty()
    done = receive(theirs, "--stall-timeout", "0.1")
    os.close(ours)
    os.close(theirs)
    assert done.code == 6
    first, second = done.err.splitlines()
    assert first == "this is for ssh to call; a sender is awaited"
    assert second == "forwardresolve: error: the sender does not go on: nothing came or went for 0.1 seconds"
