"""Read every source of a configuration: each whole, counted, in time, or not at all."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.deploy.guard import Tally
from forwardresolve.deploy.last_good import LastGood
from forwardresolve.errors import (
    BackendDataError,
    BackendError,
    BackendIncomplete,
    BackendUnavailable,
    DeadlineExceeded,
)
from forwardresolve.graph import ForwardingGraph
from forwardresolve.records import Domain, Forward, Pattern

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from forwardresolve.config import Config
    from forwardresolve.records import Record
    from forwardresolve.sdk import Backend

Progress = Callable[[str, int], None]
"""Is told the name of a source and how many of its records have come so far."""

_LOG: Final = logging.getLogger(__name__)
_STRIDE: Final = 1000


@attrs.frozen
class Deadline:
    """A time by which a run gives up.

    Args:
        until: On the clock of `time.monotonic`; None for never.
    """

    until: float | None = None

    @classmethod
    def after(cls, seconds: float | None) -> Deadline:
        """Return the deadline in so many seconds."""
        return cls(None if seconds is None else time.monotonic() + seconds)

    def check(self, doing: str) -> None:
        """Give up when it is time.

        Raises:
            DeadlineExceeded: It is time; ``doing`` is in the sentence.
        """
        if self.until is not None and time.monotonic() > self.until:
            msg = f"the deadline has passed while {doing}; nothing was touched"
            raise DeadlineExceeded(msg)


@attrs.frozen(kw_only=True)
class Read:
    """What all sources gave.

    Args:
        graph: Everything, merged.
        tallies: How much each gave.
        last_good: The sources that are down, with the time of the read that stands in for each.
        spools: Where the reads were written down that a later run may need.
    """

    graph: ForwardingGraph
    tallies: Mapping[str, Tally]
    last_good: Mapping[str, str] = attrs.field(factory=dict)
    spools: Mapping[str, Path] = attrs.field(factory=dict)


def read_all(
    config: Config,
    progress: Progress | None = None,
    deadline: Deadline | None = None,
    *,
    now: dt.datetime | None = None,
    writes: bool = False,
) -> Read:
    """Read every source and merge them.

    A source that does not answer is replaced by its last good read where the configuration says
    so; then reading begins anew.

    Args:
        config: What to read, and how.
        progress: Is told now and then how far the reading is.
        deadline: When to give up.
        now: The time; None asks the clock.
        writes: Whether to write down what a later run may need.

    Raises:
        BackendError: A source cannot be read whole, and nothing may stand in for it.
        BackendIncomplete: No source names a hosted domain: every address would be external.
        ConfigError: Two sources disagree where the configuration is silent.
        DeadlineExceeded: It takes too long.
    """
    reading = _Reading(config, progress, deadline or Deadline(), now or dt.datetime.now(dt.UTC), writes)
    while True:
        try:
            return reading.attempt()
        except _Replaced:
            continue


class _Replaced(Exception):  # noqa: N818 (no error: a reason to begin anew)
    """A source is down, and its last good read stands in for it from now on."""


class _Reading:
    """One run over all sources, begun anew when one of them is replaced."""

    def __init__(
        self,
        config: Config,
        progress: Progress | None,
        deadline: Deadline,
        now: dt.datetime,
        writes: bool,  # noqa: FBT001 (private, and named where it comes from)
    ) -> None:
        self._config = config
        self._progress = progress
        self._deadline = deadline
        self._now = now
        self._writes = writes
        self._kept = LastGood(config.state_dir)
        self._last_good: dict[str, str] = {}

    def attempt(self) -> Read:
        counts: dict[str, list[int]] = {}
        spools: dict[str, Path] = {}
        sources = self._config.sources
        try:
            graph = ForwardingGraph.from_sources(
                {
                    name: self._source(name, sources[name], counts.setdefault(name, [0, 0]), spools)
                    for name in in_order(self._config)
                },
                **attrs.asdict(self._config.resolve, recurse=False),
            )
        except BaseException:
            for path in spools.values():
                path.unlink(missing_ok=True)
            raise
        if not graph.rows.domain_records:
            names_shown = ", ".join(sources)
            msg = (
                f"no source ({names_shown}) names a hosted domain, so every address would be external; "
                "name the table, query or search that holds the domains"
            )
            raise BackendIncomplete(msg)
        tallies = {name: Tally(*counts[name]) for name in sources}
        return Read(graph=graph, tallies=tallies, last_good=self._last_good, spools=spools)

    def _source(
        self, name: str, backend: Backend, counts: list[int], spools: dict[str, Path]
    ) -> Iterator[Record]:
        fallback = self._config.fallbacks.get(name)
        may_be_down = fallback is not None and fallback.on_unavailable == "last-good"
        if name in self._last_good:
            yield from _counted(self._kept.records(name), counts)
            return
        records: Iterable[Record] = whole(name, backend, self._progress, self._deadline)
        if may_be_down and self._writes:
            spool = self._kept.spool(records, self._now)
            spools[name] = spool.path
            records = spool
        try:
            yield from _counted(records, counts)
        except BackendUnavailable as error:
            if not may_be_down:
                raise
            self._replace(name, error)

    def _replace(self, name: str, error: BackendUnavailable) -> None:
        """Let the last good read of a source stand in for it, if there is one that is young enough."""
        most = self._config.fallbacks[name].age.total_seconds()
        age = self._kept.age(name, self._now)
        if age is None or age > most:
            what = "there is no last good read" if age is None else f"its last good read is {span(age)} old"
            msg = f"{error}; {what} (max_age {self._config.fallbacks[name].max_age})"
            raise BackendUnavailable(msg) from error
        _LOG.warning("%s; its last good read stands in for it, %s old", error, span(age))
        self._last_good[name] = self._kept.at(name)
        raise _Replaced


def in_order(config: Config) -> tuple[str, ...]:
    """Return the names of the sources as they are read: beginning anew costs least in front."""
    return tuple(sorted(config.sources, key=lambda name: name not in config.fallbacks))


def whole(
    name: str, backend: Backend, progress: Progress | None, deadline: Deadline | None = None
) -> Iterator[Record]:
    """Yield the records of a source; its errors say which source it is."""
    with naming(name):
        given = backend.records()
        if not isinstance(given, Iterable):
            msg = f"its records() gave {given!r:.200} and no records"
            raise BackendDataError(msg)
        if progress is None and (deadline is None or deadline.until is None):
            yield from given
            return
        count = 0
        for count, record in enumerate(given, 1):
            if count % _STRIDE == 0:
                if progress is not None:
                    progress(name, count)
                if deadline is not None:
                    deadline.check(f"source {name} was read")
            yield record
        if progress is not None:
            progress(name, count)
        if deadline is not None:
            deadline.check(f"source {name} was read")


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Let the errors of a source say which one it is."""
    try:
        yield
    except BackendError as error:
        error.args = (f"source {name}: {error}",)
        raise


def span(seconds: float) -> str:
    """Write how long something is, for people: ``40 s``, ``5 min``, ``3 h``, ``2 days``."""
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def _counted(records: Iterable[Record], counts: list[int]) -> Iterator[Record]:
    """Count the domains and the forwardings that pass."""
    domains = forwardings = 0
    try:
        for record in records:
            kind = type(record)
            if kind is Forward or kind is Pattern:
                forwardings += 1
            elif kind is Domain:
                domains += 1
            yield record
    finally:
        counts[:] = domains, forwardings
