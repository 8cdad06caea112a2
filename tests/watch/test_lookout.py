"""Sources are asked beside whatever else goes on."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

import attrs
import pytest

from forwardresolve.pace import Pace
from forwardresolve.watch.lookout import Lookout
from forwardresolve.watch.polling import Look, Polling
from watch.panel import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.sdk import Record

PACE = Pace(poll=10, reread=100)


@attrs.define
class Slow:
    """A source that answers when it may."""

    said: str = "1"
    fault: BaseException | None = None
    may_answer: threading.Event = attrs.field(factory=threading.Event)

    def records(self) -> Iterator[Record]:
        raise NotImplementedError

    def version(self) -> str:
        assert self.may_answer.wait(PATIENCE)
        if self.fault is not None:
            raise self.fault
        return self.said


@attrs.define
class Post:
    """A lookout that was told to look at 0 s."""

    source: Slow
    rung: threading.Event = attrs.field(factory=threading.Event)
    lookout: Lookout = attrs.field(init=False)

    @lookout.default
    def _lookout(self) -> Lookout:
        made = Lookout(Polling({"panel": self.source}, PACE, lambda: 0.0), self.rung.set)
        assert made.due == 0.0
        assert made.look(0) == Look()
        return made

    def answer(self, now: float) -> Look:
        """Let the source answer, and look again."""
        self.source.may_answer.set()
        assert self.rung.wait(PATIENCE)
        self.rung.clear()
        return self.lookout.look(now)


def test_nobody_waits_for_a_source_that_takes_its_time() -> None:
    post = Post(Slow())
    for now in (1, 50, 100):
        assert post.lookout.look(now) == Look()
    assert post.lookout.due == math.inf
    assert post.answer(5) == Look()
    assert post.lookout.due == 10


def test_what_it_answers_is_found_when_it_has_answered() -> None:
    post = Post(Slow())
    post.answer(5)
    post.source.said = "2"
    assert post.lookout.look(10) == Look()
    assert post.answer(11).changed == ("panel",)
    assert post.lookout.due == 110


def test_a_fault_of_a_backend_ends_the_process() -> None:
    post = Post(Slow(fault=ZeroDivisionError("a fault")))
    with pytest.raises(ZeroDivisionError, match="a fault"):
        post.answer(5)
