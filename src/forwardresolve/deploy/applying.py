"""Carry a plan out, target by target; one that fails does not stop the others."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.errors import TargetError

if TYPE_CHECKING:
    from forwardresolve.deploy.plan import Plan, TargetPlan

_LOG: Final = logging.getLogger(__name__)


@attrs.frozen
class Outcome:
    """What became of one target.

    Args:
        target: Its name.
        digest: The generation that it holds; empty where nobody knows.
        changed: Whether it was written to.
        error: What went wrong; empty where nothing did.
    """

    target: str
    digest: str
    changed: bool
    error: str = ""


def carry_out(plan: Plan, *, release: str = "") -> tuple[Outcome, ...]:
    """Write to every target of a plan that changes.

    Args:
        plan: The plan; its guard has been asked.
        release: Why somebody let an unusual change through; empty where nobody had to.

    Returns:
        What became of each target, in the order of the plan.
    """
    outcomes: list[Outcome] = []
    for each in plan.targets:
        if plan.deploy.on_failure == "stop" and any(done.error for done in outcomes):
            outcomes.append(
                Outcome(each.name, each.held.digest if each.held else "", changed=False, error="not tried")
            )
        else:
            outcomes.append(_carry_out(each, release))
    return tuple(outcomes)


def _carry_out(plan: TargetPlan, release: str) -> Outcome:
    if plan.held is None:
        return Outcome(plan.name, "", changed=False, error=plan.error)
    if not plan.changes:
        return Outcome(plan.name, plan.held.digest, changed=False)
    try:
        now = plan.front_end.target.put(plan.wanted, plan.held, release=release)
    except TargetError as error:
        _LOG.error("%s", error)
        return Outcome(plan.name, plan.held.digest, changed=False, error=str(error))
    _LOG.info("target %s: holds generation %.12s", plan.name, now.digest)
    return Outcome(plan.name, now.digest, changed=True)
