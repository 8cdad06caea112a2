"""A receiver that is killed at any step leaves one whole generation."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from typing import TYPE_CHECKING

from deploy.conversations import PATHS, converse, generation, sent
from forwardresolve.deploy.directory import Directory
from forwardresolve.deploy.target import Holding

if TYPE_CHECKING:
    from pathlib import Path

    from forwardresolve.deploy.generation import Generation

OLD = generation("a@a.example", "b@a.example")
NEW = generation("a@a.example", "c@a.example", domains=("c.example",))
STEPS = frozenset(
    {"open", "fcntl.flock", "os.chmod", "os.chown", "os.listdir", "os.mkdir", "os.remove", "os.rename"}
)
"""What the interpreter tells its audit hooks before it is done."""


def test_whatever_step_a_receiver_is_killed_at_it_leaves_one_whole_generation(tmp_path: Path) -> None:
    outcomes = []
    for step in itertools.count(1):
        root = tmp_path / str(step)
        root.mkdir(mode=0o755)
        target = Directory(name="mx1", root=root)
        held = target.put(OLD, Holding({}))
        was_killed = _killed_at(step, sent(NEW, held), target)
        for each, other in zip(OLD.maps, NEW.maps, strict=True):
            assert (root / each.path).read_bytes() in (each.content, other.content)
        found = target.holding(PATHS)
        assert found.digests in (OLD.digests, NEW.digests)
        assert {path: (root / path).read_bytes() for path in PATHS} in (_contents(OLD), _contents(NEW))
        outcomes.append(found.digests == NEW.digests)
        if not was_killed:
            break
        assert target.put(NEW, found).digests == NEW.digests  # the next run is not held up
    assert outcomes == sorted(outcomes)  # never back again
    assert outcomes.count(False) > 5
    assert outcomes.count(True) > 2


def _killed_at(step: int, stream: bytes, target: Directory) -> bool:
    """Receive in a process that is killed before its so-manyeth step; tell whether it came to that."""
    child = os.fork()
    if child == 0:
        steps = itertools.count(1)

        def hook(event: str, _: object) -> None:
            if event in STEPS and next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        converse(stream, target)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def _contents(of: Generation) -> dict[str, bytes]:
    return {each.path: each.content for each in of.maps}
