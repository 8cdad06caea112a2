"""What a person reads: the sentence, the tree, the ways out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from explain.hosts_explained import answer, six_hops
from forwardresolve import Domain, DomainAlias, Forward, Mailbox, Origin, Pattern, Relocated, Transport
from forwardresolve.explain import explain, explanation
from forwardresolve.explain.tree import said_by

OUT = "joe@gmail.example"


def tree(*records: Any, address: str = "info@a.example", **settings: Any) -> list[str]:  # noqa: ANN401
    """Return the lines below the sentence."""
    return str(explain(answer(*records, **settings), address)).splitlines()[2:]


def test_six_hops_through_two_sources_read_as_an_operator_would_tell_them() -> None:
    told = str(explain(six_hops(), "Info@Kunde.Example"))

    assert f"{told}\n" == Path(__file__).with_name("six-hops.txt").read_text(encoding="utf-8")


LOOP = (Forward("info@a.example", f"b@a.example, {OUT}"), Forward("b@a.example", "info@a.example"))


@pytest.mark.parametrize(
    ("records", "destination", "end"),
    [
        ([Domain("s.example", "suspended")], "x@s.example", "bounces (s.example is suspended)"),
        ([Domain("c.example", "alias")], "x@c.example", "bounces (c.example has no mailboxes)"),
        ([], "-x@a.example", "bounces (Postfix takes no address that begins with a hyphen)"),
        ([Relocated("box@a.example")], "box@a.example", "bounces (its owner has moved)"),
        ([Relocated("@a.example")], "box@a.example", "bounces (its owner has moved)"),
        ([Transport("a.example", "undeliverable")], "box@a.example", "bounces (its transport refuses it)"),
        ([Mailbox("ann")], "joe", "bounces (the mail host has no such account)"),
        ([Domain("r.example", "relay")], "x@r.example", "is passed on to a relay domain"),
        ([Domain("d.example", "discard")], "x@d.example", "is thrown away"),
        (
            [Domain("v.example", "autoreply")],
            "x@v.example",
            "is answered by an autoresponder and goes no further",
        ),
        ([], "/var/mail/x", "goes into a file, and nobody can see where from there"),
        ([], '"|/usr/bin/list"', "goes into a command, and nobody can see where from there"),
        ([], ":include:/etc/list", "goes into an include, and nobody can see where from there"),
    ],
)
def test_an_end_says_what_becomes_of_the_mail(records: list[Any], destination: str, end: str) -> None:
    (line,) = tree(*records, Forward("info@a.example", [destination]))[1:]

    assert line.endswith(f": {end}")


def test_an_end_that_counts_as_outside_says_so() -> None:
    relay = Domain("r.example", "relay")

    (line,) = tree(relay, Forward("info@a.example", "x@r.example"), relay="external")[1:]

    assert line == "└─> x@r.example: is passed on to a relay domain, which counts as outside"


def test_a_route_is_shown_where_it_leads() -> None:
    host = Domain("h.example", "local")

    (line,) = tree(host, Forward("info@a.example", "joe%gmail.example@h.example"))[1:]

    assert line == "└─> joe%gmail.example@h.example: leaves as joe@gmail.example"


@pytest.mark.parametrize(
    ("records", "address", "answered"),
    [
        ([Forward("@a.example", OUT)], "x@a.example", "taken by the catch-all @a.example"),
        (
            [Domain("b.example", "alias"), Forward("@b.example", "@a.example")],
            "box@b.example",
            "the whole domain is rewritten by @b.example",
        ),
        ([Forward("u@a.example", OUT)], "u+x@a.example", "row u@a.example, +x goes along"),
        (
            [DomainAlias("b.example", "a.example"), Forward("u@a.example", OUT)],
            "u@b.example",
            "b.example stands for a.example, row u@a.example",
        ),
        ([Domain("h.example", "local"), Forward("joe", OUT)], "joe@h.example", "row joe"),
        (
            [Domain("h.example", "local"), Forward("joe", OUT, table="local")],
            "joe@h.example",
            "the account joe of the mail host",
        ),
        (
            [Domain("h.example", "local"), Forward("joe", OUT, table="local")],
            "joe+x@h.example",
            "the account joe of the mail host, +x is dropped",
        ),
        ([Pattern("^team-", OUT)], "team-x@a.example", "pattern ^team-"),
    ],
)
def test_a_row_that_is_not_the_address_itself_says_how_it_came_to_answer(
    records: list[Any], address: str, answered: str
) -> None:
    assert tree(*records, address=address)[1] == f"({answered})"


def test_an_address_that_only_ends_says_so_in_its_line() -> None:
    assert tree(address="box@a.example") == ["box@a.example: ends in a mailbox"]


def test_a_loop_is_shown_where_it_closes() -> None:
    assert tree(*LOOP) == [
        "info@a.example",
        f"├─> {OUT}: leaves",
        "└─> b@a.example",
        "    └─> info@a.example: see above, a loop",
    ]


def test_a_circle_over_a_kept_copy_is_no_loop() -> None:
    rows = (
        Forward("info@a.example", "box@a.example"),
        Forward("box@a.example", "box@a.example, info@a.example"),
    )

    assert tree(*rows, address="box@a.example") == [
        "box@a.example",
        "├── a copy stays in its mailbox",
        "└─> info@a.example",
        "    └─> box@a.example: see above; it keeps a copy and is asked once",
    ]


def test_what_grows_is_followed_once() -> None:
    told = tree(Forward("u@a.example", "u+x@a.example"), address="u@a.example")

    assert told[-1].endswith("u+x+x+x@a.example: it only grows, a loop")
    assert len(told) < 10


def test_a_hub_is_cut_with_a_count() -> None:
    members = [f"m{i:03}@{'gmail' if i % 10 else 'a'}.example" for i in range(200)]

    told = tree(Forward("info@a.example", members))

    assert told[21] == "└── and 180 more: 160 leave, 20 stay"
    assert told[22:25] == ["", "Ways out, shortest first:", "  1. info@a.example -> m001@gmail.example"]
    assert told[-1] == "     and at least 90 more"


def test_some_ways_more_than_are_shown_are_counted() -> None:
    told = tree(Forward("info@a.example", [f"m{i:03}@gmail.example" for i in range(15)]))

    assert told[-1] == "     and 5 more"


def test_a_deep_tree_says_how_it_goes_on() -> None:
    chain = [Forward(f"u{i}@a.example", f"u{i + 1}@a.example") for i in range(40)]

    leaving = tree(*chain, Forward("u40@a.example", OUT), address="u0@a.example")
    staying = tree(*chain, Forward("u40@a.example", "box@a.example"), address="u0@a.example")

    assert leaving[-1].endswith("u21@a.example: and so on, 20 forwardings more until it leaves")
    assert staying[-1].endswith("u21@a.example: and so on, nothing leaves")


def test_more_addresses_than_can_be_told_are_not_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explanation, "MOST_STEPS", 3)
    chain = [Forward(f"u{i}@a.example", f"u{i + 1}@a.example") for i in range(9)]

    found = explain(answer(*chain, Forward("u9@a.example", OUT)), "u0@a.example")

    assert not found.complete
    assert str(found).splitlines()[-1].endswith("u3@a.example: not followed any further")
    assert found.sentence == f"u0@a.example is listed: its mail reaches {OUT} over 10 forwardings."


def test_what_a_client_names_may_be_rewritten_and_copied_first() -> None:
    told = tree(
        Forward("old@a.example", "box@a.example", table="canonical", origin=Origin("canonical")),
        Forward("box@a.example", OUT, table="bcc", origin=Origin("bcc")),
        address="old@a.example",
    )

    assert told == [
        "old@a.example",
        "├─> box@a.example: ends in a mailbox  [canonical]",
        f"└─> {OUT}: leaves  [bcc]",
    ]


def test_a_blind_copy_stands_beside_the_address_itself() -> None:
    told = tree(Forward("box@a.example", OUT, table="bcc"), address="box@a.example")

    assert told == ["box@a.example", "├─> box@a.example: ends in a mailbox", f"└─> {OUT}: leaves"]


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        (Origin("ou=people,dc=x", "uid=a,ou=people,dc=x", "office"), "office: uid=a,ou=people,dc=x"),
        (Origin("ou=people,dc=x", "uid=a,ou=people,dc=x"), "uid=a,ou=people,dc=x"),
        (Origin("alias", "7", "panel"), "panel: alias (7)"),
        (Origin(), ""),
    ],
)
def test_a_dn_says_its_search_base_already(origin: Origin, told: str) -> None:
    assert said_by(origin) == told
