"""The ways of an answer that changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import attrs

from forwardresolve.deploy.ways import Ways, hosted_domains, way, ways

if TYPE_CHECKING:
    from forwardresolve.live import Delta
    from forwardresolve.reachability import Resolution


@attrs.frozen
class Earlier:
    """How the ways differed at some moment.

    Args:
        onward: Each place whose next one was another, with that one; None where it led nowhere.
        hosted: As in `Ways`, at that moment.
    """

    onward: Mapping[str, str | None]
    hosted: frozenset[str]

    def then(self, later: Earlier) -> Earlier:
        """Say how they differed at this moment, though a later one has passed since."""
        return Earlier({**later.onward, **self.onward}, self.hosted)

    def ways(self, now: Ways) -> Ways:
        """Return the ways of that moment."""
        return Ways(_Over(now.onward, self.onward), self.hosted)


class LiveWays:
    """The ways of an answer, as they are now.

    A way is found when its key comes to be listed. Should it lead elsewhere later, while the key
    stays listed, only a whole look at the answer sees that: what depends on it are reasons for
    people, never the list.

    Args:
        resolution: The answer of this moment.

    Attributes:
        now: The ways.
    """

    def __init__(self, resolution: Resolution) -> None:
        whole = ways(resolution)
        self._onward = {**whole.onward}
        self.now = Ways(self._onward, whole.hosted)

    def follow(self, resolution: Resolution, delta: Delta) -> Earlier:
        """Take over what has changed in the answer.

        Args:
            resolution: The answer of this moment.
            delta: What has changed since the last one.

        Returns:
            How the ways were before.
        """
        steps: dict[str, str | None] = dict.fromkeys(_keys(delta.addresses.vanish, delta.catch_alls.vanish))
        for key in (*steps, *_keys(delta.addresses.appear, delta.catch_alls.appear)):
            found = dict(way(resolution, key))  # mail to one that vanishes may still pass, and not count
            steps.update(found)
            for end in found.values():
                steps.setdefault(end, None)
        before = {place: self._onward.get(place) for place in steps}
        for place, onto in steps.items():
            if onto is None:
                self._onward.pop(place, None)
            else:
                self._onward[place] = onto
        earlier = Earlier(before, self.now.hosted)
        self.now = Ways(self._onward, hosted_domains(resolution.graph))
        return earlier


def _keys(addresses: Iterable[str], domains: Iterable[str]) -> Iterator[str]:
    yield from addresses
    yield from (f"@{domain}" for domain in domains)


@attrs.frozen
class _Over(Mapping[str, str]):
    """A mapping with some of its values replaced, or taken out."""

    _below: Mapping[str, str]
    _over: Mapping[str, str | None]

    def __getitem__(self, key: str) -> str:
        value = self._over[key] if key in self._over else self._below[key]
        if value is None:
            raise KeyError(key)
        return value

    def __iter__(self) -> Iterator[str]:
        yield from (key for key in self._below if key not in self._over)
        yield from (key for key, value in self._over.items() if value is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)
