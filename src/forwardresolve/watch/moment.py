"""What a live answer says in one moment: the whole list is walked once, however often it is asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from forwardresolve.reachability import Resolution

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forwardresolve.entries import Entry
    from forwardresolve.live import LiveResolution


class Moment(Resolution):
    """A live answer that does not change meanwhile.

    Args:
        live: The answer, held `steady` by the caller for as long as this is asked.
    """

    def __init__(self, live: LiveResolution) -> None:
        self.graph = live.graph
        self.reach = live.reach
        self._live = live

    @cached_property
    def addresses(self) -> tuple[str, ...]:
        """As in `Resolution`."""
        return self._live.addresses

    @cached_property
    def catch_alls(self) -> Mapping[str, tuple[str, ...]]:
        """As in `Resolution`."""
        return self._live.catch_alls

    def entries(self) -> Iterator[Entry]:
        """As in `Resolution`."""
        return self._live.entries()
