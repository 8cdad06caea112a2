"""What a change does to the list and to the finite table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import attrs

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from forwardresolve.entries import Entry
    from forwardresolve.rows import Rejected

T = TypeVar("T", bound="Hashable")


@attrs.frozen
class Difference(Generic[T]):
    """What appears, and what vanishes; both sorted.

    Args:
        appear: What is there now and was not before.
        vanish: What was there before and is not now.
    """

    appear: tuple[T, ...] = ()
    vanish: tuple[T, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is any difference."""
        return bool(self.appear or self.vanish)

    @classmethod
    def over(cls, differences: Iterable[Difference[T]]) -> Difference[T]:
        """Return the difference that several make together, one after the other."""
        signs: dict[T, int] = {}
        for each in differences:
            signs.update((thing, signs.get(thing, 0) - 1) for thing in each.vanish)
            signs.update((thing, signs.get(thing, 0) + 1) for thing in each.appear)
        things = sorted((thing for thing, sign in signs.items() if sign), key=str)
        return cls(
            tuple(thing for thing in things if signs[thing] > 0),
            tuple(thing for thing in things if signs[thing] < 0),
        )


@attrs.frozen
class Delta:
    """What changes do to the answer.

    Args:
        addresses: The exact addresses that are listed, as in `Resolution.addresses`.
        catch_alls: The domains whose unknown addresses are listed, as in `Resolution.catch_alls`.
        exceptions: The known addresses in such domains that are not listed.
        entries: The finite table, as in `Resolution.entries`; an entry that changes its sign
            vanishes and appears.
        rejected: Destinations that are none; they are left out, as in a graph.
    """

    addresses: Difference[str] = Difference()
    catch_alls: Difference[str] = Difference()
    exceptions: Difference[str] = Difference()
    entries: Difference[Entry] = Difference()
    rejected: tuple[Rejected, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether anything that is deployed changes."""
        return bool(self.addresses or self.catch_alls or self.exceptions or self.entries)

    @classmethod
    def over(cls, deltas: Sequence[Delta]) -> Delta:
        """Return what several do together, one after the other."""
        return cls(
            addresses=Difference.over(each.addresses for each in deltas),
            catch_alls=Difference.over(each.catch_alls for each in deltas),
            exceptions=Difference.over(each.exceptions for each in deltas),
            entries=Difference.over(each.entries for each in deltas),
            rejected=tuple(dict.fromkeys(rejected for each in deltas for rejected in each.rejected)),
        )
