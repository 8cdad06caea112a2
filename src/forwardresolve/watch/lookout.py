"""Poll beside whatever else goes on: a source may take seconds to say that nothing has changed."""

from __future__ import annotations

import math
from threading import Thread
from typing import TYPE_CHECKING

from forwardresolve.watch.polling import Look

if TYPE_CHECKING:
    from collections.abc import Callable

    from forwardresolve.watch.polling import Answers, Asking, Polling


class Lookout:
    """Asks the sources in a thread of its own.

    Args:
        polling: Knows when to ask which.
        ring: Is called when they have answered.
    """

    def __init__(self, polling: Polling, ring: Callable[[], None]) -> None:
        self._polling = polling
        self._ring = ring
        self._thread: Thread | None = None
        self._answers: Answers | None = None
        self._fault: BaseException | None = None

    @property
    def due(self) -> float:
        """When to look next; while sources are being asked, when they have answered."""
        return self._polling.due if self._thread is None else math.inf

    def look(self, now: float) -> Look:
        """Return what a round that has ended has found, and begin the next one where it is time.

        Args:
            now: The time, on a clock that never goes back.

        Raises:
            BaseException: A backend has failed otherwise than backends do.
        """
        if self._fault is not None:
            raise self._fault
        found = Look()
        if self._answers is not None:
            answers, self._answers, self._thread = self._answers, None, None
            found = self._polling.end(answers)
        if self._thread is None and not found.changed:
            asking = self._polling.begin(now)
            if asking is not None:
                self._thread = Thread(target=self._ask, args=(asking,), name="polling", daemon=True)
                self._thread.start()
        return found

    def _ask(self, asking: Asking) -> None:
        try:
            self._answers = asking.answers()
        except BaseException as error:  # noqa: BLE001 (it is raised where the process sees it)
            self._fault = error
        self._ring()
