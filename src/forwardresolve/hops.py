"""The values of one step: where an address goes, or ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from forwardresolve.records import ForwardTable, Origin
    from forwardresolve.settings import FinalKind


@attrs.frozen
class Final:
    """Where a path ends.

    Args:
        kind: What becomes of the mail there.
        address: The address, as it is when it gets there.
    """

    kind: FinalKind
    address: str


@attrs.frozen
class Arrow:
    """One way on.

    Args:
        destination: The next address.
        origin: Where the row says so.
    """

    destination: str
    origin: Origin


@attrs.frozen
class Hop:
    """What becomes of one address in one step.

    Args:
        address: The address.
        row: The key of the row that answered, or empty where none did.
        table: The table of that row.
        extension: The extension that had to be taken off to find the row; it goes on behind each
            destination.
        arrows: The ways on; the address itself is not among them.
        final: Where the mail ends here: no row takes it on, or the row keeps a copy.
        lists_itself: Whether the row lists the address itself; it is not expanded again then.
    """

    address: str
    row: str = ""
    table: ForwardTable = "virtual"
    extension: str = ""
    arrows: tuple[Arrow, ...] = ()
    final: Final | None = None
    lists_itself: bool = False
