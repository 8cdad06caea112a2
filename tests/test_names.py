"""Names: which domains need more than a look at their rows, and which names they have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forwardresolve import Domain, DomainAlias, Forward, ForwardingGraph, Mailbox, Relocated, Transport
from forwardresolve.names import Plan, names_to_decide, plan_names
from forwardresolve.reach import Reach
from hosts import graph_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

A, B, LOCAL, RELAY = (
    Domain("a.example"),
    Domain("b.example"),
    Domain("host.example", "local"),
    Domain("r.example", "relay"),
)
TWIN = DomainAlias("al.example", "a.example")
OUT = "x@ext.example"


def plan_of(graph: ForwardingGraph) -> Plan:
    return plan_names(Reach(graph).nodes)


def names_of(
    graph: ForwardingGraph, gathered: Mapping[str, Sequence[str]] | None = None
) -> dict[str, dict[str, set[str]]]:
    nodes = Reach(graph).nodes
    return dict(names_to_decide(nodes, plan_names(nodes), gathered or {}))


def test_a_plain_domain_needs_no_closer_look() -> None:
    graph = graph_of(A, Forward("u@a.example", OUT), Forward("@a.example", OUT))
    assert plan_of(graph) == Plan(("a.example",), {}, frozenset(), frozenset(), frozenset())
    assert names_of(graph) == {}


def test_hosted_are_domains_alias_domains_and_subdomains_of_relays_that_a_row_names() -> None:
    plan = plan_of(
        graph_of(
            A,
            RELAY,
            TWIN,
            DomainAlias("a.example", "b.example"),
            Domain("s.example", "suspended"),
            Forward("u@v.r.example", OUT),
            Forward("@c.r.example", OUT, table="canonical"),
            Forward("@b.r.example", OUT, table="bcc"),
            Relocated("@m.r.example"),
            Transport("t.r.example", "external"),
            Transport(".p.r.example", "external"),
            Forward("u@ext.example", OUT),
            Forward("joe", OUT),
        )
    )
    assert set(plan.hosted) == {
        "a.example",
        "al.example",
        "r.example",
        *(f"{name}.r.example" for name in "vcbmt"),
    }


def test_an_alias_domain_looks_into_its_target_and_so_on_down() -> None:
    plan = plan_of(
        graph_of(A, B, TWIN, Forward("@a.example", "@b.example"), Forward("@b.example", "@a.example"))
    )
    assert plan.special == {
        "a.example": ("a.example", "b.example"),
        "b.example": ("b.example", "a.example"),
        "al.example": ("al.example", "a.example", "b.example"),
    }
    assert plan.gathered == {"a.example", "b.example", "al.example"}


def test_a_domain_that_canonical_rewrites_looks_into_the_next() -> None:
    plan = plan_of(graph_of(A, B, Forward("@a.example", "@b.example", table="canonical")))
    assert plan.special["a.example"] == ("a.example", "b.example")


def test_local_domains_and_myorigin_have_the_accounts_of_the_host() -> None:
    graph = graph_of(
        A, B, LOCAL, Forward("joe", OUT), Forward("ann+e", OUT, table="local"), myorigin="a.example"
    )
    expected: dict[str, set[str]] = {"joe": {""}, "ann": {"+e"}}
    names = names_of(graph)
    assert names.keys() == {"a.example", "host.example"}
    assert {base: names["a.example"][base] for base in expected} == expected


def test_a_base_is_grouped_with_all_its_extensions() -> None:
    graph = graph_of(
        A, Forward("u@a.example", OUT), Forward("u+e@a.example", OUT), Forward("u+f@a.example", OUT)
    )
    assert names_of(graph) == {"a.example": {"u": {"", "+e", "+f"}}}


def test_what_is_gathered_of_a_target_is_named_in_its_alias_domain() -> None:
    graph = graph_of(A, TWIN, Forward("u@a.example", OUT))
    assert names_of(graph, {"a.example": ["u", ""]}) == {"al.example": {"u": {""}}}


def test_names_of_other_tables_are_named() -> None:
    graph = graph_of(
        A,
        Forward("c@a.example", OUT, table="canonical"),
        Forward("b@a.example", OUT, table="bcc"),
        Transport("t@a.example", "external"),
        Relocated("m@a.example"),
    )
    assert names_of(graph)["a.example"].keys() >= {"c", "b", "t", "m"}


def test_an_extension_that_matters_behind_canonical_is_named_in_front_of_it() -> None:
    graph = graph_of(
        A, Forward("old@a.example", "u@a.example", table="canonical"), Forward("u+e@a.example", OUT)
    )
    assert names_of(graph)["a.example"]["old"] == {"", "+e"}


def test_a_bare_name_that_canonical_rewrites_is_an_account_with_the_extensions_that_matter() -> None:
    graph = graph_of(
        LOCAL, Forward("old", "u@host.example", table="canonical"), Forward("u+e@host.example", OUT)
    )
    assert names_of(graph)["host.example"]["old"] == {"", "+e"}


def test_mailboxes_are_named_where_a_copy_leaves_and_kept_copies_are_ignored() -> None:
    records = A, Mailbox("box@a.example"), Forward("@a.example", OUT, table="bcc")
    assert "box" not in names_of(graph_of(*records)).get("a.example", {})
    assert "box" in names_of(graph_of(*records, kept_copy="ignore"))["a.example"]


def test_a_domain_that_canonical_rewrites_adds_no_names_of_its_own() -> None:
    graph = graph_of(
        A, B, Forward("@a.example", "@b.example", table="canonical"), Forward("u+e@b.example", OUT)
    )
    assert names_of(graph, {"b.example": ["u+e"]})["a.example"] == {"u": {"+e"}}


def test_names_of_domains_that_are_not_hosted_are_nobodys() -> None:
    assert names_of(graph_of(A, Mailbox("u@a.example"), Forward("u+e@ext.example", OUT))) == {}
