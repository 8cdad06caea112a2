"""What is said to the journal: one line an event, with the priority that systemd understands.

A line on standard error that begins with ``<N>`` has that priority (sd-daemon(3)). It is written only
where standard error is the journal's own stream, which ``JOURNAL_STREAM`` names (systemd.exec(5)).
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

_PRIORITIES: Final = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))
"""The lowest level of logging and the priority of syslog(3) that it has."""

_DEBUG: Final = 7


def is_journal(stream: TextIO | None, environment: Mapping[str, str]) -> bool:
    """Tell whether a stream goes to the journal.

    Args:
        stream: The stream; None where it is closed.
        environment: Where ``JOURNAL_STREAM`` may stand, device and inode of the journal's stream.
    """
    named = environment.get("JOURNAL_STREAM")
    if not named or stream is None:
        return False
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):  # no descriptor, or closed
        return False
    return named == f"{status.st_dev}:{status.st_ino}"


def priority(level: int) -> int:
    """Return the priority of a level of logging."""
    return next((number for lowest, number in _PRIORITIES if level >= lowest), _DEBUG)


class Lines(logging.Formatter):
    """Writes an event as one line.

    Args:
        journal: Whether the journal reads it; else a person does, who wants to know which program
            speaks.
    """

    def __init__(self, *, journal: bool) -> None:
        super().__init__()
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        text = " ".join(record.getMessage().split("\n"))
        if self._journal:
            return f"<{priority(record.levelno)}>{text}"
        level = "" if record.levelno == logging.INFO else f"{record.levelname.lower()}: "
        return f"forwardresolve: {level}{text}"
