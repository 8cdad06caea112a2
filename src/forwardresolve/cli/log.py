"""The log of a command: lines on standard error, for a person or for the journal."""

from __future__ import annotations

import logging
import os
import sys
from typing import Final

from forwardresolve.operate.journal import Lines, is_journal

DEBUG: Final = "FORWARDRESOLVE_DEBUG"
"""The environment variable that does the same as ``--debug``."""

_ROOT: Final = logging.getLogger("forwardresolve")


def set_up() -> None:
    """Send what the library logs to standard error.

    A person is told of warnings and errors, because the command prints its result; the journal
    gets every event. Addresses are in events of the level debug alone.
    """
    journal = is_journal(sys.stderr, os.environ)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines(journal=journal))
    _ROOT.handlers = [handler]
    _ROOT.setLevel(logging.INFO if journal else logging.WARNING)
    if os.environ.get(DEBUG):
        _ROOT.setLevel(logging.DEBUG)


def lower(level: int) -> None:
    """Tell of events from this level on, if not from a lower one already."""
    _ROOT.setLevel(min(level, _ROOT.level))


def shows_debug() -> bool:
    """Tell whether events of the level debug are shown."""
    return _ROOT.isEnabledFor(logging.DEBUG)


def tell_error(problems: str) -> None:
    """Log what ended the command, a line for each problem."""
    for problem in problems.splitlines():
        _ROOT.error("%s", problem)


def tell(level: int, text: str) -> None:
    """Log an event of which a person has learned from the result already: for the journal, or --verbose."""
    if _ROOT.isEnabledFor(logging.INFO):
        _ROOT.log(level, "%s", text)
