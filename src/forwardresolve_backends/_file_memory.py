"""What files name was read out of them before: as long as they are in the same state, it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")


@attrs.define(eq=False)
class Memory(Generic[T]):
    """Keeps what was found in things, each with the state that the thing was in."""

    _before: dict[Hashable, tuple[Hashable, T]] = attrs.field(factory=dict, init=False)
    _now: dict[Hashable, tuple[Hashable, T]] = attrs.field(factory=dict, init=False)

    def begin(self) -> None:
        """Begin another round; what was not asked for in the last one is forgotten."""
        self._before, self._now = self._now, {}

    def recall(self, thing: Hashable, state: Hashable, find: Callable[[], T]) -> T:
        """Return what is in a thing; it is looked at only when its state is another one.

        Args:
            thing: Its name.
            state: A value that is another one when the thing may hold something else.
            find: Looks into it.
        """
        kept = self._before.get(thing)
        if kept is None or kept[0] != state:
            kept = (state, find())
        self._now[thing] = kept
        return kept[1]
