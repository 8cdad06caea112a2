"""Apply, approve and roll back: what is done under the lock, and what the state remembers of it."""

from __future__ import annotations

import logging
import re
import time
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.deploy.applying import Task, carry_out
from forwardresolve.deploy.last_good import LastGood
from forwardresolve.deploy.plan import SHORT
from forwardresolve.deploy.state import (
    Ending,
    Release,
    Run,
    SourceRecord,
    State,
    TargetRecord,
    locked,
    read_state,
    stamp,
    write_state,
)
from forwardresolve.errors import ForwardResolveError, UnsafeChange

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from forwardresolve.deploy.applying import Outcome
    from forwardresolve.deploy.plan import Plan
    from forwardresolve.deploy.policy import Deploy

_LOG: Final = logging.getLogger(__name__)
_MOST_CAUSES: Final = 20
_is_digest: Final = re.compile(rf"[0-9a-f]{{{SHORT},64}}").fullmatch


def apply(  # noqa: PLR0913 (each is a decision of whoever applies)
    plan: Plan,
    now: dt.datetime,
    *,
    reason: str = "",
    force: bool = False,
    first: bool = False,
    resume: bool = False,
    before: Callable[[], None] | None = None,
) -> tuple[Outcome, ...]:
    """Carry a plan out.

    Args:
        plan: The plan.
        now: The time.
        reason: Why, for whoever reads the log later.
        force: Whether to carry it out though the guard refuses it; needs a reason.
        first: Whether this is the first list: nothing is there to compare it with.
        resume: Whether to go on after a rollback.
        before: Is called when the plan may go on; what it raises ends the run.

    Returns:
        What became of each target.

    Raises:
        UnsafeChange: The guard refuses it, or a rollback holds it; nothing was touched.
        TargetError: Another run is under way, or the state cannot be written; nothing was touched.
    """
    if force and not reason.strip():
        msg = "force needs a reason"
        raise UnsafeChange(msg)
    began = time.monotonic()
    with locked(plan.state_dir):
        state = read_state(plan.state_dir)
        releases = _releases(plan, state, now, reason, force=force, first=first, resume=resume)
        for release in releases:
            _LOG.warning(
                "plan %.12s is %s: %s", plan.digest, release.how, release.reason or "no reason given"
            )
        if before is not None:
            _ask(before, plan, state, now)
        _keep(plan, now, reason)
        tasks = [
            Task(each.front_end.target, each.wanted, each.held, each.error, each.patches)
            for each in plan.targets
        ]
        outcomes = carry_out(tasks, plan.deploy, release="; ".join(each.reason for each in releases))
        state = _after(plan, state, outcomes, now).released(*releases)
        failed = sum(bool(each.error) for each in outcomes)
        changed = sum(each.changed for each in outcomes)
        text = f"{changed} of {len(outcomes)} targets changed" + (f", {failed} failed" if failed else "")
        outcome: Ending = "partly" if failed else "done" if changed else "unchanged"
        run = Run(at=stamp(now), outcome=outcome, text=text, seconds=time.monotonic() - began)
        write_state(plan.state_dir, attrs.evolve(state, hold=None).ended(run))
        plan.history.prune(plan.deploy, now, spared(state))
        _keep_reads(plan)
    return outcomes


def _ask(before: Callable[[], None], plan: Plan, state: State, now: dt.datetime) -> None:
    """Call what has a say in it, too; a run that it ends has failed."""
    try:
        before()
    except ForwardResolveError as error:
        _end(plan, state, Run(at=stamp(now), outcome="failed", text=str(error)))
        raise


def approve(state_dir: Path, digest: str, reason: str, now: dt.datetime) -> bool:
    """Release a plan for the next run.

    Args:
        state_dir: Where the state is.
        digest: The digest of the plan, or its beginning.
        reason: Why.
        now: The time.

    Returns:
        Whether the last run was refused with this plan.

    Raises:
        UnsafeChange: That is no digest, or there is no reason.
    """
    if _is_digest(digest) is None:
        msg = f"{digest!r} is no digest of a plan; a refused run prints it, and so does forwardresolve plan"
        raise UnsafeChange(msg)
    if not reason.strip():
        msg = "an approval needs a reason"
        raise UnsafeChange(msg)
    with locked(state_dir):
        state = read_state(state_dir)
        release = Release(digest=digest, how="approved", reason=reason, at=stamp(now))
        others = tuple(each for each in state.approvals if each.digest != digest)
        write_state(state_dir, attrs.evolve(state, approvals=(*others, release)).released(release))
        _LOG.warning("plan %.12s is approved for the next run: %s", digest, reason)
        return state.run is not None and state.run.digest.startswith(digest)


