"""What the maps of a generation say, counted so that a patch is followed without reading them again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import attrs

from forwardresolve.deploy.guard import Amounts
from forwardresolve.rspamd.parts import each_meaning
from forwardresolve.rspamd.reading import each_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from forwardresolve.deploy.patching import Patch


@attrs.define
class Counted:
    """Every key that some maps say, and how often.

    One key may be said by several parts: an address by a text and a database, a domain that is not
    ASCII by both its spellings, a catch-all by a domain or by a pattern. So it is gone when the
    last of them goes, and it comes with the first.

    Args:
        keys: What `read_keys` returns for the maps.
        more: How often a key is said beyond the first time; only those that are.
    """

    keys: set[str]
    more: Counter[str]

    @classmethod
    def of(cls, contents: Iterable[bytes]) -> Counted:
        """Count what maps say.

        Args:
            contents: The bytes of the maps of one profile.
        """
        keys: set[str] = set()
        more: Counter[str] = Counter()
        for content in contents:
            said = [*each_key(content)]
            found = {*said}
            more.update(found & keys)
            if len(found) < len(said):
                more.update(Counter(said) - Counter(found))
            if keys:
                keys |= found
            else:
                keys = found
        return cls(keys, more)

    def followed_by(self, other: AbstractSet[str]) -> Amounts:
        """Tell how the list changes when something else is said.

        Args:
            other: What is said then, as in `keys`.
        """
        gone, new = len(self.keys - other), len(other - self.keys)
        return Amounts(held=len(self.keys), removed=gone, added=new, listed=len(other))

    def changed_by(self, said: Mapping[str, int]) -> Amounts:
        """Tell how the list changes by patches.

        Args:
            said: From `said_by`.
        """
        gone = sum(self._change(key, count) < 0 for key, count in said.items())
        new = sum(self._change(key, count) > 0 for key, count in said.items())
        held = len(self.keys)
        return Amounts(held=held, removed=gone, added=new, listed=held + new - gone)

    def follow(self, said: Mapping[str, int]) -> None:
        """Count on.

        Args:
            said: From `said_by`.
        """
        for key, count in said.items():
            change = self._change(key, count)
            if change:
                (self.keys.add if change > 0 else self.keys.remove)(key)
            more = self.more[key] + count - change
            if more:
                self.more[key] = more
            else:
                del self.more[key]

    def _change(self, key: str, count: int) -> int:
        """Return 1 for a key that comes, -1 for one that is gone, and 0 for one that stays."""
        had = self.more.get(key, 0) + (key in self.keys)
        return bool(had + count) - bool(had)


def said_by(patches: Iterable[tuple[Patch, bool]]) -> Mapping[str, int]:
    """Count how many times more, or fewer, each key is said after some patches.

    Args:
        patches: The patches of the maps of one generation, each with whether its map
            `is_table`.
    """
    said: Counter[str] = Counter()
    for patch, is_table in patches:
        said.update(each_meaning(patch.comes, is_table=is_table))
        said.subtract(each_meaning(patch.goes, is_table=is_table))
    return {key: count for key, count in said.items() if count}
