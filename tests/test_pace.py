"""The table ``[watch]``."""

from __future__ import annotations

import pytest

from forwardresolve.errors import ConfigError
from forwardresolve.options import structure
from forwardresolve.pace import Pace


@pytest.mark.parametrize("name", ["poll", "reread", "compare", "settle"])
@pytest.mark.parametrize("seconds", [0, -1, 86_401])
def test_a_time_that_is_none_is_refused(name: str, seconds: float) -> None:
    with pytest.raises(ConfigError, match="must be more than 0 and at most 86400 seconds"):
        structure({name: seconds}, Pace, "watch")
