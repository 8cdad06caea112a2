"""The marker by which a file is known to be ours, and the digest by which a map is known to be whole."""

from __future__ import annotations

import hashlib
from typing import Final

MARKER: Final = "# Written by forwardresolve"
"""How the first line of every file begins that may be replaced."""


def generation(*pieces: bytes | memoryview) -> bytes:
    """Return what stands behind the marker of a map.

    Args:
        pieces: All other bytes of the map, in their order.

    Returns:
        Their SHA-256, with words before it; always as long.
    """
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return b", generation %s" % digest.hexdigest().encode()
