"""What every target holds, what was kept, and how the last run ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from forwardresolve.deploy.history import History
from forwardresolve.deploy.loaded import loaded
from forwardresolve.deploy.planning import at_once
from forwardresolve.deploy.state import read_state, seconds_since
from forwardresolve.errors import TargetError
from forwardresolve.rspamd import map_paths
from forwardresolve.rspamd.probing import Door
from forwardresolve.rspamd.reading import read_keys

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

    from forwardresolve.deploy.front_end import FrontEnd
    from forwardresolve.deploy.kept import Kept
    from forwardresolve.deploy.state import State


@attrs.frozen(kw_only=True)
class TargetStatus:
    """What is known of a target.

    Args:
        name: The admin's name for it.
        held: The generation that it holds now; empty for none, or where nobody knows.
        wanted: The generation that it was to hold in the last run; empty where there was none.
        at: When it came to hold it, ISO 8601; empty where that is not known.
        age: The same as seconds ago.
        error: Why it cannot be asked, or what went wrong in the last run; empty where nothing did.
        answers: Whether it could be asked.
        rspamd: What its running Rspamd has: ``current``, ``older``, ``partly``, ``unknown``, or
            why it does not answer; empty where it is not asked.
    """

    name: str
    held: str
    wanted: str
    at: str
    age: float | None
    error: str
    answers: bool
    rspamd: str = ""

    @property
    def is_current(self) -> bool:
        """Whether it holds what it was to hold, as far as anybody knows."""
        return self.answers and bool(self.held) and self.held == self.wanted


@attrs.frozen(kw_only=True)
class Status:
    """What is known of a deployment.

    Args:
        targets: Each target, in the order of the configuration.
        state: What the runs have left.
        kept: The generations that are kept, the newest first.
    """

    targets: tuple[TargetStatus, ...]
    state: State
    kept: tuple[Kept, ...]


def look(front_ends: Sequence[FrontEnd], state_dir: Path, now: dt.datetime) -> Status:
    """Ask every target, and where it has a URL its Rspamd; nothing is changed.

    Args:
        front_ends: The targets.
        state_dir: Where the state is.
        now: The time.
    """
    state = read_state(state_dir)
    history = History(state_dir)

    def ask(front_end: FrontEnd) -> TargetStatus:
        return _ask(front_end, state, history, now)

    return Status(targets=tuple(at_once(ask, front_ends)), state=state, kept=history.kept())


def _ask(front_end: FrontEnd, state: State, history: History, now: dt.datetime) -> TargetStatus:
    record = state.target(front_end.name)
    error, held, answers = record.error, "", True
    try:
        held = front_end.target.holding(map_paths(front_end.rspamd)).digest
    except TargetError as reason:
        error, answers = str(reason), False
    is_known = held == record.held
    return TargetStatus(
        name=front_end.name,
        held=held,
        wanted=record.wanted,
        at=record.at if is_known else "",
        age=seconds_since(record.at, now) if is_known else None,
        error=error,
        answers=answers,
        rspamd=_ask_rspamd(front_end, record.history, held, history) if front_end.rspamd_url else "",
    )


def _ask_rspamd(front_end: FrontEnd, passed: Sequence[str], held: str, history: History) -> str:
    password = front_end.rspamd_password
    door = Door(front_end.rspamd_url, password.reveal() if password else "")
    before = next((digest for digest in reversed(passed) if digest != held), "")
    try:
        return loaded(door, front_end.rspamd, _keys(history, held), _keys(history, before))
    except TargetError as error:
        return str(error)


def _keys(history: History, digest: str) -> AbstractSet[str]:
    """Return what a kept generation says; nothing where it is not kept."""
    kept = history.generation(digest) if digest else None
    return read_keys(each.content for each in kept.maps) if kept else frozenset()
