"""For each finding a mail host that shows it, and one beside it that is just as it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from forwardresolve import (
    Domain,
    DomainAlias,
    Finding,
    Forward,
    ForwardingGraph,
    Mailbox,
    Origin,
    Pattern,
    Relocated,
    Remark,
    Transport,
    findings,
    resolve,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forwardresolve.records import Record

OURS: Final = (Domain("a.example"), Mailbox("box@a.example"))
"""A hosted domain with one mailbox."""

OUT: Final = "joe@gmail.example"


@attrs.frozen
class Example:
    """A finding, shown.

    Args:
        odd: The records that show it.
        fine: Much the same records without it.
        address: The address that the finding names.
        says: What its text must hold.
        settings: Settings of the graph.
    """

    odd: Sequence[Any]
    fine: Sequence[Any]
    address: str = ""
    says: str = ""
    settings: Mapping[str, Any] = attrs.field(factory=dict)


def look(
    records: Sequence[Any],
    sources: Mapping[str, Sequence[Any]] | None = None,
    **settings: Any,  # noqa: ANN401
) -> tuple[Finding, ...]:
    """Return the findings of a few records."""
    graph = ForwardingGraph.from_sources(sources or {"panel": records}, **settings)
    return findings(graph, resolve(graph))


def chain(count: int, last: str = OUT) -> list[Record]:
    """Return forwardings that make so many hops, the last one outside."""
    links = [Forward(f"u{place}@a.example", f"u{place + 1}@a.example") for place in range(1, count)]
    return [*OURS, *links, Forward(f"u{count}@a.example", last)]


EXAMPLES: Final[dict[str, tuple[Example, ...]]] = {
    "loop": (
        Example(
            [
                *OURS,
                Forward("a@a.example", "b@a.example"),
                Forward("b@a.example", ["a@a.example", OUT]),
                Forward("list@a.example", "a@a.example"),
            ],
            [
                *OURS,
                Forward("a@a.example", ["a@a.example", "b@a.example"]),
                Forward("b@a.example", ["a@a.example", OUT]),
                Mailbox("a@a.example"),
            ],
            "a@a.example",
            "a@a.example -> b@a.example -> a@a.example; Postfix refuses mail to it with 451, "
            "and so to 1 address that leads there",
        ),
        Example(
            [*OURS, Forward("u@a.example", "u+box@a.example")],
            [*OURS, Forward("u@a.example", "box+u@a.example")],
            "u@a.example",
            "u@a.example comes back with one more extension each time",
        ),
        Example(
            [
                *OURS,
                Domain("b.example", "alias"),
                Forward("@a.example", "@b.example"),
                Forward("@b.example", "@a.example"),
                Forward("x@a.example", "y@b.example"),
            ],
            [*OURS, Domain("b.example", "alias"), Forward("@b.example", "@a.example")],
            "@a.example",
            "@a.example -> @b.example -> @a.example",
        ),
        Example(
            [
                *OURS,
                DomainAlias("c.example", "a.example"),
                *(
                    [
                        Forward("@a.example", "@b.example"),
                        Forward("@b.example", "@c.example"),
                        Domain("b.example"),
                    ]
                ),
            ],
            [
                *OURS,
                DomainAlias("c.example", "a.example"),
                Forward("@b.example", "@a.example"),
                Domain("b.example"),
            ],
            "@b.example",
            "@b.example -> @c.example -> @b.example",
        ),
        Example(
            [
                *OURS,
                *(Forward(f"m{i}@a.example", [f"m{j}@a.example" for j in range(40)]) for i in range(40)),
                *(Mailbox(f"m{i}@a.example") for i in range(40)),
            ],
            [
                *OURS,
                *(Forward(f"m{i}@a.example", [f"m{j}@a.example" for j in range(20)]) for i in range(20)),
                *(Mailbox(f"m{i}@a.example") for i in range(20)),
            ],
            "m0@a.example",
            "keep copies, and expands to more than 1000 results; Postfix refuses mail to it with 451, "
            "and so to 39 addresses that lead there",
        ),
    ),
    "limit": (
        Example(
            [*OURS, Forward("all@a.example", [f"u{i}@gmail.example" for i in range(1001)])],
            [*OURS, Forward("all@a.example", [f"u{i}@gmail.example" for i in range(1000)])],
            "all@a.example",
            "all@a.example expands to more than 1000 results",
        ),
        Example(chain(1001), chain(999), "u2@a.example", "u2@a.example needs 1000 hops or more"),
        Example(
            [
                *OURS,
                Forward("u@a.example", f"v+{'e' * 600}@a.example"),
                Forward("v@a.example", f"w+{'e' * 600}@a.example"),
            ],
            [
                *OURS,
                Forward("u@a.example", f"v+{'e' * 300}@a.example"),
                Forward("v@a.example", f"box+{'e' * 300}@a.example"),
            ],
            "u@a.example",
            "expands to an address of more than 1000 characters",
        ),
    ),
    "alias-loop": (
        Example(
            [
                Domain("host.example", "local"),
                Forward("a", "b", table="local"),
                Forward("b", ["a", OUT], table="local"),
            ],
            [
                Domain("host.example", "local"),
                Forward("a", ["a", "b"], table="local"),
                Forward("b", OUT, table="local"),
            ],
            "a",
            "the alias a comes back to itself: a -> b -> a",
        ),
    ),
    "dangling-destination": (
        Example(
            [*OURS, Forward("info@a.example", "gone@a.example")],
            [*OURS, Forward("info@a.example", "box@a.example")],
            "info@a.example",
            "info@a.example forwards to gone@a.example, which nobody here takes",
        ),
        Example(
            [*OURS, Forward("gone@a.example", "gone@a.example")],
            [*OURS, Forward("box@a.example", "box@a.example")],
            "gone@a.example",
            "keeps its mail but has no mailbox",
        ),
        Example(
            [
                *OURS,
                Domain("b.example"),
                Forward("@b.example", "@a.example"),
                Forward("i@a.example", "x@b.example"),
            ],
            [
                *OURS,
                Domain("b.example"),
                Forward("@b.example", "@a.example"),
                Forward("i@a.example", "box@b.example"),
            ],
            "i@a.example",
            "which nobody here takes; it becomes x@a.example",
        ),
        Example(
            [
                *OURS,
                Domain("b.example", "alias"),
                Mailbox("x@b.example"),
                Forward("i@a.example", "x@b.example"),
            ],
            [*OURS, Domain("b.example"), Mailbox("x@b.example"), Forward("i@a.example", "x@b.example")],
            "i@a.example",
        ),
    ),
    "unknown-domain": (
        Example(
            [Domain("kunde.example"), Forward("info@kunde.example", "joe@kudne.example")],
            [Domain("kunde.example"), Forward("info@kunde.example", "joe@anders.example")],
            "info@kunde.example",
            "did you mean kunde.example?",
        ),
        Example(
            [*OURS, Forward("a@a.example", OUT), Forward("@a.example", "@aa.example")],
            [*OURS, Forward("a@a.example", OUT), Forward("@a.example", "@gmail.example")],
            "@a.example",
            "did you mean a.example?",
        ),
        Example(
            [*OURS, Forward("x@a.example", "u@aa.example"), Forward("u@aa.example", "u@aa.example")],
            [
                *OURS,
                Forward("x@a.example", "u@aa.example"),
                Forward("u@aa.example", "u@aa.example"),
                Domain("aa.example"),
            ],
            "x@a.example",
        ),
    ),
    "swallowed-mailbox": (
        Example(
            [*OURS, Forward("@a.example", OUT)],
            [*OURS, Forward("@a.example", OUT), Forward("box@a.example", "box@a.example")],
            "box@a.example",
            "the catch-all @a.example takes the mail of the mailbox box@a.example",
        ),
        Example(
            [*OURS, Forward("@a.example", OUT)],
            [Domain("a.example"), Mailbox("box@a.example", shields=True), Forward("@a.example", OUT)],
            "box@a.example",
        ),
    ),
    "unreachable-mailbox": (
        Example(
            [Domain("a.example", "alias"), Mailbox("box@a.example")],
            [Domain("a.example", "alias"), Mailbox("box@a.example"), Forward("box@a.example", OUT)],
            "box@a.example",
            "its domain is of the class alias",
        ),
    ),
    "shadowed-row": (
        Example(
            [
                *OURS,
                DomainAlias("b.example", "a.example"),
                Forward("@a.example", "box@a.example"),
                Forward("@b.example", OUT),
            ],
            [*OURS, DomainAlias("b.example", "a.example"), Forward("@b.example", OUT)],
            "@b.example",
            "the catch-all @b.example is never asked: @a.example answers before it",
        ),
        Example(
            [*OURS, Forward("joe", OUT)],
            [*OURS, Domain("host.example", "local"), Forward("joe", OUT)],
            "joe",
            "no domain is the host's own",
        ),
        Example(
            [Domain("host.example", "local"), Forward("joe", OUT), Forward("joe@host.example", OUT)],
            [Domain("host.example", "local"), Forward("joe", OUT), Forward("ann@host.example", OUT)],
            "joe",
            "joe@host.example answers first",
        ),
        Example(
            [
                Domain("host.example", "local"),
                Forward("joe", OUT, table="local"),
                Forward("@host.example", OUT),
            ],
            [
                Domain("host.example", "local"),
                Forward("joe", OUT, table="local"),
                Forward("x@host.example", OUT),
            ],
            "joe",
            "@host.example takes its mail first",
        ),
        Example(
            [*OURS, Relocated("old@a.example"), Forward("old@a.example", OUT)],
            [*OURS, Relocated("old@a.example"), Forward("new@a.example", OUT)],
            "old@a.example",
            "is said to have moved, but old@a.example forwards its mail",
        ),
    ),
    "source-not-hosted": (
        Example(
            [*OURS, Forward("info@b.example", OUT)],
            [*OURS, Forward("info@b.example", OUT), Domain("b.example")],
            "info@b.example",
            "no source hosts b.example",
        ),
        Example(
            [*OURS, Forward("z@b.example", OUT), Forward("info@b.example", OUT)],
            [*OURS, Forward("z@b.example", OUT), Forward("info@b.example", OUT), Domain("b.example")],
            "info@b.example",
            "2 rows forward (info@b.example is the first)",
        ),
        Example(
            [*OURS, Mailbox("box@b.example")],
            [*OURS, Mailbox("box@b.example"), Domain("b.example")],
            "box@b.example",
            "its addresses count as external",
        ),
    ),
    "catch-all-external": (
        Example(
            [*OURS, Forward("@a.example", "info@a.example"), Forward("info@a.example", OUT)],
            [*OURS, Forward("@a.example", "box@a.example"), Forward("info@a.example", OUT)],
            "@a.example",
            "mail to any name at a.example leaves, to joe@gmail.example",
        ),
        Example(
            [*OURS, Forward("@a.example", "@gmail.example")],
            [*OURS, Domain("gmail.example"), Forward("@a.example", "@gmail.example")],
            "@a.example",
            "to *@gmail.example",
        ),
    ),
    "opaque-destination": (
        Example(
            [Domain("host.example", "local"), Forward("list", '"|/usr/bin/list post"', table="local")],
            [Domain("host.example", "local"), Forward("list", OUT, table="local")],
            "list",
            "the command",
        ),
    ),
    "autoreply-destination": (
        Example(
            [
                *OURS,
                Domain("autoreply.example", "autoreply"),
                Forward("box@a.example", "box#a@autoreply.example"),
            ],
            [*OURS, Domain("autoreply.example", "autoreply"), Forward("box@a.example", OUT)],
            "box@a.example",
            "box#a@autoreply.example",
        ),
        Example(
            [
                *OURS,
                Transport("autoreply.example", "autoreply"),
                Forward("box@a.example", "x@autoreply.example"),
            ],
            [
                *OURS,
                Transport("autoreply.example", "external"),
                Forward("box@a.example", "x@autoreply.example"),
            ],
            "box@a.example",
        ),
    ),
    "bare-destination": (
        Example(
            [*OURS, Forward("info@a.example", "joe")],
            [*OURS, Forward("info@a.example", "box@a.example")],
            "info@a.example",
            "info@a.example forwards to joe, which has no domain",
        ),
    ),
    "bad-source": (
        Example(
            [*OURS, Forward("in\nfo@a.example", OUT)], [*OURS, Forward("info@a.example", OUT)], "", "control"
        ),
    ),
    "bad-destination": (
        Example(
            [*OURS, Forward("info@a.example", f"{OUT}, joe@")],
            [*OURS, Forward("info@a.example", OUT)],
            "info@a.example",
            "a destination takes no part of info@a.example",
        ),
    ),
    "bad-domain": (
        Example([*OURS, Domain("a b.example")], [*OURS, Domain("b.example")], "", "does not count as hosted"),
    ),
    "bad-pattern": (
        Example([*OURS, Pattern("^(", OUT)], [*OURS, Pattern("^x$", "box@a.example")], "", "pattern"),
    ),
    "pattern-row": (
        Example(
            [*OURS, Pattern("^team-", OUT)],
            [*OURS, Pattern("^team-", "box@a.example")],
            "",
            "only those are on the list that some row names",
        ),
        Example([*OURS, Pattern("^team-(.*)", "$1@a.example")], [*OURS, Pattern("^team-", "box@a.example")]),
    ),
    "no-destination": (
        Example(
            [*OURS, Forward("info@a.example", " , ")],
            [*OURS, Forward("info@a.example", "box@a.example")],
            "info@a.example",
            "info@a.example forwards to nothing",
        ),
    ),
    "duplicate-row": (
        Example(
            [
                *OURS,
                Forward("info@a.example", OUT, origin=Origin("alias", "1")),
                Forward("info@a.example", "box@a.example", origin=Origin("alias", "2")),
            ],
            [*OURS, Forward("info@a.example", [OUT, "box@a.example"])],
            "info@a.example",
            "defined by 2 rows of one source",
        ),
    ),
    "suspended-domain": (
        Example(
            [*OURS, Domain("b.example", "suspended"), Forward("info@a.example", "joe@b.example")],
            [*OURS, Domain("b.example"), Forward("info@a.example", "joe@b.example")],
            "info@a.example",
            "b.example is suspended, yet a row uses it: info@a.example forwards to joe@b.example",
        ),
        Example(
            [
                *OURS,
                Domain("b.example", "suspended"),
                Forward("x@b.example", OUT),
                Forward("y@b.example", OUT),
            ],
            [*OURS, Domain("b.example", "suspended")],
            "x@b.example",
            "2 rows use it",
        ),
    ),
    "no-mailboxes": (
        Example(
            [Domain("a.example"), *(Forward(f"u{i}@a.example", f"v{i}@a.example") for i in range(30))],
            [*OURS, *(Forward(f"u{i}@a.example", f"v{i}@a.example") for i in range(30))],
            "",
            "30 destinations seem to lead nowhere",
        ),
    ),
    "delimiter-in-address": (
        Example(
            [*OURS, Forward("info+sales@a.example", OUT)],
            [*OURS, Forward("info-sales@a.example", OUT)],
            "info+sales@a.example",
            "info@a.example answers for every other extension",
        ),
    ),
    "remark": (
        Example(
            [*OURS, Remark("sieve-unread", "a script could not be read", "box@a.example")],
            OURS,
            "box@a.example",
            "a script could not be read",
        ),
    ),
}
"""Those of two sources, and those that need a very large or a very odd host, have tests of their own."""
