"""What a change does to the list and to the finite table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

import attrs

if TYPE_CHECKING:
    from forwardresolve.entries import Entry
    from forwardresolve.rows import Rejected

T = TypeVar("T")


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
