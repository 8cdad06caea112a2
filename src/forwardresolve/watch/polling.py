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
        """Ask the sources that are due.

        Args:
            now: The time, on a clock that never goes back.
        """
        if now < self._next:
            return Look()
        self._next = now + self._pace.poll
        rereads = now >= self._reread
        if rereads:  # whoever is told once reads, and tries again by itself
            self.was_read(now)
        changed: list[str] = []
        failed: dict[str, BackendError] = {}
        for name, each in self._sources.items():
            if now < max(each.backoff.at, each.rests_until):
                continue
            began = self._clock()
            try:
                version = self._version(name, each)
            except BackendError as error:
                each.backoff.failed(now)
                failed[name] = error
                continue
            is_up_again = bool(each.backoff.failures)
            each.backoff.succeeded()
            if is_up_again or (version and each.version is not None and version != each.version):
                changed.append(name)
            if not version and rereads:
                changed.append(name)
            each.version = version
            each.rests_until = now + _REST * (self._clock() - began)
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

    @staticmethod
    def _version(name: str, source: _Source) -> str:
        if not isinstance(source.backend, Versioned):
            return ""
        with naming(name):
            return source.backend.version()
