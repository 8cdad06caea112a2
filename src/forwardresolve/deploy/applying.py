"""Carry a plan out, target by target; one that fails does not stop the others."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.deploy.planning import at_once
from forwardresolve.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forwardresolve.deploy.generation import Generation
    from forwardresolve.deploy.patching import Patch
    from forwardresolve.deploy.policy import Deploy
    from forwardresolve.deploy.target import Holding, Target

_LOG: Final = logging.getLogger(__name__)


@attrs.frozen
class Task:
    """What is to be done with one target.

    Args:
        target: The target.
        wanted: What it is to hold.
        held: What it holds; None where it cannot be asked.
        error: Why it cannot be asked.
        patches: As in `Target.put`.
    """

    target: Target
    wanted: Generation
    held: Holding | None
    error: str = ""
    patches: Mapping[str, Patch] | None = None


@attrs.frozen
class Outcome:
    """What became of one target.

    Args:
        target: Its name.
        digest: The generation that it holds; empty where nobody knows.
        changed: Whether it was written to.
        error: What went wrong; empty where nothing did.
        sequence: As in `Holding`.
    """

    target: str
    digest: str
    changed: bool
    error: str = ""
    sequence: int = 0


def carry_out(tasks: Sequence[Task], policy: Deploy, *, release: str = "") -> tuple[Outcome, ...]:
    """Write to every target that is to hold something else.

    Args:
        tasks: The targets.
        policy: Whether a failure stops those behind it.
        release: Why somebody let an unusual change through; empty where nobody had to.

    Returns:
        What became of each target, in their order.
    """
    if policy.on_failure == "continue":
        return tuple(at_once(lambda task: _carry_out(task, release), tasks))
    outcomes: list[Outcome] = []
    for task in tasks:
        if any(done.error for done in outcomes):
            error = f"target {task.target.name}: not tried, because one before it failed"
            outcomes.append(_as_it_was(task, error))
        else:
            outcomes.append(_carry_out(task, release))
    return tuple(outcomes)


def _carry_out(task: Task, release: str) -> Outcome:
    if task.held is None or task.held.digest == task.wanted.digest:
        return _as_it_was(task, task.error)
    try:
        now = task.target.put(task.wanted, task.held, release=release, patches=task.patches)
    except TargetError as error:
        return _as_it_was(task, str(error))
    _LOG.info("target %s: holds generation %.12s", task.target.name, now.digest)
    return Outcome(task.target.name, now.digest, changed=True, sequence=now.sequence)


def _as_it_was(task: Task, error: str) -> Outcome:
    if error:
        _LOG.error("%s", error)
    held = task.held
    return Outcome(
        task.target.name,
        held.digest if held else "",
        changed=False,
        error=error,
        sequence=held.sequence if held else 0,
    )
