"""The table: a stateless look-up decides every possible recipient."""

from __future__ import annotations

import pytest

from forwardresolve import Entry
from forwardresolve.entries import look_up


def test_an_entry_is_written_with_a_mark_when_it_is_an_exception() -> None:
    assert str(Entry("u@a.example")) == "u@a.example"
    assert str(Entry("u@a.example", listed=False)) == "u@a.example -"


@pytest.mark.parametrize(
    ("table", "address"),
    [
        ({"u+e@a.example": True, "u+*@a.example": False}, "u+e@a.example"),
        ({"u+*@a.example": True, "u@a.example": False}, "u+e@a.example"),
        ({"u@a.example": True, "@a.example": False}, "u+e@a.example"),
        ({"u@a.example": True, "u+*@a.example": False}, "u@a.example"),
        ({"@a.example": True, "@.example": False}, "u+e@a.example"),
        ({"@.a.example": True, "@.example": False}, "u@sub.a.example"),
        ({"@.example": True, "@.org": False}, "u@sub.a.example"),
    ],
)
def test_the_narrowest_entry_decides(table: dict[str, bool], address: str) -> None:
    assert look_up(table, address, "+")
    assert not look_up({key: not listed for key, listed in table.items()}, address, "+")


def test_what_no_entry_covers_is_not_listed() -> None:
    assert not look_up({}, "u+e@a.example", "+")
    assert not look_up({"@.a.example": True}, "u@a.example", "+")


def test_any_delimiter_finds_the_entry_for_any_extension() -> None:
    assert look_up({"u+*@a.example": True}, "u-e@a.example", "+-")
    assert not look_up({"u+*@a.example": True}, "u-e@a.example", "+")


def test_what_never_splits_is_looked_up_whole() -> None:
    assert not look_up({"owner+*@a.example": True, "owner@a.example": True}, "owner-list@a.example", "-")
