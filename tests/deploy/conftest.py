"""A time that stands still."""

from __future__ import annotations

import datetime as dt

import pytest


@pytest.fixture
def now() -> dt.datetime:
    """The first of March."""
    return dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
