"""Back to an earlier generation, on every target, until somebody says that it may go on."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.deploy.applying import Outcome, Task, carry_out
from forwardresolve.deploy.history import History
from forwardresolve.deploy.releasing import noted, spared
from forwardresolve.deploy.state import Release, locked, read_state, stamp, write_state
from forwardresolve.errors import TargetError, UnsafeChange

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    from forwardresolve.deploy.generation import Generation
    from forwardresolve.deploy.policy import Deploy
    from forwardresolve.deploy.state import TargetRecord
    from forwardresolve.deploy.target import Target

_LOG: Final = logging.getLogger(__name__)


def roll_back(  # noqa: PLR0913 (who, where to, and why)
    targets: Sequence[Target],
    state_dir: Path,
    policy: Deploy,
    now: dt.datetime,
    *,
    reason: str,
    to: str = "",
) -> tuple[Outcome, ...]:
    """Bring an earlier generation back, and hold it.

    Args:
        targets: The targets.
        state_dir: Where the state is.
        policy: How the deployment behaves.
        now: The time.
        reason: Why.
        to: The digest of the generation, or its beginning; empty for what each target held before.

    Returns:
        What became of each target; later runs change nothing until one of them resumes.

    Raises:
        UnsafeChange: There is no reason, or no such generation is kept.
        TargetError: Another run is under way, or the state cannot be written.
    """
    if not reason.strip():
        msg = "a rollback needs a reason; those who meet the hold later will read it"
        raise UnsafeChange(msg)
    with locked(state_dir):
        state = read_state(state_dir)
        digest = _chosen(History(state_dir), to)
        journey = _Journey(History(state_dir), digest)
        tasks = [journey.task(each, state.target(each.name)) for each in targets]
        if all(task is None for task in tasks):
            msg = "no target has an earlier generation that is kept; nothing was touched"
            raise UnsafeChange(msg)
        release = Release(digest=digest, how="rolled back", reason=reason, at=stamp(now))
        # The hold comes first: a run that starts when this one is killed must not undo half of it.
        state = attrs.evolve(state, hold=release).released(release)
        write_state(state_dir, state)
        _LOG.warning("rollback to %s: %s", digest[:12] or "what each target held before", reason)
        carried = iter(
            carry_out([task for task in tasks if task is not None], policy, release=f"rollback: {reason}")
        )
        outcomes = tuple(
            _stays(target, state.target(target.name)) if task is None else next(carried)
            for target, task in zip(targets, tasks, strict=True)
        )
        records = {
            each.target: noted(_shortened(state.target(each.target), each), each, each.digest, policy, now)
            for each in outcomes
        }
        state = attrs.evolve(state, targets={**state.targets, **records})
        write_state(state_dir, state)
        History(state_dir).prune(policy, now, spared(state))
    return outcomes


def _chosen(history: History, to: str) -> str:
    """Return the whole digest of a kept generation by its beginning."""
    if not to:
        return ""
    found = [each.digest for each in history.kept() if each.digest.startswith(to)]
    if len(found) != 1:
        what = "several generations" if found else "no generation that is kept"
        msg = f"{to}: begins the digest of {what}; forwardresolve status lists them"
        raise UnsafeChange(msg)
    return found[0]


@attrs.frozen
class _Journey:
    """The way back.

    Args:
        history: What is kept.
        to: Where everything goes; empty for what each target held before.
        found: What has been read of it, for targets that go the same way.
    """

    history: History
    to: str
    found: dict[str, Generation | None] = attrs.field(factory=dict)

    def task(self, target: Target, record: TargetRecord) -> Task | None:
        """Say what is to be done with a target; None where it has nowhere to go."""
        wanted = self._named(record) if self.to else self._earlier(record)
        if wanted is None:
            return None
        try:
            return Task(target, wanted, target.holding(wanted.digests))
        except TargetError as error:
            return Task(target, wanted, None, str(error))

    def _earlier(self, record: TargetRecord) -> Generation | None:
        """Return the last generation before the one that the target holds."""
        for digest in reversed(record.history):
            if digest != record.held and (found := self._generation(digest)) is not None:
                return found
        return None

    def _named(self, record: TargetRecord) -> Generation | None:
        """Return the named generation, if it is one for this target: of another profile it is not."""
        found = self._generation(self.to)
        if found is None or self.to in record.history or not record.history:
            return found
        last = self._generation(record.history[-1])
        return found if last is None or last.digests.keys() == found.digests.keys() else None

    def _generation(self, digest: str) -> Generation | None:
        if digest not in self.found:
            self.found[digest] = self.history.generation(digest)
        return self.found[digest]


def _shortened(record: TargetRecord, outcome: Outcome) -> TargetRecord:
    """Forget what came after the generation that is back, so that the next rollback goes further."""
    if not outcome.changed or outcome.digest not in record.history:
        return record
    behind = record.history[::-1].index(outcome.digest)
    return attrs.evolve(record, history=record.history[: len(record.history) - behind])


def _stays(target: Target, record: TargetRecord) -> Outcome:
    error = f"target {target.name}: has no such generation to go back to; it stays as it is"
    _LOG.error("%s", error)
    return Outcome(target.name, record.held, changed=False, error=error, sequence=record.sequence)
