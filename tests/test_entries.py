"""The table: a stateless look-up decides every possible recipient."""

from __future__ import annotations

import pytest

from forwardresolve import Domain, Entry, Forward, ForwardingGraph, Mailbox, resolve
from forwardresolve.entries import exact_key, look_up


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


@pytest.mark.parametrize("delimiter", ["+", "-", "+-", ""])
@pytest.mark.parametrize("leaves", [True, False])
def test_an_address_that_is_named_like_a_star_stands_for_itself_alone(
    delimiter: str, *, leaves: bool
) -> None:
    out, box = "joe@gmail.example", "box@a.example"
    graph = ForwardingGraph.from_records(
        [
            Domain("a.example"),
            Mailbox(box, shields=True),
            Forward("u@a.example", box if leaves else out),
            Forward("u+*@a.example", out if leaves else box),
            Forward('"a b+*"@a.example', out if leaves else box),
            Forward("@a.example", box if leaves else out),
        ],
        recipient_delimiter=delimiter,
    )
    resolution = resolve(graph)
    table = {entry.key: entry.listed for entry in resolution.entries()}
    asked = ["u@a.example", "u+*@a.example", "u+x@a.example", "u-x@a.example", "u+*+x@a.example"]
    asked += ["u+*-x@a.example", '"a b+*"@a.example', '"a b"@a.example', "other@a.example"]
    assert resolution.verdict("u+*@a.example").listed is leaves
    assert {each: look_up(table, each, delimiter) for each in asked} == {
        each: resolution.verdict(each).listed for each in asked
    }


@pytest.mark.parametrize("address", ["u@a.example", "*@a.example", '"a+*@b"@a.example', '"a b+*"@a.example'])
def test_the_key_of_another_address_is_the_address(address: str) -> None:
    assert exact_key(address) == address
