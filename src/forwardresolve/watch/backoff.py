"""When to try again what has failed: soon, then ever later. Pure: whoever asks brings the time."""

from __future__ import annotations

from typing import Final

import attrs

_FIRST: Final = 1.0
_MOST: Final = 300.0
_FACTOR: Final = 2


@attrs.define
class Backoff:
    """Something that may fail.

    Args:
        first: Seconds until it is tried again after one failure.
        most: Seconds between two tries however often it has failed.
        failures: How often it has failed in a row.
        at: When it may be tried again, on the clock of whoever asks.
    """

    first: float = _FIRST
    most: float = _MOST
    failures: int = 0
    at: float = 0.0

    def failed(self, now: float) -> None:
        """Note a failure."""
        self.at = now + min(self.first * _FACTOR ** min(self.failures, 30), self.most)
        self.failures += 1

    def succeeded(self) -> None:
        """Note that it works."""
        self.failures, self.at = 0, 0.0
