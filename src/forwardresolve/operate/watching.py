"""What the resident process has found when it compared its answer with a new one, kept for monitoring."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.errors import ConfigError, TargetError
from forwardresolve.options import structure
from forwardresolve.rspamd.writing import replace

if TYPE_CHECKING:
    from pathlib import Path

_FILE: Final = "watched.json"
_MODE: Final = 0o600
_LOG: Final = logging.getLogger(__name__)


@attrs.frozen(kw_only=True)
class Watched:
    """What the comparisons have found.

    Args:
        compared: When the last one was, ISO 8601; empty for never.
        differences: How many have found a difference, ever. There must be none.
        differed: When the last difference was found; empty for never.
        text: What it was, in numbers.
    """

    compared: str = ""
    differences: int = 0
    differed: str = ""
    text: str = ""

    def after(self, difference: str, at: str) -> Watched:
        """Note a comparison.

        Args:
            difference: What it has found; empty for nothing, as it must be.
            at: When, ISO 8601.
        """
        if not difference:
            return attrs.evolve(self, compared=at)
        return Watched(compared=at, differences=self.differences + 1, differed=at, text=difference)


NEVER: Final = Watched()
"""No resident process has compared anything yet."""


def load(state_dir: Path) -> Watched:
    """Return what is known; nothing where the file is not there or damaged."""
    path = state_dir / _FILE
    try:
        return structure(json.loads(path.read_text(encoding="utf-8")), Watched, "")
    except FileNotFoundError:
        return NEVER
    except (OSError, ValueError, TypeError, ConfigError):
        _LOG.warning("%s: cannot be read, so nothing is known of earlier comparisons", path)
        return NEVER


def save(state_dir: Path, watched: Watched) -> None:
    """Keep it.

    Raises:
        TargetError: The file system refuses; what was there stays.
    """
    try:
        replace(state_dir / _FILE, f"{json.dumps(attrs.asdict(watched))}\n".encode(), _MODE)
    except OSError as error:
        msg = f"{error.filename or state_dir}: cannot be written: {error.strerror}"
        raise TargetError(msg) from error
