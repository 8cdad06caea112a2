"""One sentence about an address: why it is listed, or why not."""

from __future__ import annotations

from typing import Any

import pytest

from explain.hosts_explained import answer
from forwardresolve import Domain, Forward
from forwardresolve.explain import explain

OUT = "joe@gmail.example"
REFUSED = "At present Postfix refuses mail to it with 451, because the expansion"
LOOP = (Forward("info@a.example", f"b@a.example, {OUT}"), Forward("b@a.example", "info@a.example"))
HUB = Forward("info@a.example", [f"u{i}@a.example" for i in range(1001)])


def sentence(*records: Any, address: str = "info@a.example", **settings: Any) -> str:  # noqa: ANN401
    return explain(answer(*records, **settings), address).sentence


@pytest.mark.parametrize(
    ("records", "address", "why"),
    [
        ([], "box@a.example", "not listed: its mail stays, in its own mailbox."),
        (
            [Forward("info@a.example", "box@a.example")],
            "info@a.example",
            "not listed: its mail stays, in the mailbox box@a.example.",
        ),
        ([], "info@a.example", "not listed: nobody takes its mail, so it bounces."),
        (
            [Forward("info@a.example", "box@a.example, gone@a.example")],
            "info@a.example",
            "not listed: its mail stays, in the mailbox box@a.example; at gone@a.example it bounces.",
        ),
        (
            [Domain("r.example", "relay"), Forward("info@a.example", "box@a.example, x@r.example")],
            "info@a.example",
            "not listed: its mail stays, in the mailbox box@a.example and in a relay domain (x@r.example).",
        ),
        (
            [Forward("info@a.example", "/dev/null, /tmp/x")],
            "info@a.example",
            "not listed: its mail stays, in 2 commands and files that cannot be followed.",
        ),
        ([Forward("info@a.example", OUT)], "info@a.example", f"listed: it forwards to {OUT}."),
        (
            [Forward("box@a.example", f"box@a.example, {OUT}")],
            "box@a.example",
            f"listed: it forwards to {OUT}; a copy stays in its mailbox.",
        ),
        (
            [Forward("info@a.example", f"box@a.example, {OUT}, x@gmx.example")],
            "info@a.example",
            f"listed: it forwards to {OUT}, and 1 more address outside; a copy stays in box@a.example.",
        ),
        (
            [Forward("info@a.example", f"{OUT}, x@gmx.example, y@gmx.example")],
            "info@a.example",
            f"listed: it forwards to {OUT}, and 2 more addresses outside.",
        ),
        (
            [Domain("c.example", "alias"), Forward("info@c.example", f"info@c.example, {OUT}")],
            "info@c.example",
            f"listed: it forwards to {OUT}; a copy stays here.",
        ),
        (
            LOOP,
            "info@a.example",
            (
                f"listed: it forwards to {OUT}. {REFUSED} goes round in a circle; "
                "it stays on the list for the day that this is repaired."
            ),
        ),
        (
            [Forward("info@a.example", "b@a.example"), Forward("b@a.example", "info@a.example")],
            "info@a.example",
            (
                "not listed: its mail goes round in a circle and never leaves. "
                f"{REFUSED} goes round in a circle."
            ),
        ),
        (
            [HUB, Forward("@a.example", "box@a.example")],
            "info@a.example",
            f"not listed: its mail stays, in the mailbox box@a.example. {REFUSED} goes beyond a limit.",
        ),
        ([], OUT, "not listed: no source hosts gmail.example, so it is itself outside."),
        (
            [Domain("s.example", "suspended")],
            "x@s.example",
            "not listed: s.example is suspended, so mail to it is refused.",
        ),
        (
            [],
            "joe",
            (
                "not listed: it has no domain, so it is an account of the mail host, "
                "which nobody outside can write to."
            ),
        ),
        (
            [Domain("h.example", "local")],
            "joe%gmail.example@h.example",
            "not listed: Postfix accepts no mail from outside for an address that holds a route.",
        ),
    ],
)
def test_one_sentence_says_why(records: list[Any], address: str, why: str) -> None:
    assert sentence(*records, address=address) == f"{address} is {why}"


def test_the_sentence_names_the_setting_that_decides() -> None:
    copy = Forward("box@a.example", f"box@a.example, {OUT}")

    assert sentence(copy, address="box@a.example", kept_copy="ignore") == (
        f"box@a.example is not listed, although it forwards to {OUT}: it keeps a copy, and "
        'kept_copy = "ignore" leaves such addresses to the filter of the mailbox.'
    )
    assert sentence(Domain("r.example", "relay"), address="x@r.example", relay="external") == (
        "x@r.example is listed: mail to its domain counts as outside."
    )
    assert sentence(address="x@i.example", internal_domains=["i.example"]) == (
        "x@i.example is not listed: i.example is declared internal, but mail for it is not accepted here."
    )
    assert sentence(address="joe", myorigin="o.example") == (
        "joe is not listed: no source hosts o.example, so it is itself outside."
    )
