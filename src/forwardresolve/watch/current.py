"""The answer of the moment: what was read last, with what panels have pushed since."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import attrs

from forwardresolve.addresses import domain_of
from forwardresolve.errors import TargetError
from forwardresolve.graph import ForwardingGraph
from forwardresolve.live import LiveResolution, SetForwarding, SetMailbox
from forwardresolve.watch.comparing import (
    changes_between,
    changes_of,
    facts_agree,
    named_by,
    part_of,
    rows_agree,
)
from forwardresolve.watch.tallying import tallies_after

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from forwardresolve.live import Change, Delta, Difference
    from forwardresolve.parts import Part
    from forwardresolve.reachability import Resolution
    from forwardresolve.rows import Rows
    from forwardresolve.sources import Read

_LOG: Final = logging.getLogger(__name__)

_FEW: Final = 1000
"""So many changes are made one by one; more are quicker as a new answer."""


class Current:
    """The answer, kept up to date by readings and by pushes, which may come at the same time.

    Attributes:
        moment: Grows whenever the answer may have become another one.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._live: LiveResolution | None = None
        self._given: Read | None = None
        self._since: list[Change] | None = None
        self._since_part: list[Change] | None = None
        self._deltas: list[Delta] | None = None
        self.moment = 0

    @property
    def is_known(self) -> bool:
        """Whether anything was read yet."""
        return self._live is not None

    @property
    def live(self) -> LiveResolution:
        """The answer.

        Raises:
            TargetError: Nothing was read yet.
        """
        if self._live is None:
            msg = "the sources have not been read yet; try again in a moment"
            raise TargetError(msg)
        return self._live

    @property
    def given(self) -> Read:
        """What the sources gave when they were read last.

        Raises:
            TargetError: Nothing was read yet.
        """
        if self._given is None:
            msg = "the sources have not been read yet; try again in a moment"
            raise TargetError(msg)
        return self._given

    def push(self, changes: Iterable[Change]) -> Delta:
        """Make changes; return what they do.

        Raises:
            AddressError: As in `LiveResolution.apply`.
            TargetError: Nothing was read yet.
        """
        changes = tuple(changes)
        with self._lock:
            delta = self._apply(changes)
            for since in (self._since, self._since_part):
                if since is not None:
                    since.extend(changes)
            return delta

    def preview(self, changes: Iterable[Change]) -> Delta:
        """Say what changes would do; see `push`."""
        return self.live.preview(changes)

    def notes(self, changes: Sequence[Change]) -> tuple[str, ...]:
        """Say what is odd about changes that were made: rows in domains that nobody hosts."""
        live = self.live
        found = []
        for each in changes:
            source = (
                each.source
                if isinstance(each, SetForwarding)
                else each.address
                if isinstance(each, SetMailbox)
                else ""
            )
            domain = domain_of(source.casefold())
            if domain and not live.graph.hosts(domain):
                found.append(f"{domain} is no hosted domain, so nothing in it is listed")
        return tuple(dict.fromkeys(found))

    def begin_reading(self) -> None:
        """Note what is pushed from now on: a reading under way may or may not see it."""
        with self._lock:
            self._since = []

    def break_off(self) -> None:
        """Forget a reading that has failed."""
        with self._lock:
            self._since = None

    def take(self, given: Read, fresh: Resolution | None = None) -> Taken:
        """Take over what was read.

        Args:
            given: What the sources gave, since `begin_reading`.
            fresh: What that comes to when it is resolved anew, to see that the answer is the same.

        Returns:
            What has come of it.
        """
        with self._lock:
            difference = self._bring_up(given, fresh)
            pushed, self._since = self._since or [], None
            if pushed:
                self._apply(pushed)
            self._given = attrs.evolve(given, graph=self.live.graph)
            moment = None if pushed or fresh is None else self.moment
            return Taken(difference=difference, overtaken=named_by(pushed), moment=moment)

    def begin_part(self) -> None:
        """As `begin_reading`, for the reading of some addresses, which may be under way at the same time."""
        with self._lock:
            self._since_part = []

    def break_off_part(self) -> None:
        """Forget a reading of some addresses that has failed."""
        with self._lock:
            self._since_part = None

    def take_part(self, part: Part) -> Taken | None:
        """Take over what was read of some addresses.

        Args:
            part: What the sources gave, since `begin_part`.

        Returns:
            What has come of it; None where it takes a whole reading to tell what it means, and
            then nothing has changed.
        """
        with self._lock:
            pushed, self._since_part = self._since_part or [], None
            given, live = self.given, self.live
            old, new = part_of(live.graph.rows, part.scope), part_of(part.graph.rows, part.scope)
            tallies = tallies_after(given.tallies, old, new)
            changes = _changes_within(live, old, part, new)
            if tallies is None or changes is None:
                return None
            delta = self._apply((*changes, *pushed))
            if self._since is not None:
                self._since += changes
            self._given = attrs.evolve(given, graph=live.graph, tallies=tallies)
            return Taken(overtaken=named_by(pushed), has_changed=bool(delta))

    @contextmanager
    def followed(self) -> Iterator[Sequence[Delta] | None]:
        """Hold the answer as it is while something that follows it is brought up to it.

        Yields:
            What has changed since this was asked last; None where the answer is a new one, or
            where whoever asked last did not come to the end.
        """
        with self._lock:
            deltas, self._deltas = self._deltas, None
            yield deltas
            self._deltas = []

    def _apply(self, changes: Iterable[Change]) -> Delta:
        self.moment += 1
        delta = self.live.apply(changes)
        if self._deltas is not None and delta:
            self._deltas.append(delta)
        return delta

    def _bring_up(self, given: Read, fresh: Resolution | None) -> str:
        """Make the answer that of what was read; say how the one that was kept differs from a new one."""
        live = self._live
        changes = None if live is None else changes_between(live.graph, given.graph)
        if live is None or changes is None or len(changes) > _FEW:
            self._begin_anew(given)
            return ""
        self._apply(changes)
        if not rows_agree(live.graph, given.graph):  # a row that changes cannot say
            self._begin_anew(given)
            return ""
        difference = "" if fresh is None else _difference(live, fresh)
        if difference:
            self._begin_anew(given)
        return difference

    def _begin_anew(self, given: Read) -> None:
        self.moment += 1
        self._live = LiveResolution(given.graph)
        self._deltas = None


