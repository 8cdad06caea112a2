"""The obvious script: for each address, follow its forwardings until one leads outside."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .panel import Panel

if TYPE_CHECKING:
    from collections.abc import Iterator


def listed(database: str) -> Iterator[str]:
    """Yield every address that leads outside, one after the other."""
    panel = Panel(database)

    def leaves(address: str, seen: set[str]) -> bool:
        if address in seen:
            return False
        seen.add(address)
        key = panel.find(address)
        if key is None:
            return panel.is_outside(address)
        for destination in panel.rows[key]:  # noqa: SIM110 (any() takes the stack of C for each hop)
            if leaves(destination, seen):
                return True
        return False

    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(100_000)  # Postfix follows a thousand hops, Python's own limit is lower
    try:
        found = [name for name in panel.names() if leaves(name, set())]
    finally:
        sys.setrecursionlimit(limit)
    yield from found
