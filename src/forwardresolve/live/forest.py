"""Keep the forest of next hops whole: who reaches an end, and by which way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Way = tuple[str, str]
    """The address that a place sends mail on to, and where that is decided."""


@attrs.frozen
class Forest:
    """Each place that reaches an end, and the way by which it does.

    When a way is cut, only the places whose ways hang on it are looked at again.

    Args:
        via: Each place, and the address of an end or the next place.
        feeders: Each place, and those that send mail on to it.
        ways: All ways on from a place.
        ends: Tells whether a way is at its end.
    """

    via: dict[str, str]
    feeders: Mapping[str, Iterable[str]]
    ways: Callable[[str], Sequence[Way]]
    ends: Callable[[Way], bool]

    def repair(self, changed: Mapping[str, Sequence[Way]]) -> set[str]:
        """Make the forest right after the ways of some places have changed.

        Args:
            changed: The places, and all their ways on; ``feeders`` knows these already.

        Returns:
            The places that reach an end now and did not, or did and do not any more.
        """
        via = self.via
        loose: list[str] = []
        waiting: list[str] = []
        found: list[str] = []
        for name, ways in changed.items():
            before = via.get(name)
            end = next((way for way in ways if self.ends(way)), None)
            if end is not None:
                via[name] = end[0]
                if before is None:
                    found.append(name)
            elif before is None:
                waiting.append(name)
            elif before not in via or all(place != before for _, place in ways):
                loose.append(name)
        lost = self._cut(loose)
        found += self._hang((*lost, *waiting), changed)
        for place in found:
            for feeder in self.feeders.get(place, ()):
                if feeder not in via:
                    via[feeder] = place
                    found.append(feeder)
        if not lost:
            return set(found)
        return {name for name in lost if name not in via} | {name for name in found if name not in lost}

    def _cut(self, loose: list[str]) -> dict[str, None]:
        """Take out the places whose way is cut, and all whose ways hang on them."""
        via = self.via
        lost: dict[str, None] = {}
        for name in loose:
            if name not in lost:
                lost[name] = None
                del via[name]
                loose += (each for each in self.feeders.get(name, ()) if via.get(each) == name)
        return lost

    def _hang(self, names: Iterable[str], changed: Mapping[str, Sequence[Way]]) -> list[str]:
        """Hang places on again, elsewhere; return those that found a way."""
        via = self.via
        found = []
        for name in names:
            ways = changed.get(name)
            for way in self.ways(name) if ways is None else ways:
                if way[1] in via or self.ends(way):
                    via[name] = way[1] if way[1] in via else way[0]
                    found.append(name)
                    break
        return found