def note_failure(state_dir: Path, text: str, now: dt.datetime) -> None:
    """Remember that a run failed before any target was touched.

    Args:
        state_dir: Where the state is.
        text: Why.
        now: The time.
    """
    with locked(state_dir):
        run = Run(at=stamp(now), outcome="failed", text=text)
        write_state(state_dir, read_state(state_dir).ended(run))


def _releases(  # noqa: PLR0913 (as apply)
    plan: Plan, state: State, now: dt.datetime, reason: str, *, force: bool, first: bool, resume: bool
) -> tuple[Release, ...]:
    """Find out who lets the plan through.

    Returns:
        What was released; nothing where nothing has to be.

    Raises:
        UnsafeChange: Nobody does.
    """

    def release(how: str, why: str) -> Release:
        return Release(digest=plan.digest, how=how, reason=why, at=stamp(now))  # type: ignore[arg-type] # a word of Release

    found: list[Release] = []
    if state.hold is not None:
        if not resume:
            msg = (
                f"nothing is deployed since the rollback of {state.hold.at} ({state.hold.reason}); "
                "when the reason is gone, run: forwardresolve apply --resume"
            )
            _end(plan, state, Run(at=stamp(now), outcome="held", text=msg))
            raise UnsafeChange(msg)
        found.append(release("resumed", reason))
    if plan.is_first and first:
        found.append(release("first", reason))
    refusals = plan.check(first=first)
    approval = state.approved(plan.digest)
    if refusals and force:
        found.append(release("forced", reason))
    elif refusals and approval is not None:
        found.append(release("approved", approval.reason))
    elif refusals:
        _end(
            plan,
            state,
            Run(at=stamp(now), outcome="refused", text="; ".join(refusals), digest=plan.digest),
        )
        raise UnsafeChange(plan.refusal(refusals))
    return tuple(found)


def _end(plan: Plan, state: State, run: Run) -> None:
    write_state(plan.state_dir, state.ended(run))


def _keep(plan: Plan, now: dt.datetime, reason: str) -> None:
    """Keep every generation before a target gets it: as what changes, where that is known."""
    for digest in dict.fromkeys(each.wanted.digest for each in plan.targets):
        targets = [each for each in plan.targets if each.wanted.digest == digest]
        change = next((each.change for each in targets if each.change is not None), None)
        causes = tuple(each.summary for each in change.causes[:_MOST_CAUSES]) if change else ()

        steps = [(each.held.digest, each.patches) for each in targets if each.held and each.patches]
        if not any(
            plan.history.keep_step(held, digest, patches, now, keys=plan.listed, causes=causes, reason=reason)
            for held, patches in steps
        ):
            plan.history.keep(
                targets[0].wanted, plan.ways, now, keys=plan.listed, causes=causes, reason=reason
            )


def _after(plan: Plan, state: State, outcomes: Iterable[Outcome], now: dt.datetime) -> State:
    """Write down what the sources gave and what the targets hold."""
    sources = {
        name: SourceRecord(
            domains=tally.domains,
            forwardings=tally.forwardings,
            at=stamp(now),
            last_good_from=plan.last_good.get(name, ""),
        )
        for name, tally in plan.sources.items()
    }
    wanted = {each.name: each.wanted.digest for each in plan.targets}
    targets = {
        each.target: noted(state.target(each.target), each, wanted[each.target], plan.deploy, now)
        for each in outcomes
    }
    approvals = tuple(each for each in state.approvals if not plan.digest.startswith(each.digest))
    return attrs.evolve(state, sources=sources, targets=targets, approvals=approvals)


def noted(
    record: TargetRecord, outcome: Outcome, wanted: str, policy: Deploy, now: dt.datetime
) -> TargetRecord:
    """Write down what became of a target."""
    if not outcome.digest:
        return attrs.evolve(record, wanted=wanted, error=outcome.error)
    is_new = outcome.digest != record.held
    history = (
        record.history if record.history[-1:] == (outcome.digest,) else (*record.history, outcome.digest)
    )
    return TargetRecord(
        wanted=wanted,
        held=outcome.digest,
        sequence=outcome.sequence,
        at=stamp(now) if is_new else record.at,
        asked=stamp(now),
        error=outcome.error,
        history=history[-policy.generations :],
    )


def spared(state: State) -> set[str]:
    """Return the generations that targets hold, are to hold, and held before."""
    records = state.targets.values()
    return {digest for each in records for digest in (each.held, each.wanted, *each.history[-2:])}


def _keep_reads(plan: Plan) -> None:
    kept = LastGood(plan.state_dir)
    for source, path in plan.spools.items():
        kept.keep(source, path)
    kept.clean()