@attrs.frozen(kw_only=True)
class Taken:
    """What has come of a reading.

    Args:
        difference: How the answer that was kept up to date differed from one made anew; empty
            where it did not, as it must be.
        moment: The moment in which it was the answer of a new resolution; None where there is none.
        overtaken: What was pushed or touched while it was read, so that it has to be read again.
        has_changed: Whether the list may be another one.
    """

    difference: str = ""
    moment: int | None = None
    overtaken: frozenset[str] = frozenset()
    has_changed: bool = True


def _changes_within(live: LiveResolution, old: Rows, part: Part, new: Rows) -> tuple[Change, ...] | None:
    """Find the changes that bring a part of an answer up to what was read; None where there are no such."""
    settings, rows = live.graph.settings, live.graph.rows
    if part.graph.settings != settings or rows.tables["sieve"] or new.tables["sieve"]:
        return None
    if rows.domains and len(rows.domains) == len(old.domains) and not new.domains:
        return None  # no domain is left: a whole reading refuses that
    changes = changes_of(old, new)
    if not changes:
        return changes
    tried = LiveResolution(ForwardingGraph(old, settings))
    tried.apply(changes)
    return changes if facts_agree(tried.graph.rows, new) else None


def _difference(live: LiveResolution, fresh: Resolution) -> str:
    """Say in numbers how two answers for the same rows differ."""
    delta = live.delta_to(fresh)
    if not delta:
        return ""
    counts = (
        f"{_size(delta.addresses)} addresses",
        f"{_size(delta.catch_alls)} catch-alls",
        f"{_size(delta.exceptions)} exceptions",
        f"{_size(delta.entries)} entries",
    )
    return ", ".join(counts)


def _size(difference: Difference[Any]) -> int:
    return len(difference.appear) + len(difference.vanish)
