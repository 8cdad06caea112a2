"""Ask every target what it holds, and compare."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import attrs

from forwardresolve.deploy.change import change_of, compare, count
from forwardresolve.deploy.plan import TargetPlan
from forwardresolve.errors import TargetError
from forwardresolve.rspamd.reading import is_whole, read_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from collections.abc import Set as AbstractSet

    from forwardresolve.deploy.change import Change
    from forwardresolve.deploy.front_end import FrontEnd
    from forwardresolve.deploy.generation import Generation
    from forwardresolve.deploy.history import History
    from forwardresolve.deploy.succession import Step
    from forwardresolve.deploy.target import Holding
    from forwardresolve.deploy.ways import Ways

T = TypeVar("T")
S = TypeVar("S")

_AT_ONCE: Final = 16
_UNREAD: Final[AbstractSet[str]] = frozenset()
"""Stands for the keys of a target that does not change: nobody needs them."""


def at_once(function: Callable[[S], T], things: Sequence[S]) -> list[T]:
    """Call a function for several targets at the same time: one that is slow keeps nobody waiting."""
    if len(things) < 2:  # noqa: PLR2004 (one needs no thread)
        return [function(each) for each in things]
    with ThreadPoolExecutor(min(len(things), _AT_ONCE)) as pool:
        return list(pool.map(function, things))


@attrs.frozen
class _Asked:
    """What a target says.

    Args:
        front_end: The target.
        wanted: What it is to hold.
        held: What it holds; None where it does not say.
        keys: What its maps say; None where it holds none, or they are damaged.
        step: What leads from there to what it is to hold; None where that is not known.
        count: How many keys are listed there, where the step is known.
        error: Why it does not say.
    """

    front_end: FrontEnd
    wanted: Generation
    held: Holding | None
    keys: AbstractSet[str] | None = None
    step: Step | None = None
    count: int = 0
    error: str = ""

    @property
    def is_known(self) -> bool:
        """Whether what is held can be compared."""
        return self.keys is not None or self.step is not None


class Steps(Protocol):
    """Knows what leads from a generation that is held to one that is to be held."""

    def __call__(self, held: str, wanted: str) -> Step | None:
        """Return the step between two generations, by their digests; None where it is not known."""
        ...


def no_step(held: str, wanted: str) -> None:
    """Know no step: whoever has just started reads what is held."""
    del held, wanted


@attrs.define
class Recent:
    """What was planned last, for a process that stays: a step to the next generation need not be read.

    Args:
        history: What was deployed before; it remembers what it has read.
        counts: How many keys are listed in the generations, by their digests.
    """

    history: History
    counts: dict[str, int] = attrs.field(factory=dict)


class Planning:
    """Compares targets with what they are to hold.

    Args:
        history: What was deployed before.
        ways: How everything that is listed reaches the outside.
        steps: Knows the steps between generations.
        recent: What was planned last; it is changed to what is planned now.
    """

    def __init__(
        self, history: History, ways: Ways, steps: Steps = no_step, recent: Recent | None = None
    ) -> None:
        self._history = history
        self._ways = ways
        self._steps = steps
        self._recent = recent
        self._keys: dict[str, AbstractSet[str]] = {}
        self._changes: dict[tuple[str, str], Change] = {}

    def plan(self, wanted: Sequence[tuple[FrontEnd, Generation]]) -> tuple[tuple[TargetPlan, ...], bool]:
        """Plan for all targets.

        Args:
            wanted: Each target with what it is to hold.

        Returns:
            What would change on each, and whether nothing is known of an earlier list.
        """
        asked = at_once(self._ask, wanted)
        is_known = any(each.is_known for each in asked)
        last = None if is_known else self._last()
        plans = tuple(self._plan(each, last, is_known=is_known) for each in asked)
        if self._recent is not None:
            self._recent.counts = self._counts(asked, self._recent)
        return plans, not is_known and last is None and any(each.changes for each in plans)

    def _counts(self, asked: Sequence[_Asked], recent: Recent) -> dict[str, int]:
        """Count what is held and what is to be held, for the next plan."""
        counts = recent.counts | {
            wanted: change.amounts.listed for (_, wanted), change in self._changes.items()
        }
        counts |= {digest: count(keys) for digest, keys in self._keys.items()}
        for each in asked:
            if each.wanted.digest not in counts:
                counts[each.wanted.digest] = count(self._keys_of(each.wanted))
        concerned = {
            digest for each in asked for digest in (each.wanted.digest, each.held and each.held.digest)
        }
        return {digest: number for digest, number in counts.items() if digest in concerned}

    def _ask(self, wanted: tuple[FrontEnd, Generation]) -> _Asked:
        front_end, generation = wanted
        try:
            held = front_end.target.holding(generation.digests)
            if self._recent is not None and held.digest in self._recent.counts:
                step = self._steps(held.digest, generation.digest)
                if step is not None:
                    listed = self._recent.counts[held.digest]
                    return _Asked(front_end, generation, held, step=step, count=listed)
            return _Asked(front_end, generation, held, self._held_keys(front_end, held, generation))
        except TargetError as error:
            return _Asked(front_end, generation, None, error=str(error))

    def _held_keys(self, front_end: FrontEnd, held: Holding, wanted: Generation) -> AbstractSet[str] | None:
        """Return what the maps of a target say; None where some are missing or damaged."""
        if held.digest == wanted.digest:
            return _UNREAD
        if held.digests.keys() != wanted.digests.keys():
            return None
        if held.digest not in self._keys:
            kept = self._history.generation(held.digest)
            contents = (
                [each.content for each in kept.maps]
                if kept
                else [front_end.target.fetch(path) for path in sorted(held.digests)]
            )
            if not all(map(is_whole, contents)):
                return None
            self._keys[held.digest] = read_keys(contents)
        return self._keys[held.digest]

    def _keys_of(self, generation: Generation) -> AbstractSet[str]:
        if generation.digest not in self._keys:
            self._keys[generation.digest] = read_keys(each.content for each in generation.maps)
        return self._keys[generation.digest]

    def _last(self) -> AbstractSet[str] | None:
        """Return what the newest kept generation says."""
        for kept in self._history.kept():
            generation = self._history.generation(kept.digest)
            if generation is not None:
                return self._keys_of(generation)
        return None

    def _plan(self, asked: _Asked, last: AbstractSet[str] | None, *, is_known: bool) -> TargetPlan:
        if asked.held is None or asked.held.digest == asked.wanted.digest:
            return TargetPlan(asked.front_end, asked.wanted, asked.held, error=asked.error)
        change = self._change(asked, asked.held.digest if asked.is_known else "")
        judged = change.amounts if asked.is_known else None
        if judged is None and not is_known and last is not None:
            judged = compare(last, self._keys_of(asked.wanted), None, self._ways).amounts
        patches = asked.step.patches if asked.step is not None else None
        return TargetPlan(asked.front_end, asked.wanted, asked.held, change, judged, patches)

    def _change(self, asked: _Asked, held: str) -> Change:
        pair = (held, asked.wanted.digest)
        if pair not in self._changes:
            step = asked.step
            if step is not None:
                was = step.earlier.ways(self._ways)
                self._changes[pair] = change_of(step.removed, step.added, asked.count, was, self._ways)
            else:
                was_kept = self._history.ways(held) if held else None
                after = self._keys_of(asked.wanted)
                self._changes[pair] = compare(asked.keys or frozenset(), after, was_kept, self._ways)
        return self._changes[pair]
