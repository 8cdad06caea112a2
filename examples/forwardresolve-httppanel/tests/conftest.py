"""A panel for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from panel import Panel, running_panel

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def panel() -> Iterator[Panel]:
    """Run a panel for one test."""
    with running_panel() as running:
        yield running
