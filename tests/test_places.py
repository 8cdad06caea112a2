"""Places: what each one sends mail on to, and how it is read and shown."""

from __future__ import annotations

import pytest

from forwardresolve import Domain, Forward, Pattern
from forwardresolve.addresses import FRESH
from forwardresolve.patterns import PATTERN
from forwardresolve.places import arrived, destinations, recipient, shown, split_place
from hosts import graph_of

A, B, LOCAL = Domain("a.example"), Domain("b.example"), Domain("host.example", "local")
OUT = "x@ext.example"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("u@a.example", ("w+p@b.example", '"|filter"')),
        ("u+e@a.example", ("w+p+e@b.example", '"|filter"')),
        (f"u+{FRESH}@a.example", (f"w+p+{FRESH}@b.example", '"|filter"')),
        ("joe@", ("ann", OUT)),
        (f"{PATTERN}v@b.example", ("v@c.example",)),
        ("nobody@a.example", ()),
    ],
)
def test_a_place_sends_on_what_its_row_says_with_its_extension(place: str, expected: tuple[str, ...]) -> None:
    graph = graph_of(
        A,
        B,
        LOCAL,
        Forward("u@a.example", 'w+p@b.example, "|filter"'),
        Forward("joe", f"joe, ann, {OUT}", table="local"),
        Pattern("^(.*)@b", "$1@c.example"),
    )
    assert destinations(graph, place) == expected


@pytest.mark.parametrize(
    ("place", "address", "text"),
    [
        ("u@a.example", "u@a.example", "u@a.example"),
        (f"u+{FRESH}@a.example", f"u+{FRESH}@a.example", "u+*@a.example"),
        ("@a.example", f"{FRESH}@a.example", "@a.example"),
        ("joe@", "joe", "joe"),
        (f"{PATTERN}v@b.example", "v@b.example", "v@b.example"),
    ],
)
def test_a_place_stands_for_a_recipient_and_is_shown_without_signs(
    place: str, address: str, text: str
) -> None:
    assert recipient(place) == address
    assert shown(place) == text


def test_rewriting_domains_are_behind_an_address_that_arrives() -> None:
    graph = graph_of(
        A,
        B,
        Forward("@a.example", "@b.example"),
        Forward("@b.example", "@b.example"),
        Forward("v@a.example", OUT),
    )
    assert arrived(graph, "u+e@a.example") == "u+e@b.example"
    assert arrived(graph, "v@a.example") == "v@a.example"
    assert arrived(graph, "u@c.example") == "u@c.example"


def test_an_address_arrives_nowhere_new_in_a_circle_of_rewriting_domains() -> None:
    graph = graph_of(A, B, Forward("@a.example", "@b.example"), Forward("@b.example", "@a.example"))
    assert arrived(graph, "u@a.example") in ("u@a.example", "u@b.example")


def test_a_place_is_split_into_row_and_extension() -> None:
    graph = graph_of(A)
    assert split_place(graph, "u+e@a.example") == ("u@a.example", "+e")
    assert split_place(graph, "joe+e") == ("joe", "+e")
