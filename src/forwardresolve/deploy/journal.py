"""The journal of a directory: which generation its maps are, or are about to be."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping  # noqa: TC003 (cattrs reads the annotations)
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.errors import ConfigError
from forwardresolve.options import structure
from forwardresolve.rspamd.marker import MARKER
from forwardresolve.rspamd.writing import replace

if TYPE_CHECKING:
    from pathlib import Path

_LOG: Final = logging.getLogger(__name__)
_MODE: Final = 0o644


@attrs.frozen
class Journal:
    """What the maps of a directory are to be.

    Args:
        sequence: How many generations the directory has taken.
        digests: Each map with the SHA-256 of its content, in hexadecimal.
    """

    sequence: int = 0
    digests: Mapping[str, str] = attrs.field(factory=dict)

    @classmethod
    def read(cls, path: Path) -> Journal:
        """Read the journal; one that is not there or cannot be read is that of a new directory.

        Raises:
            OSError: The file system refuses.
        """
        try:
            text = path.read_text(encoding="utf-8").partition("\n")[2]
            return structure(json.loads(text), cls, "")
        except FileNotFoundError:
            return cls()
        except (ValueError, TypeError, ConfigError):
            _LOG.warning("%s: is damaged, so nothing is known of earlier generations", path)
            return cls()

    def write(self, path: Path) -> None:
        """Put the journal onto the disk.

        Raises:
            OSError: The file system refuses; what was there stays.
        """
        text = json.dumps(attrs.asdict(self), indent=2, sort_keys=True)
        replace(path, f"{MARKER}\n{text}\n".encode(), _MODE)
