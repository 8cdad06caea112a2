"""Ask every source cheaply whether it has changed; one that cannot tell is to be read now and then."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.errors import BackendError
from forwardresolve.sdk import Versioned
from forwardresolve.sources import naming
from forwardresolve.watch.backoff import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forwardresolve.pace import Pace
    from forwardresolve.sdk import Backend

_LOG: Final = logging.getLogger(__name__)

_REST: Final = 20
"""How many times as long as its last answer took a source is left alone: it is to serve others, too."""


_PAUSE: Final = 4
"""How many times as long as a reading took nobody looks for the next one; at most `Pace.reread`."""


@attrs.define
class _Source:
    backend: Backend
    version: str | None = None
    rests_until: float = 0.0
    backoff: Backoff = attrs.field(factory=Backoff)


@attrs.frozen
class Look:
    """What one round of polling has found.

    Args:
        changed: The sources that have changed, are up again, or are due because they cannot tell.
        failed: The sources that could not be asked this time, each with its error.
    """

    changed: tuple[str, ...] = ()
    failed: Mapping[str, BackendError] = attrs.field(factory=dict)


@attrs.frozen
class Answers:
    """What sources have answered.

    Args:
        now: When they were asked.
        rereads: Whether it is time to read those that cannot tell.
        given: The version of each, or why there is none, and how many seconds that took.
    """

    now: float
    rereads: bool
    given: Mapping[str, tuple[str | BackendError, float]]


@attrs.frozen
class Asking:
    """Asks sources for their versions; it may do so in any thread.

    Args:
        now: When the round has begun.
        due: The sources.
        rereads: As in `Answers`.
        clock: As in `Polling`.
    """

    now: float
    due: Mapping[str, Backend]
    rereads: bool
    clock: Callable[[], float]

    def answers(self) -> Answers:
        """Ask them one after the other."""
        return Answers(self.now, self.rereads, {name: self._ask(name) for name in self.due})

    def _ask(self, name: str) -> tuple[str | BackendError, float]:
        backend, began = self.due[name], self.clock()
        try:
            with naming(name):
                version = backend.version() if isinstance(backend, Versioned) else ""
        except BackendError as error:
            return error, self.clock() - began
        return version, self.clock() - began


class Polling:
    """Knows when each source has to be asked.

    Args:
        sources: The backends by the names of their sources.
        pace: How often.
        clock: The time in seconds; it never goes back. It measures how long a source takes to answer.
    """

    def __init__(
        self, sources: Mapping[str, Backend], pace: Pace, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._sources = {
            name: _Source(backend, backoff=Backoff(first=pace.poll)) for name, backend in sources.items()
        }
        self._pace = pace
        self._clock = clock
        self._next = 0.0
        self._reread = 0.0
        self._found: float | None = None

    @property
    def due(self) -> float:
        """When to look next."""
        return self._next

    def look(self, now: float) -> Look:
        """Ask the sources that are due, and wait for their answers; see `begin` and `end`."""
        asking = self.begin(now)
        return Look() if asking is None else self.end(asking.answers())

    def begin(self, now: float) -> Asking | None:
        """Begin a round.

        Args:
            now: The time, on a clock that never goes back.

        Returns:
            What asks the sources that are due; None where it is not time.
        """
        if now < self._next:
            return None
        self._next = now + self._pace.poll
        rereads = now >= self._reread
        if rereads:  # whoever is told once reads, and tries again by itself
            self.was_read(now)
        due = {
            name: each.backend
            for name, each in self._sources.items()
            if now >= max(each.backoff.at, each.rests_until)
        }
        return Asking(now, due, rereads, self._clock)

    def end(self, answers: Answers) -> Look:
        """End a round.

        Args:
            answers: Those of `begin`.

        Returns:
            What it has found.
        """
        now = answers.now
        changed: list[str] = []
        failed: dict[str, BackendError] = {}
        for name, (version, seconds) in answers.given.items():
            each = self._sources[name]
            if isinstance(version, BackendError):
                each.backoff.failed(now)
                failed[name] = version
                continue
            is_up_again = bool(each.backoff.failures)
            each.backoff.succeeded()
            if is_up_again or (version and each.version is not None and version != each.version):
                changed.append(name)
            if not version and answers.rereads:
                changed.append(name)
            each.version = version
            each.rests_until = now + _REST * seconds
        if changed:  # what is read now is seen by a look after the reading, and not during it
            self._found = now
            self._next = now + max(self._pace.reread, self._pace.poll)
        return Look(tuple(dict.fromkeys(changed)), failed)

    def was_read(self, now: float) -> None:
        """Note that all sources were read; after a long reading the next look comes later."""
        self._reread = now + self._pace.reread
        if self._found is not None:
            pause = min(_PAUSE * (now - self._found), self._pace.reread)
            self._next = max(self._found + self._pace.poll, now + pause)
            self._found = None
