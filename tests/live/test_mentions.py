"""Mentions: who names an address, and the names of each domain, after any change."""

from __future__ import annotations

from forwardresolve import Domain, Forward
from forwardresolve.live.mentions import Mentions
from forwardresolve.nodes import Nodes
from hosts import graph_of

A, LOCAL = Domain("a.example"), Domain("host.example", "local")
OUT = "x@ext.example"


def test_a_destination_knows_who_names_it() -> None:
    graph = graph_of(
        A,
        Forward("u@a.example", OUT),
        Forward("v@a.example", OUT),
        Forward("w@a.example", "w@a.example, v@a.example"),
    )
    mentions = Mentions(Nodes(graph))
    assert mentions.of(OUT) == ("u@a.example", "v@a.example")
    assert mentions.of("v@a.example") == ("w@a.example",)
    assert mentions.of("w@a.example") == ()
    mentions.discard("u@a.example", (OUT,))
    assert mentions.of(OUT) == ("v@a.example",)
    mentions.discard("v@a.example", (OUT,))
    assert mentions.of(OUT) == ()
    assert [*mentions.names_in("ext.example")] == []


def test_an_account_that_names_an_address_twice_is_told_once() -> None:
    rows = (
        Forward("joe", "sue@host.example, sue, ann@a.example", table="local"),
        Forward("sue", "joe", table="local"),
    )
    mentions = Mentions(Nodes(graph_of(A, LOCAL, *rows)))
    assert mentions.of("sue") == ("joe@",)
    assert mentions.of("ann@a.example") == ("joe@",)


def test_a_row_that_rewrites_a_domain_names_nobody() -> None:
    mentions = Mentions(Nodes(graph_of(A, Forward("@a.example", "@b.example"))))
    assert mentions.of("@b.example") == ()


def test_a_key_is_watched_by_its_extensions_and_a_catch_all_by_names_without_rows() -> None:
    graph = graph_of(
        A,
        Forward("u@a.example", "w+e@a.example, w@a.example"),
        Forward("v@a.example", "unknown@a.example, u@a.example"),
    )
    mentions = Mentions(Nodes(graph))
    assert [*mentions.watching("w@a.example")] == ["u@a.example", "u@a.example"]
    assert [*mentions.watching("w+t@a.example")] == ["u@a.example", "u@a.example"]
    assert set(mentions.watching("@a.example")) == {"u@a.example", "v@a.example"}
    mentions.discard("u@a.example", ("w+e@a.example", "w@a.example"))
    assert [*mentions.watching("w@a.example")] == []


def test_a_large_domain_forgets_names_in_time() -> None:
    graph = graph_of(A, *(Forward(f"u{number}@a.example", OUT) for number in range(200)))
    mentions = Mentions(Nodes(graph))
    virtual = graph.rows.tables["virtual"]
    for number in range(200):
        virtual.replace(f"u{number}@a.example", None)
        mentions.unname(f"u{number}@a.example")
        assert len([*mentions.names_in("a.example")]) == 199 - number
        assert len(mentions._names.get("a.example", ())) <= max(50, 2 * (199 - number) + 1)
    assert "a.example" not in mentions._names
