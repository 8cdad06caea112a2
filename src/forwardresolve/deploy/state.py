"""What a run leaves for the next ones: small, written at once, and never fatal when it is lost."""

from __future__ import annotations

import datetime as dt
import fcntl
import json
import logging
import os
import time
from collections.abc import Mapping  # noqa: TC003 (cattrs reads the annotations)
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Literal

import attrs

from forwardresolve.errors import ConfigError, TargetError
from forwardresolve.options import structure
from forwardresolve.rspamd.writing import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Ending = Literal["done", "unchanged", "refused", "held", "partly", "failed"]

SCHEMA_VERSION: Final = 1

_LOG: Final = logging.getLogger(__name__)
_FILE: Final = "state.json"
_LOCK: Final = "lock"
_DIRECTORY_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
_MOST_RELEASES: Final = 50
_PAUSE: Final = 0.5
"""Seconds between two looks at the lock."""


@attrs.frozen(kw_only=True)
class SourceRecord:
    """What a source gave in the last good run.

    Args:
        domains: Hosted domains.
        forwardings: Forwardings, catch-alls included.
        at: When, ISO 8601.
        last_good_from: When the read was made that stood in for the source; empty where it
            answered itself.
    """

    domains: int
    forwardings: int
    at: str
    last_good_from: str = ""


@attrs.frozen(kw_only=True)
class TargetRecord:
    """What the last runs did with a target.

    Args:
        wanted: The generation that it was to hold in the last run.
        held: The generation that it held after it, as far as known.
        sequence: As in `Holding`.
        at: When it came to hold it, ISO 8601.
        asked: When it answered last.
        error: What went wrong in the last run; empty where nothing did.
        history: The generations that it has held, the last one behind.
    """

    wanted: str = ""
    held: str = ""
    sequence: int = 0
    at: str = ""
    asked: str = ""
    error: str = ""
    history: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Release:
    """Somebody let something unusual through.

    Args:
        digest: The plan.
        how: ``approved`` for the next run, ``forced`` or the ``first`` list at once,
            ``rolled back``, or ``resumed`` after that.
        reason: Why.
        at: When, ISO 8601.
    """

    digest: str
    how: Literal["approved", "forced", "first", "rolled back", "resumed"]
    reason: str
    at: str


@attrs.frozen(kw_only=True)
class Run:
    """How the last run ended.

    Args:
        at: When it ended, ISO 8601.
        outcome: ``done``, ``unchanged``, ``refused`` by the guard, ``held`` since a rollback,
            ``partly`` where a target failed, or ``failed`` before any target was touched.
        text: The same in a sentence.
        digest: The plan that was refused; empty for none.
        seconds: How long it took.
        success: When a run was done or unchanged last; empty for never.
    """

    at: str
    outcome: Ending
    text: str = ""
    digest: str = ""
    seconds: float = 0.0
    success: str = ""


@attrs.frozen(kw_only=True)
class State:
    """All of it.

    Args:
        schema_version: Grows when an earlier version would misread it.
        sources: The last good run of each source.
        targets: What is known of each target.
        approvals: The plans that somebody released for the next run.
        releases: Who released what, and why; the last one behind.
        hold: The rollback that later runs must not undo; None for none.
        run: How the last run ended.
    """

    schema_version: Literal[1] = SCHEMA_VERSION
    sources: Mapping[str, SourceRecord] = attrs.field(factory=dict)
    targets: Mapping[str, TargetRecord] = attrs.field(factory=dict)
    approvals: tuple[Release, ...] = ()
    releases: tuple[Release, ...] = ()
    hold: Release | None = None
    run: Run | None = None

    def target(self, name: str) -> TargetRecord:
        """Return what is known of a target."""
        return self.targets.get(name) or TargetRecord()

    def approved(self, digest: str) -> Release | None:
        """Return the approval of a plan; an approval may name the beginning of its digest."""
        return next((each for each in self.approvals if digest.startswith(each.digest)), None)

    def released(self, *releases: Release) -> State:
        """Note that somebody released something."""
        return attrs.evolve(self, releases=(*self.releases, *releases)[-_MOST_RELEASES:])

    def ended(self, run: Run) -> State:
        """Note how a run ended; when one succeeded last is kept."""
        is_success = run.outcome in {"done", "unchanged"}
        success = run.at if is_success else self.run.success if self.run else ""
        return attrs.evolve(self, run=attrs.evolve(run, success=success))


def read_state(directory: Path) -> State:
    """Read the state; one that is lost or damaged is that of a first run, and it is said.

    Args:
        directory: ``state_dir``.
    """
    path = directory / _FILE
    try:
        return structure(json.loads(path.read_text(encoding="utf-8")), State, "")
    except FileNotFoundError:
        return State()
    except OSError as error:
        _LOG.warning("%s: cannot be read (%s), so nothing is known of earlier runs", path, error.strerror)
    except (ValueError, TypeError, ConfigError):
        _LOG.warning("%s: is damaged, so nothing is known of earlier runs", path)
    return State()


def write_state(directory: Path, state: State) -> None:
    """Put the state onto the disk.

    Raises:
        TargetError: The file system refuses; what was there stays.
    """
    try:
        make_state_directory(directory)
        text = json.dumps(attrs.asdict(state), indent=1)
        replace(directory / _FILE, f"{text}\n".encode(), _FILE_MODE)
    except OSError as error:
        raise _refused(directory, error) from error


def make_state_directory(directory: Path) -> None:
    """Make a directory of the state that nobody else can look into.

    Raises:
        TargetError: The file system refuses.
    """
    try:
        if not directory.is_dir():
            directory.mkdir(parents=True, mode=_DIRECTORY_MODE)
            directory.chmod(_DIRECTORY_MODE)
    except OSError as error:
        raise _refused(directory, error) from error


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Keep a second run away; the lock dies with its process.

    Args:
        directory: ``state_dir``.

    Raises:
        TargetError: Another run is under way, or the file system refuses.
    """
    make_state_directory(directory)
    try:
        descriptor = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT, _FILE_MODE)
    except OSError as error:
        raise _refused(directory, error) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            process = os.read(descriptor, 20).decode(errors="replace").strip()
            msg = (
                f"another run is under way (process {process or '?'}, {directory / _LOCK}); wait for its end"
            )
            raise TargetError(msg) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


def wait_for_others(directory: Path, patience: float, sleep: Callable[[float], object] = time.sleep) -> None:
    """Wait until no other run is under way, so that a plan made then is not overtaken by it.

    Args:
        directory: ``state_dir``.
        patience: After how many seconds to wait no longer.
        sleep: Waits for a number of seconds.

    Raises:
        TargetError: The other run is still under way, or the file system refuses.
    """
    pauses = round(patience / _PAUSE)
    for left in range(pauses, -1, -1):
        try:
            with locked(directory):
                return
        except TargetError:
            if not left:
                raise
        sleep(_PAUSE)


def stamp(now: dt.datetime) -> str:
    """Write a time as the state has it: UTC, to the second."""
    return now.astimezone(dt.UTC).isoformat(timespec="seconds")


def seconds_since(text: str, now: dt.datetime) -> float | None:
    """Return how long a time of the state is ago, negative where it is to come.

    Returns:
        The seconds; None where the text is no time.
    """
    try:
        return (now - dt.datetime.fromisoformat(text)).total_seconds()
    except (ValueError, TypeError):
        return None


def _refused(directory: Path, error: OSError) -> TargetError:
    return TargetError(f"state_dir: {error.filename or directory}: {error.strerror}")
