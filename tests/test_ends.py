"""Where mail ends that no row takes further: classes, accounts, and what is no address at all."""

from __future__ import annotations

import pytest

from forwardresolve import Domain, Forward, Mailbox, Transport
from forwardresolve.hops import Final
from hosts import graph_of, resolution_of

A = Domain("a.example")
HOST = Domain("host.example", "local")
OUT = "x@ext.example"


def test_an_account_takes_its_extensions() -> None:
    graph = graph_of(HOST, Mailbox("joe"))
    assert graph.ends.final("joe+list@host.example").kind == "mailbox"
    assert graph.ends.final("ann+list@host.example").kind == "undeliverable"


def test_an_account_named_with_its_extension_is_that_account_only() -> None:
    graph = graph_of(HOST, Mailbox("joe+list@host.example"))
    assert graph.ends.final("joe+list@host.example").kind == "mailbox"
    assert graph.ends.final("joe@host.example").kind == "undeliverable"


def test_where_no_source_names_accounts_the_host_may_have_any() -> None:
    assert graph_of(HOST).ends.final("whoever@host.example").kind == "mailbox"


def test_accounts_are_the_same_in_every_domain_of_the_host() -> None:
    graph = graph_of(HOST, Domain("mail.example", "local"), Mailbox("joe@mail.example"))
    assert graph.ends.final("joe@host.example").kind == "mailbox"


@pytest.mark.parametrize("destination", ["-x@ext.example", "-x@a.example"])
def test_a_name_that_looks_like_an_option_is_undeliverable_everywhere(destination: str) -> None:
    resolution = resolution_of(A, Forward("u@a.example", destination))
    assert resolution.verdict("u@a.example").finals == (Final("undeliverable", destination),)
    assert resolution.addresses == ()


def test_a_hyphen_inside_a_name_says_nothing() -> None:
    assert resolution_of(A, Forward("u@a.example", "x-@ext.example")).addresses == ("u@a.example",)


def test_a_route_is_followed_before_a_transport_is_asked() -> None:
    graph = graph_of(HOST, Transport("host.example", "discard"))
    assert graph.ends.final("u%ext.example@host.example") == Final("external", "u@ext.example")
    assert graph.ends.final("u@host.example").kind == "discard"


def test_an_account_with_an_at_sign_in_it_is_undeliverable() -> None:
    resolution = resolution_of(HOST, Forward("u", OUT, table="local"))
    finals = resolution.verdict('"u+a@b, c"@host.example').finals
    assert [final.kind for final in finals] == ["undeliverable"]
