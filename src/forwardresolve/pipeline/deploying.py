"""Bring what the sources say to every target: plan, apply, roll back, and look."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import TYPE_CHECKING

import attrs

from forwardresolve import rspamd
from forwardresolve.deploy import releasing, rollback
from forwardresolve.deploy.generation import Generation
from forwardresolve.deploy.guard import Tally
from forwardresolve.deploy.history import History
from forwardresolve.deploy.plan import Plan
from forwardresolve.deploy.planning import Planning, Steps, no_step
from forwardresolve.deploy.state import read_state
from forwardresolve.deploy.status import Status, look
from forwardresolve.deploy.ways import ways
from forwardresolve.errors import ConfigError, TargetError
from forwardresolve.reachability import Resolution, resolve
from forwardresolve.sources import Deadline, Progress, read_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from forwardresolve.config import Config
    from forwardresolve.deploy.applying import Outcome
    from forwardresolve.deploy.front_end import FrontEnd
    from forwardresolve.deploy.planning import Recent
    from forwardresolve.deploy.ways import Ways
    from forwardresolve.errors import ForwardResolveError
    from forwardresolve.rspamd import RspamdSettings
    from forwardresolve.sources import Read


@attrs.frozen
class Made:
    """What the targets are to hold.

    Args:
        wanted: Each target with its maps, in the order of the configuration.
        ways: How everything that is listed reaches the outside.
        listed: How many addresses and catch-alls are listed.
        steps: Knows what leads from earlier generations to these.
    """

    wanted: tuple[tuple[FrontEnd, Generation], ...]
    ways: Ways
    listed: int
    steps: Steps = no_step

    @property
    def digests(self) -> tuple[str, ...]:
        """The digest of what each target is to hold, in their order."""
        return tuple(generation.digest for _, generation in self.wanted)


def plan(
    config: Config,
    progress: Progress | None = None,
    deadline: float | None = None,
    *,
    writes: bool = True,
) -> Plan:
    """Read every source, resolve, and compare with what every target holds; no target is changed.

    Args:
        config: What to read, how to judge it, and where it goes.
        progress: As in `read`.
        deadline: After how many seconds to give up.
        writes: Whether the plan is to be applied, so that what later runs may need is written
            down: the reads of sources with ``on_unavailable = "last-good"``.

    Returns:
        The plan. A target that cannot be asked is in it with its error.

    Raises:
        ConfigError: There is no target.
        DeadlineExceeded: It takes too long.
        ForwardResolveError: As in `read`.
    """
    if not config.targets:
        msg = "target: there is none; name a front end in a table [[target]]"
        raise ConfigError(msg)
    until = Deadline.after(deadline)
    given = read_all(config, progress, until, writes=writes)
    resolved = resolve(given.graph)
    until.check("the forwardings were resolved")
    made = make(config, resolved)
    until.check("the maps were made")
    compared = compare(config, given, made)
    until.check("the targets were asked")
    return compared


def make(config: Config, resolution: Resolution) -> Made:
    """Make what every target is to hold.

    Args:
        config: The targets, and what they get.
        resolution: The verdict of every address.

    Raises:
        BackendIncomplete: No source names a hosted domain.
    """
    today = dt.datetime.now().astimezone().date()
    made: dict[RspamdSettings, Generation] = {}
    for each in config.targets:
        settings = each.rspamd.on(today)
        if settings not in made:
            made[settings] = Generation.of(rspamd.artifacts(resolution, settings))
    return Made(
        wanted=tuple((each, made[each.rspamd.on(today)]) for each in config.targets),
        ways=ways(resolution),
        listed=len(resolution.addresses) + len(resolution.catch_alls),
    )


def compare(config: Config, given: Read, made: Made, recent: Recent | None = None) -> Plan:
    """Compare what every target is to hold with what it holds; no target is changed.

    Args:
        config: Where the state is, and what has to be released.
        given: What the sources gave.
        made: What the targets are to hold.
        recent: As in `Planning`.

    Returns:
        The plan. A target that cannot be asked is in it with its error.
    """
    history = recent.history if recent is not None else History(config.state_dir)
    targets, is_first = Planning(history, made.ways, made.steps, recent).plan(made.wanted)
    state = read_state(config.state_dir)
    return Plan(
        targets=targets,
        ways=made.ways,
        listed=made.listed,
        sources=given.tallies,
        sources_before={
            name: Tally(record.domains, record.forwardings) for name, record in state.sources.items()
        },
        last_good=given.last_good,
        spools=given.spools,
        is_first=is_first,
        guard=config.guard,
        deploy=config.deploy,
        state_dir=config.state_dir,
        history=history,
    )


def apply(  # noqa: PLR0913 (each is a decision of whoever applies)
    plan: Plan,
    *,
    reason: str = "",
    force: bool = False,
    first: bool = False,
    resume: bool = False,
    before: Callable[[], None] | None = None,
) -> tuple[Outcome, ...]:
    """Carry a plan out, target by target; one that fails does not stop the others.

    Args:
        plan: The plan.
        reason: Why, for whoever reads the log later.
        force: Whether to carry it out though the guard refuses it; needs a reason.
        first: Whether this is the first list: nothing is there to compare it with.
        resume: Whether to go on after a rollback.
        before: Is called when the plan may go on and before any target is touched; what it raises
            ends the run.

    Returns:
        What became of each target.

    Raises:
        UnsafeChange: The guard refuses it, or a rollback holds it; nothing was touched.
        TargetError: Another run is under way, or the state cannot be written; nothing was touched.
    """
    now = dt.datetime.now(dt.UTC)
    return releasing.apply(plan, now, reason=reason, force=force, first=first, resume=resume, before=before)


def note_failure(config: Config, error: ForwardResolveError) -> None:
    """Remember that a run failed before any target was touched; a state that cannot be written is left.

    Args:
        config: Where the state is.
        error: Why it failed.
    """
    with contextlib.suppress(TargetError):
        releasing.note_failure(config.state_dir, str(error), dt.datetime.now(dt.UTC))


def roll_back(config: Config, *, reason: str, to: str = "") -> tuple[Outcome, ...]:
    """Bring an earlier generation back to every target, and hold it until a run resumes.

    Args:
        config: The targets, and where the state is.
        reason: Why.
        to: The digest of the generation, or its beginning; empty for what each target held before.

    Returns:
        What became of each target.

    Raises:
        UnsafeChange: There is no reason, or no such generation is kept.
        TargetError: Another run is under way, or the state cannot be written.
    """
    targets = [each.target for each in config.targets]
    now = dt.datetime.now(dt.UTC)
    return rollback.roll_back(targets, config.state_dir, config.deploy, now, reason=reason, to=to)


def status(config: Config) -> Status:
    """Ask every target what it holds, and where it has a URL its Rspamd; nothing is changed.

    Args:
        config: The targets, and where the state is.

    Returns:
        What is known; a target that cannot be asked is in it with its error.
    """
    return look(config.targets, config.state_dir, dt.datetime.now(dt.UTC))
