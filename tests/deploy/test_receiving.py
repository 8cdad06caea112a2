"""What a front end takes from a sender, and what it does not."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.conversations import (
    ADDRESSES,
    DOMAINS,
    PATHS,
    Memory,
    asked,
    converse,
    generation,
    sent,
    take_all,
)
from forwardresolve.deploy.generation import Generation
from forwardresolve.deploy.guard import Limits
from forwardresolve.deploy.messages import (
    AskMap,
    Gives,
    Hello,
    Holds,
    Put,
    Refuses,
    announce,
    encode,
)
from forwardresolve.deploy.own_guard import OwnGuard
from forwardresolve.deploy.pipes import Pipes
from forwardresolve.deploy.receiving import MOST_BYTES, Receiver
from forwardresolve.deploy.target import Holding
from forwardresolve.errors import ForwardResolveError, TargetError, UnsafeChange
from forwardresolve.rspamd import Artifact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forwardresolve.deploy.patching import Patch

OLD = generation("a@a.example", "b@a.example")
NEW = generation("a@a.example", "c@a.example", domains=("c.example",))


def holding(target: Memory) -> Holding:
    return target.holding(PATHS)


def refusal(
    stream: bytes, target: Memory, most_bytes: int = MOST_BYTES
) -> tuple[Refuses, ForwardResolveError | None]:
    """Return why the last request of a stream is refused; nothing is changed then."""
    before = holding(target)
    said, ended = converse(stream, target, most_bytes=most_bytes)
    assert holding(target) == before
    assert isinstance(said[-1], Refuses)
    assert ended is not None
    return said[-1], ended


def test_it_greets_and_says_what_it_takes() -> None:
    assert converse(b"", Memory(), most_bytes=7) == ([Hello(1, 7)], None)


def test_it_says_what_it_holds() -> None:
    said, ended = converse(asked(), Memory(OLD))
    assert said[1:] == [Holds(OLD.digests, 0)]
    assert ended is None


def test_it_gives_out_a_map() -> None:
    said, _ = converse(encode(AskMap(ADDRESSES)), Memory(OLD))
    content = OLD.maps[1].content
    assert content.endswith(b"b@a.example\n")
    announced = announce(ADDRESSES, content)
    assert said[1:] == [Gives(announced.size, announced.sha256), content]


def test_it_takes_the_next_generation_and_says_so() -> None:
    target = Memory(OLD)
    said, ended = converse(asked() + sent(NEW, holding(target), "a reason"), target)
    assert said[1:] == [Holds(OLD.digests, 0), Holds(NEW.digests, 1)]
    assert ended is None
    assert target.release == "a reason"


def test_one_connection_carries_several_generations() -> None:
    target = Memory()
    stream = sent(OLD, Holding({})) + sent(NEW, Holding(OLD.digests, 1)) + asked()
    said, ended = converse(stream, target)
    assert said[1:] == [Holds(OLD.digests, 1), Holds(NEW.digests, 2), Holds(NEW.digests, 2)]
    assert ended is None


def test_the_same_generation_again_is_refused() -> None:
    target = Memory(OLD)
    stream = sent(NEW, holding(target))
    assert converse(stream, target)[1] is None
    told, ended = refusal(stream, target)
    assert told.why == "moved"
    assert "generation 1 does not follow what is held (generation 1," in str(ended)


def test_generations_out_of_their_order_are_refused() -> None:
    for sequence in (1, 3, 6):
        target = Memory(OLD)
        target.sequence = 4
        told, _ = refusal(sent(NEW, Holding(OLD.digests, sequence)), target)
        assert told.why == "moved"


def test_a_change_that_was_planned_over_something_else_is_refused() -> None:
    for held in (Holding({}), Holding(NEW.digests), Holding({ADDRESSES: OLD.digests[ADDRESSES]})):
        assert refusal(sent(NEW, held), Memory(OLD))[0].why == "moved"
    assert refusal(sent(NEW, Holding(OLD.digests)), Memory())[0].why == "moved"


def test_its_own_guard_is_asked_and_the_conversation_goes_on_after_a_refusal() -> None:
    target, seen = Memory(OLD), []

    def judge(
        before: Generation, after: Generation, release: str, patches: Mapping[str, Patch] | None = None
    ) -> None:
        assert patches is None
        seen.append((before, after, release))
        if not release:
            msg = "too many\naddresses"
            raise UnsafeChange(msg)

    held = holding(target)
    said, ended = converse(sent(NEW, held) + sent(NEW, held, "they moved") + asked(), target, judge)
    assert said[1:] == [
        Refuses("unsafe", "too many; addresses"),
        Holds(NEW.digests, 1),
        Holds(NEW.digests, 1),
    ]
    assert isinstance(ended, UnsafeChange)
    assert seen == [(OLD, NEW, ""), (OLD, NEW, "they moved")]


def test_a_target_that_fails_is_told() -> None:
    target = Memory(OLD)
    target.broken = "the disk is full"
    said, ended = converse(asked() + encode(AskMap(DOMAINS)), target)
    assert said[1:] == [Refuses("failed", "the disk is full")] * 2
    assert isinstance(ended, TargetError)


@pytest.mark.parametrize(
    ("stream", "problem"),
    [
        (b"\0\xff\x1b[2J garbage", "no message"),
        (b"SSH-2.0-OpenSSH\r\n", "no message"),
        (b"a" * 100_000, "no message"),
        (b"\n", "no message"),
        (encode(Hello(1)), "an answer, and no request"),
        (encode(Holds({}, 0)), "an answer, and no request"),
        (sent(NEW, Holding(OLD.digests)) + b"more", "no message"),
        (asked() + b"{}", "no message"),
    ],
)
def test_garbage_is_refused_and_ends_the_conversation(stream: bytes, problem: str) -> None:
    said, ended = converse(stream, Memory(OLD))
    assert isinstance(said[-1], Refuses)
    assert said[-1].why == "request"
    assert problem in said[-1].text
    assert isinstance(ended, TargetError)


def test_too_much_is_refused_before_it_is_read() -> None:
    size = sum(len(each.content) for each in NEW.maps)
    stream = sent(NEW, Holding(OLD.digests))
    told, _ = refusal(stream, Memory(OLD), most_bytes=size - 1)
    assert told.text.startswith(f"the maps have {size} bytes, and {size - 1} are taken")
    header = encode(Put(1, NEW.digest, {}, [announce(ADDRESSES, b"x")])).replace(
        b'"size": 1', b'"size": 9007199254740992'
    )
    assert "are taken" in refusal(header, Memory(OLD))[0].text
    assert converse(stream, Memory(OLD), most_bytes=size)[1] is None


def test_maps_that_are_not_those_of_the_generation_are_refused() -> None:
    stream = sent(NEW, Holding(OLD.digests)).replace(DOMAINS.encode(), ADDRESSES.encode() + b".other")
    told, _ = refusal(stream, Memory(OLD))
    assert told.text == "the maps that are announced are not those of the generation"


@pytest.mark.parametrize(
    "content", [b"a@a.example\n", b"", OLD.maps[1].content[:-12], b"\n" + OLD.maps[1].content]
)
def test_a_map_that_is_not_ours_or_not_whole_is_refused(content: bytes) -> None:
    other = Generation((Artifact(ADDRESSES, content, "map"), OLD.maps[0]))
    told, _ = refusal(sent(other, Holding(OLD.digests)), Memory(OLD))
    assert told.text == f"{ADDRESSES}: is no whole map of forwardresolve"


MANY = generation(*(f"user{number}@a.example" for number in range(100)))
FEWER = generation(*(f"user{number}@a.example" for number in range(60)))
NONE = generation()


def test_the_guard_of_a_front_end_refuses_what_goes_too_far() -> None:
    guard = OwnGuard(Limits())
    guard(MANY, MANY, "")
    guard(Generation(()), MANY, "")  # a new front end
    for before, after in ((MANY, FEWER), (OLD, MANY), (OLD, NONE)):
        with pytest.raises(UnsafeChange, match="nobody has released it"):
            guard(before, after, "")
        guard(before, after, "they moved")
        with pytest.raises(UnsafeChange, match="it takes no release: "):
            OwnGuard(Limits(), takes_release=False)(before, after, "they moved")
    OwnGuard(Limits(removed=40))(MANY, FEWER, "")


STREAM = asked() + sent(NEW, Holding(OLD.digests))


@given(st.integers(0, len(STREAM) - 1))
def test_a_stream_that_is_cut_off_changes_nothing(end: int) -> None:
    target = Memory(OLD)
    converse(STREAM[:end], target)
    assert holding(target) == Holding(OLD.digests)


@given(st.integers(0, len(STREAM) - 1), st.binary(max_size=3), st.integers(0, 3))
def test_a_changed_stream_never_leaves_half_a_generation(at: int, inserted: bytes, removed: int) -> None:
    target = Memory(OLD)
    converse(STREAM[:at] + inserted + STREAM[at + removed :], target)
    assert holding(target) in (Holding(OLD.digests), Holding(NEW.digests, 1))


@given(st.lists(st.sampled_from(STREAM.splitlines(keepends=True)), max_size=20))
def test_lines_in_another_order_never_leave_half_a_generation(lines: list[bytes]) -> None:
    target = Memory(OLD)
    converse(b"".join(lines), target)
    assert holding(target) in (Holding(OLD.digests), Holding(NEW.digests, 1))


def test_a_sender_that_stops_in_the_middle_is_not_waited_for() -> None:
    target = Memory(OLD)
    with pipe() as (reader, writer), pipe() as (answers, outgoing):
        os.write(writer, STREAM[:-1])
        with pytest.raises(TargetError, match=r"nothing came or went for 0\.2 seconds"):
            Receiver(target, take_all).converse(Pipes(reader, outgoing, stall=0.2))
        assert b"refuses" in os.read(answers, 65_536)
    assert holding(target) == Holding(OLD.digests)


def test_a_sender_that_has_gone_is_told() -> None:
    with pipe() as (reader, writer), pipe() as (answers, outgoing):
        os.write(writer, asked())
        os.close(answers)
        with pytest.raises(TargetError, match="the sender does not go on: Broken pipe"):
            Receiver(Memory(), take_all).converse(Pipes(reader, outgoing))


def test_a_sender_that_says_nothing_is_not_waited_for() -> None:
    with pipe() as (reader, _), pipe() as (_, outgoing):
        with pytest.raises(TargetError, match="the sender does not go on: nothing came"):
            Receiver(Memory(), take_all).converse(Pipes(reader, outgoing, stall=0.1))
        with pytest.raises(TargetError, match="the sender does not go on: it took longer than"):
            Receiver(Memory(), take_all).converse(Pipes(reader, outgoing, limit=0.1))


def test_a_large_map_comes_through_pipes_of_any_size() -> None:
    many = generation(*(f"user{number}@a.example" for number in range(50_000)))
    target = Memory()
    with pipe() as (reader, writer), pipe() as (answers, outgoing):
        stream = sent(many, Holding({})) + encode(AskMap(ADDRESSES))

        def send() -> None:
            Pipes(answers, writer).send(stream)
            os.close(writer)

        sender = threading.Thread(target=send)
        sender.start()
        received: list[bytes] = []

        def read() -> None:
            pipes = Pipes(answers, outgoing)
            received.extend([pipes.line(65_536) for _ in range(3)])
            received.append(pipes.exactly(len(many.maps[1].content)))

        hearer = threading.Thread(target=read)
        hearer.start()
        Receiver(target, take_all).converse(Pipes(reader, outgoing))
        sender.join()
        hearer.join()
    assert target.sequence == 1
    assert received[-1] == many.maps[1].content


def test_what_is_said_beside_a_long_transfer_does_not_hold_it_up() -> None:
    with pipe() as (reader, writer), pipe() as (beside, noise):
        os.write(noise, b"a warning\n")
        os.set_blocking(writer, False)
        filled = os.write(writer, b"x" * 1_000_000)  # as much as fits, so the next byte has to wait
        os.set_blocking(writer, True)
        pipes = Pipes(reader, writer, beside)

        def read_when_heard() -> None:
            while not pipes.said:
                time.sleep(0.01)
            os.read(reader, filled)

        thread = threading.Thread(target=read_when_heard)
        thread.start()
        pipes.send(b"y" * 1_000)
        thread.join()
        assert os.read(reader, 1_000) == b"y" * 1_000
        assert pipes.said == b"a warning\n"


@contextlib.contextmanager
def pipe() -> Iterator[tuple[int, int]]:
    """Open a pipe and close what is left of it."""
    ends = os.pipe()
    try:
        yield ends
    finally:
        for end in ends:
            with contextlib.suppress(OSError):
                os.close(end)
