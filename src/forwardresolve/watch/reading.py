"""Reading the sources: some addresses at once, and everything beside whatever else goes on.

A reading of everything takes seconds to minutes at a large site. It runs in a thread of its own, so
that an address that somebody touches meanwhile is read, and deployed, without waiting for it.
"""

from __future__ import annotations

import logging
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve import pipeline
from forwardresolve.errors import BackendUnavailable, ForwardResolveError
from forwardresolve.parts import read_part
from forwardresolve.reachability import resolve
from forwardresolve.scope import Scope
from forwardresolve.sources import read_all
from forwardresolve.watch.backoff import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from forwardresolve.config import Config
    from forwardresolve.reachability import Resolution
    from forwardresolve.sources import Read
    from forwardresolve.watch.current import Current

_LOG: Final = logging.getLogger(__name__)

_MOST_ASKED: Final = 200
"""So many touched addresses are read by themselves; with more a whole reading is no slower."""


@attrs.frozen(kw_only=True)
class Came:
    """What has come of a reading.

    Args:
        is_whole: Whether everything was read.
        has_changed: Whether the list may be another one.
        difference: Where the answer was compared with one made anew: how they differed.
        maps: What every target is to hold by a new resolution, and the moment for which that
            holds; None where there is none.
        error: Why it has failed; it will be tried again.
    """

    is_whole: bool = False
    has_changed: bool = False
    difference: str | None = None
    maps: tuple[tuple[str, ...], int] | None = None
    error: ForwardResolveError | None = None


