"""Bags: each name once, whether there are few or many."""

from __future__ import annotations

import pytest

from forwardresolve.live.bags import Bags, put_in, settle, take_out


@pytest.mark.parametrize("count", [1, 2, 16, 17, 100])
def test_names_go_in_and_come_out_each_once(count: int) -> None:
    bags: Bags = {}
    names = [f"u{number}" for number in range(count)]
    for name in (*names, *names):
        put_in(bags, "key", name)
    assert list(bags["key"]) == names
    for name in (*names, "never"):
        take_out(bags, "key", name)
    assert bags == {}


@pytest.mark.parametrize("count", [1, 16, 17])
def test_what_somebody_else_has_filled_is_settled(count: int) -> None:
    names = [f"u{number}" for number in range(count)]
    bags: Bags = {"key": names + names, "single": ["u"]}
    settle(bags)
    assert list(bags["key"]) == names
    assert bags["single"] == ["u"]
