"""The resident process: one loop that looks, reads, and deploys, each only when there is a reason.

What waits is never more than what a new start would do anyway: read everything, compare, deploy. So
a process that is killed loses nothing.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import time
from typing import TYPE_CHECKING, Final

from forwardresolve import config, pipeline
from forwardresolve.deploy.history import History
from forwardresolve.deploy.planning import Recent
from forwardresolve.deploy.state import read_state, stamp
from forwardresolve.errors import ForwardResolveError, TargetError, UnsafeChange
from forwardresolve.operate import requests, watching
from forwardresolve.operate.attending import Attendant
from forwardresolve.pipeline.following import Following
from forwardresolve.watch.backoff import Backoff
from forwardresolve.watch.bell import Bell
from forwardresolve.watch.connecting import connected_targets
from forwardresolve.watch.current import Current
from forwardresolve.watch.door import open_door
from forwardresolve.watch.lookout import Lookout
from forwardresolve.watch.moment import Moment
from forwardresolve.watch.notify import Notify
from forwardresolve.watch.polling import Polling
from forwardresolve.watch.reading import Reading
from forwardresolve.watch.wire import table_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from forwardresolve.config import Config
    from forwardresolve.deploy.state import State
    from forwardresolve.pipeline import Made
    from forwardresolve.watch.door import Answer
    from forwardresolve.watch.reading import Came
    from forwardresolve.watch.talking import Asked

_LOG: Final = logging.getLogger(__name__)
_LONGEST_WAIT: Final = 1.0
"""Seconds between two looks at whether there is something to do: for requests that lie in files."""


class Resident:
    """Keeps sources and targets together.

    Args:
        path: The configuration file, as in `config.load`.
        metrics: Where the metrics go; None for nowhere.
        requests_dir: Where `forwardresolve touch` leaves requests while nobody listens; None: it
            is not looked at.
        notify: The way to the service manager.
        clock: The time in seconds; it never goes back.
    """

    def __init__(
        self,
        path: Path | None = None,
        metrics: Path | None = None,
        requests_dir: Path | None = None,
        notify: Notify | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._metrics = metrics
        self._requests = requests_dir
        self._notify = notify or Notify()
        self._clock = clock
        self._bell = Bell()
        self._ended = False
        self._reload = False
        self._pushed = False
        self._deploying = Backoff()
        self._compare_at = 0.0
        self._refused: State | None = None
        self._said = ""
        self._know_nothing()
        self._following: Following | None = None
        self._maps: tuple[tuple[str, ...], int] | None = None
        self._recent: Recent | None = None

    def _know_nothing(self) -> None:
        self._current = Current()
        self._reading = Reading(self._current, self._bell.ring, self._clock)

    def end(self) -> None:
        """End when what is under way is done; may be called by a signal handler or another thread."""
        self._ended = True
        self._bell.ring()

    def reload(self) -> None:
        """Read the configuration again when what is under way is done; as `end`."""
        self._reload = True
        self._bell.ring()

    def run(self) -> None:
        """Keep sources and targets together until `end`.

        Raises:
            ConfigError: The configuration does not fit.
            TargetError: The socket cannot be listened on.
        """
        chosen = config.load(self._path)
        try:
            while not self._ended:
                self._reload = False
                with open_door(chosen.watch.socket, self._answer):
                    self._notify.ready()
                    following = self._serve(chosen)
                if (following.sources, following.resolve) != (chosen.sources, chosen.resolve):
                    self._know_nothing()  # what is known is of other sources
                chosen = following
        finally:
            self._notify.stopping()
            self._bell.close()

    def _serve(self, chosen: Config) -> Config:
        """Work by one configuration; return the next one."""
        with connected_targets(chosen) as connected:
            try:
                return self._keep_together(connected) or chosen
            finally:
                self._reading.stop()

    def _keep_together(self, chosen: Config) -> Config | None:
        """Work until the end, or until there is another configuration."""
        self._attendant = Attendant.of(self._path, self._metrics).configured(chosen)
        self._recent = Recent(History(chosen.state_dir))
        polling = Polling(chosen.sources, chosen.watch)
        lookout = Lookout(polling, self._bell.ring)
        self._reading.touch()
        self._tell("reading the sources")
        while not self._ended:
            if self._reload:
                self._reload = False
                with contextlib.suppress(ForwardResolveError):
                    return self._loaded()
            self._notify.alive()
            self._look(chosen, lookout)
            for came in self._reading.go_on(chosen, compares=self._compares()):
                self._note(chosen, polling, came)
            if self._pushed and self._clock() >= self._deploying.at and self._current.is_known:
                self._deploy(chosen)
            if not self._idle():
                continue
            if self._bell.wait(min(_LONGEST_WAIT, lookout.due - self._clock())) and not self._ended:
                time.sleep(chosen.watch.settle)
        return None

    def _idle(self) -> bool:
        """Tell whether nothing can be done at once."""
        if not self._reading.is_idle(compares=self._compares()):
            return False
        return not (self._pushed and self._clock() >= self._deploying.at and self._current.is_known)

    def _compares(self) -> bool:
        return self._clock() >= self._compare_at

    def _loaded(self) -> Config:
        try:
            loaded = config.load(self._path)
        except ForwardResolveError as error:
            _LOG.error("the configuration is not taken over, and the one before goes on: %s", error)
            raise
        _LOG.info("the configuration was read again")
        return loaded

    def _look(self, chosen: Config, lookout: Lookout) -> None:
        """Find out whether there is a reason to read."""
        look = lookout.look(self._clock())
        for name in look.changed:
            _LOG.info("source %s has changed, or cannot tell", name)
        for error in look.failed.values():
            self._alarm(chosen, error)
        if look.changed:
            self._reading.touch()
        requested = requests.take(self._requests, lambda _: None) if self._requests is not None else None
        if requested is not None:
            _LOG.info("a run was requested")
            self._reading.touch(requested.addresses if requested.is_all else ())
        if self._refused is not None and read_state(chosen.state_dir) != self._refused:
            self._refused = None  # somebody has approved it, or has run another command
            self._pushed = True

    def _note(self, chosen: Config, polling: Polling, came: Came) -> None:
        """Note what has come of a reading."""
        if came.error is not None:
            self._alarm(chosen, came.error)
            return
        if came.is_whole:
            polling.was_read(self._clock())
        if came.difference is not None:
            self._compare_at = self._clock() + chosen.watch.compare
            self._maps = came.maps
            self._note_comparison(chosen, came.difference)
        self._pushed |= came.has_changed

    def _note_comparison(self, chosen: Config, difference: str) -> None:
        if difference:
            _LOG.error(
                "watch-difference: the answer that was kept up to date differed from a new one in %s; "
                "the new one is used; please report it",
                difference,
            )
        with contextlib.suppress(TargetError):  # told by what is written next to the same place
            watched = watching.load(chosen.state_dir)
            watching.save(chosen.state_dir, watched.after(difference, stamp(dt.datetime.now(dt.UTC))))

    def _deploy(self, chosen: Config) -> None:
        """Bring the answer of the moment to the targets, through the same guard as every run."""
        self._pushed = False
        attendant = self._attendant
        try:
            made = self._make(chosen)
            plan = pipeline.compare(chosen, self._current.given, made, self._recent)
            attendant = attendant.planned(plan)
            outcomes = pipeline.apply(plan, before=attendant.before)
        except UnsafeChange as error:
            attendant.failed(error)
            self._refused = read_state(chosen.state_dir)
            self._tell(f"held: {error}", level=logging.ERROR)
            return
        except ForwardResolveError as error:
            self._try_again()
            attendant.failed(error)
            self._tell(f"not deployed: {error}", level=logging.ERROR)
            return
        self._refused = None
        attendant.after(outcomes)
        failed = [each.error for each in outcomes if each.error]
        if failed:
            self._try_again()
            self._tell(f"{len(failed)} of {len(outcomes)} targets failed: {failed[0]}")
            return
        self._deploying.succeeded()
        self._tell(f"{plan.listed} addresses and catch-alls, on {len(outcomes)} targets")

    def _make(self, chosen: Config) -> Made:
        """Make what the targets are to hold: from what was made before, as far as that goes."""
        with self._current.followed() as deltas:
            live = self._current.live
            known = self._following
            if (
                deltas is None
                or known is None
                or not known.fits(chosen)
                or not known.follow(deltas, live)
                or self._is_wrong(chosen, known.made())
            ):
                with live.steady():
                    known = self._following = Following(chosen, Moment(live))
            return known.made()

    def _is_wrong(self, chosen: Config, made: Made) -> bool:
        """Tell whether maps that were kept up to date are others than those made anew of the same answer."""
        maps, self._maps = self._maps, None
        if maps is None or maps[1] != self._current.moment or maps[0] == made.digests:
            return False
        self._note_comparison(chosen, "the maps of a target")
        return True

    def _try_again(self) -> None:
        self._deploying.failed(self._clock())
        self._pushed = True

    def _alarm(self, chosen: Config, error: ForwardResolveError) -> None:
        """Let status, metrics and hooks know that a source cannot be read; the list stays."""
        pipeline.note_failure(chosen, error)
        self._attendant.failed(error)
        self._tell(f"the last list is kept: {error}", level=logging.ERROR)

    def _tell(self, text: str, level: int = logging.INFO) -> None:
        if text != self._said:
            _LOG.log(level, "%s", text)
        self._said = text
        self._notify.status(text)

    def _answer(self, asked: Asked) -> Answer:
        """Answer a panel; called by the threads of the door."""
        if asked.ask == "status":
            return {"status": self._said}
        if asked.ask == "touch":
            _LOG.debug("touched: %s", ", ".join(asked.addresses) or "nothing in particular")
            self._reading.touch(asked.addresses)
            self._bell.ring()
            return {}
        return self._changes(asked)

    def _changes(self, asked: Asked) -> Answer:
        if asked.ask == "preview":
            return {
                "delta": table_of(self._current.preview(asked.changes)),
                "notes": self._current.notes(asked.changes),
            }
        delta = self._current.push(asked.changes)
        if delta:
            self._pushed = True
            self._bell.ring()
        return {"delta": table_of(delta), "notes": self._current.notes(asked.changes)}
