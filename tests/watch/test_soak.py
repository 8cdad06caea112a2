"""Changes without end, and a watcher that is killed all the time: the lists are right at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from watch.soak import soak

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_whatever_was_killed_all_targets_are_right_at_the_end(tmp_path: Path) -> None:
    made = soak(tmp_path, seconds=20, seed=1)
    assert made.changes > 20
    assert made.kills
