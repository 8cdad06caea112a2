"""One line for Nagios, Icinga and their kin, by the conventions of the Monitoring Plugins.

The judgement is about what the runs and verifications have left in ``state_dir``; nobody is asked, so the
check is quick and works while a front end is down.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.deploy.state import seconds_since
from forwardresolve.operate.watching import NEVER
from forwardresolve.rspamd.diagnosis import OBSERVING
from forwardresolve.sources import span

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from forwardresolve.deploy.state import Release, Run, State
    from forwardresolve.operate.protection import Verified
    from forwardresolve.operate.watching import Watched

_SHORT: Final = 12
_DAY: Final = 86_400


class Level(IntEnum):
    """How bad it is; the number is the exit code."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


@attrs.frozen
class Limits:
    """After how many seconds without a good run, or without a verification, somebody has to look.

    Args:
        warning: A warning.
        critical: More than a warning.
        verified: A warning for a front end that was verified longer ago.
    """

    warning: float = 1800
    critical: float = 7200
    verified: float = 3 * 3600


@attrs.frozen
class Judgement:
    """What the check says.

    Args:
        level: How bad it is.
        line: The line to print.
    """

    level: Level
    line: str


def judge(
    state: State,
    verified: Iterable[Verified],
    now: dt.datetime,
    limits: Limits,
    watched: Watched = NEVER,
) -> Judgement:
    """Say whether all is well.

    Args:
        state: What the runs have left.
        verified: What the last verification found.
        now: The time.
        limits: When somebody has to look.
        watched: What the comparisons of the resident process have found.
    """
    verified = tuple(verified)
    if state.run is None:
        return unknown("no run is known; has forwardresolve apply run, and may this user read state_dir?")
    problems = [
        *_runs(state.run, state.hold, now, limits),
        *_sources(state),
        *_targets(state),
        *_protection(verified, now, limits),
        *_comparisons(watched, now),
    ]
    level = max((each for each, _ in problems), default=Level.OK)
    told = [text for each, text in sorted(problems, key=lambda each: -each[0])]
    behind = sum(each.held != each.wanted for each in state.targets.values())
    text = "; ".join(told) or f"{len(state.targets)} targets hold what they should"
    age = _age(state.run.success, now)
    data = [
        *([f"age={age:.0f}s;{limits.warning:.0f};{limits.critical:.0f};0"] if age is not None else []),
        f"duration={state.run.seconds:.3f}s;;;0",
        f"targets={len(state.targets)};;;0",
        f"behind={behind};0;;0;{len(state.targets)}",
        f"unprotected={sum(each.protects is False for each in verified)};;0;0;{len(verified)}",
        *(f"'{_plain(name)} forwardings'={each.forwardings};;;0" for name, each in state.sources.items()),
    ]
    return _judgement(level, text, data)


def unknown(text: str) -> Judgement:
    """Say that nothing can be said, and why."""
    return _judgement(Level.UNKNOWN, text, ())


def _judgement(level: Level, text: str, data: Iterable[str]) -> Judgement:
    line = f"FORWARDRESOLVE {level.name} - {' '.join(text.replace('|', '/').split())}"
    measured = " ".join(data)
    return Judgement(level, f"{line} | {measured}" if measured else line)


def _runs(run: Run, hold: Release | None, now: dt.datetime, limits: Limits) -> Iterator[tuple[Level, str]]:
    age = _age(run.success, now)
    if age is None:
        yield Level.CRITICAL, "no run has succeeded yet"
    elif age >= limits.warning:
        level = Level.CRITICAL if age >= limits.critical else Level.WARNING
        yield level, f"the last good run was {span(age)} ago"
    if run.outcome == "refused":
        yield (
            Level.CRITICAL,
            f"the guard refuses plan {run.digest[:_SHORT]}: approve it, or repair the source",
        )
    elif run.outcome in {"failed", "partly"}:
        yield Level.WARNING, f"the last run has failed: {run.text}"
    if hold is not None:
        yield Level.WARNING, f"deployments rest since a rollback ({hold.reason})"


def _sources(state: State) -> Iterator[tuple[Level, str]]:
    for name, each in state.sources.items():
        if each.last_good_from:
            yield Level.WARNING, f"source {name} is down; its read of {each.last_good_from} stands in for it"


def _targets(state: State) -> Iterator[tuple[Level, str]]:
    for name, each in state.targets.items():
        if each.error:
            yield Level.WARNING, each.error
        elif each.held != each.wanted:
            yield Level.WARNING, f"target {name} does not hold what it should"


def _protection(
    verified: Iterable[Verified], now: dt.datetime, limits: Limits
) -> Iterator[tuple[Level, str]]:
    for each in verified:
        age = now.timestamp() - each.when
        if each.protects is None:
            yield Level.WARNING, f"{each.name} cannot be verified: {'; '.join(each.problems)}"
        elif tuple(each.problems) == (OBSERVING,):
            yield Level.WARNING, f'{each.name} refuses nothing, because of mode = "observe"'
        elif not each.protects:
            yield Level.CRITICAL, f"{each.name} does NOT PROTECT the list ({', '.join(each.problems)})"
        if age >= limits.verified:
            yield Level.WARNING, f"{each.name} was verified {span(age)} ago"


def _comparisons(watched: Watched, now: dt.datetime) -> Iterator[tuple[Level, str]]:
    age = _age(watched.differed, now)
    if age is not None and age < _DAY:
        yield Level.WARNING, f"{span(age)} ago the answer of watch differed from a new one in {watched.text}"


def _age(text: str, now: dt.datetime) -> float | None:
    """Return how long ago a moment of the state was; one that is still to come is now."""
    age = seconds_since(text, now)
    return None if age is None else max(age, 0.0)


def _plain(name: str) -> str:
    return name.replace("'", "").replace("=", "")
