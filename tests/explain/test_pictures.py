"""Pictures for pages, tickets and Graphviz."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explain.hosts_explained import answer
from forwardresolve import Domain, Forward, Origin
from forwardresolve.explain import explain, explain_reverse, explanation, picture_of, picture_of_reverse

if TYPE_CHECKING:
    import pytest

OUT = "joe@gmail.example"
ROWS = (
    Forward("info@a.example", "box@a.example, gone@a.example", origin=Origin("alias")),
    Forward("box@a.example", f"box@a.example, {OUT}, ann@a.example", origin=Origin("alias", "7")),
)


def test_a_picture_has_a_box_for_every_address_and_an_arrow_for_every_row() -> None:
    picture = picture_of(explain(answer(*ROWS), "info@a.example"))

    assert (
        picture.as_mermaid()
        == """\
flowchart LR
    n0["info@a.example"]
    n1["box@a.example"]
    n2{{"gone@a.example: bounces (no such mailbox)"}}
    n3(["joe@gmail.example"])
    n4{{"ann@a.example: bounces (no such mailbox)"}}
    n5[("a copy stays in its mailbox")]
    n0 -->|"alias"| n1
    n0 -->|"alias"| n2
    n1 -->|"alias (7)"| n3
    n1 -->|"alias (7)"| n4
    n1 -.-> n5"""
    )


def test_the_same_picture_for_graphviz() -> None:
    picture = picture_of(explain(answer(*ROWS), "box@a.example"))

    assert (
        picture.as_dot()
        == """\
digraph forwardings {
    rankdir=LR;
    n0 [label="box@a.example", shape=box];
    n1 [label="joe@gmail.example", shape=doubleoctagon];
    n2 [label="ann@a.example: bounces (no such mailbox)", shape=hexagon];
    n3 [label="a copy stays in its mailbox", shape=cylinder];
    n0 -> n1 [label="alias (7)"];
    n0 -> n2 [label="alias (7)"];
    n0 -> n3 [label="", style=dashed];
}"""
    )


def test_a_mailbox_and_a_copy_elsewhere_have_their_shapes() -> None:
    copy = (Domain("c.example", "alias"), Forward("x@c.example", "x@c.example, box@a.example"))

    boxes = picture_of(explain(answer(*copy), "x@c.example")).boxes

    assert boxes["box@a.example"] == ("box@a.example", "mailbox")
    assert boxes["copy of x@c.example"] == ("bounces (c.example has no mailboxes)", "other")


def test_what_a_client_names_is_a_box_of_its_own() -> None:
    canonical = Forward("old@a.example", "box@a.example", table="canonical", origin=Origin("canonical"))

    picture = picture_of(explain(answer(canonical), "old@a.example"))

    assert picture.arrows == [("old@a.example", "box@a.example", "canonical", False)]


def test_what_is_not_followed_is_a_box_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explanation, "MOST_STEPS", 1)

    picture = picture_of(explain(answer(Forward("info@a.example", OUT)), "info@a.example"))

    assert picture.boxes[OUT] == (OUT, "address")


def test_odd_characters_are_written_so_that_they_are_read_back() -> None:
    odd = Forward("info@a.example", ['"a\\"b#<c>"@gmail.example'])
    picture = picture_of(explain(answer(odd), "info@a.example"))

    assert '(["#quot;a\\#quot;b#35;#lt;c#gt;#quot;@gmail.example"])' in picture.as_mermaid()
    assert 'label="\\"a\\\\\\"b#<c>\\"@gmail.example"' in picture.as_dot()


def test_who_reaches_a_destination_is_drawn_towards_it() -> None:
    picture = picture_of_reverse(explain_reverse(answer(*ROWS), OUT))

    assert picture.arrows == [
        ("box@a.example", OUT, "alias (7)", False),
        ("info@a.example", "box@a.example", "alias", False),
    ]