class Reading:
    """Knows what has to be read, and reads it.

    Args:
        current: What takes over what was read.
        ring: Is called when a reading of everything has ended.
        clock: The time in seconds; it never goes back.
    """

    def __init__(self, current: Current, ring: Callable[[], None], clock: Callable[[], float]) -> None:
        self._current = current
        self._ring = ring
        self._clock = clock
        self._lock = Lock()
        self._asked: set[str] = set()
        self._everything = False
        self._backoff = Backoff()
        self._whole: _Whole | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether everything is being read just now."""
        return self._whole is not None

    def touch(self, addresses: Iterable[str] = ()) -> None:
        """Note that somebody has changed rows; may be called by any thread.

        Args:
            addresses: As `Scope.of` takes them; none at all: anything may have changed.
        """
        asked = frozenset(addresses)
        with self._lock:
            self._asked |= asked
            if not asked:  # what is asked for by itself does not wait for everything
                self._everything = True
            elif len(self._asked) > _MOST_ASKED:
                self._asked.clear()
                self._everything = True

    def is_idle(self, *, compares: bool) -> bool:
        """Tell whether nothing can be done at once; see `go_on`."""
        if self._whole is not None and self._whole.has_ended:
            return False
        is_waiting = self._clock() < self._backoff.at
        return is_waiting or not (self._reads_part() or self._begins(compares=compares))

    def go_on(self, chosen: Config, *, compares: bool) -> Iterator[Came]:
        """Do what can be done at once.

        Args:
            chosen: What to read, and how.
            compares: Whether to read everything and resolve it anew, to see that the answer is the
                same.

        Yields:
            What has come of each reading.
        """
        ended = self._whole if self._whole is not None and self._whole.has_ended else None
        if ended is not None:
            self._whole = None
            yield self._take(ended)
        if self._clock() >= self._backoff.at and self._reads_part():
            yield from self._read_part(chosen)
        # Who has just been given a comparison asks for another one only when called again.
        if ended is None and self._clock() >= self._backoff.at and self._begins(compares=compares):
            self._begin(chosen, compares=compares)

    def stop(self) -> None:
        """Give up a reading of everything that is under way; nothing of it is left."""
        if self._whole is not None:
            self._whole.stop()
            self._whole = None
            self._current.break_off()

    def _reads_part(self) -> bool:
        return bool(self._asked) and self._current.is_known

    def _begins(self, *, compares: bool) -> bool:
        return self._whole is None and (self._everything or compares)

    def _begin(self, chosen: Config, *, compares: bool) -> None:
        with self._lock:
            self._everything = False
            if not self._current.is_known:
                self._asked.clear()
        self._current.begin_reading()
        self._whole = _Whole(chosen, compares=compares, resolves=compares and self._current.is_known)
        self._whole.start(self._ring)

    def _take(self, whole: _Whole) -> Came:
        if whole.given is None:
            self._current.break_off()
            self._backoff.failed(self._clock())
            self._everything = True
            return Came(is_whole=True, error=whole.failure())
        self._backoff.succeeded()
        taken = self._current.take(whole.given, whole.fresh)
        self._ask_again(taken.overtaken)
        return Came(
            is_whole=True,
            has_changed=True,
            difference=taken.difference if whole.compares else None,
            maps=None if taken.moment is None else (whole.maps, taken.moment),
        )

    def _read_part(self, chosen: Config) -> Iterator[Came]:
        """Read of every source what the touched addresses stand for, and take over what has changed."""
        with self._lock:
            asked, self._asked = frozenset(self._asked), set()
        if self._current.given.last_good:  # there is no newer part of it
            self._everything = True
            return
        self._current.begin_part()
        try:
            part = read_part(chosen, Scope.of(asked))
        except ForwardResolveError as error:
            self._current.break_off_part()
            if isinstance(error, BackendUnavailable) and chosen.fallbacks:
                self._everything = True  # a last good read may stand in for the source
                return
            self._backoff.failed(self._clock())
            self._ask_again(asked)
            yield Came(error=error)
            return
        taken = None if part is None else self._current.take_part(part)
        if taken is None:
            self._current.break_off_part()
            self._everything = True
            return
        _LOG.debug("read by themselves: %s", ", ".join(sorted(asked)))
        had_failed = bool(self._backoff.failures)
        self._backoff.succeeded()
        self._ask_again(taken.overtaken)
        yield Came(has_changed=taken.has_changed or had_failed)

    def _ask_again(self, asked: frozenset[str]) -> None:
        if asked:
            self.touch(asked)


class _Stopped(Exception):  # noqa: N818 (no error: nobody wants the reading any more)
    """The reading is given up."""


@attrs.define(eq=False)
class _Whole:
    """A reading of everything, in a thread of its own.

    Args:
        chosen: What to read, and how.
        compares: Whether it is to be compared with the answer that was kept up to date.
        resolves: Whether there is one to compare it with.
        given: What the sources gave.
        fresh: What that comes to, where it is compared.
        maps: The digests of what every target is to hold by that.
    """

    chosen: Config
    compares: bool = attrs.field(kw_only=True)
    resolves: bool = attrs.field(kw_only=True)
    given: Read | None = None
    fresh: Resolution | None = None
    maps: tuple[str, ...] = ()
    _error: BaseException | None = None
    _stops: Event = attrs.field(factory=Event)
    _thread: Thread | None = None

    @property
    def has_ended(self) -> bool:
        """Whether it has come to its end, good or bad."""
        return self.given is not None or self._error is not None

    def start(self, ring: Callable[[], None]) -> None:
        """Begin; ``ring`` is called at the end."""
        self._thread = Thread(target=self._read, args=(ring,), name="reading", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Give it up, and wait until nothing of it is left."""
        self._stops.set()
        if self._thread is not None:
            self._thread.join()

    def failure(self) -> ForwardResolveError:
        """Return why it has failed.

        Raises:
            BaseException: It is none of our own errors.
        """
        if isinstance(self._error, ForwardResolveError):
            return self._error
        raise self._error or RuntimeError

    def _read(self, ring: Callable[[], None]) -> None:
        try:
            given = read_all(self.chosen, self._go_on, writes=True)
            if self.resolves:
                self.fresh = resolve(given.graph)
                self.maps = pipeline.make(self.chosen, self.fresh).digests
            self.given = given
        except BaseException as error:  # noqa: BLE001 (it is raised where the process sees it)
            self._error = error
        ring()

    def _go_on(self, *_: object) -> None:
        if self._stops.is_set():
            raise _Stopped
