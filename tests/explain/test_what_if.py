"""What would change: said without touching a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings

from explain.hosts_explained import answer, six_hops
from findings.test_stuck import hosts
from forwardresolve import Domain, Forward, ForwardingGraph, Origin, resolve
from forwardresolve.errors import AddressError
from forwardresolve.explain import read_change, what_if

if TYPE_CHECKING:
    from forwardresolve.records import Record

OUT = "joe@gmail.example"


def test_a_forwarding_that_is_taken_away_frees_all_that_it_dragged_along() -> None:
    resolution = six_hops()

    change = what_if(
        resolution, "info@kunde.example", without=[("Anna@firma.example", "unterwegs+anna@firma.example")]
    )

    assert change.before.verdict.listed
    assert not change.after.verdict.listed
    assert change.newly_listed == ()
    assert change.no_longer_listed == (
        "@shop.example",
        "anna@firma.example",
        "info@kunde-shop.example",
        "info@kunde.example",
        "vertrieb@kunde-shop.example",
        "vertrieb@kunde.example",
    )
    assert "info@kunde.example" in resolution


def test_the_difference_is_told_before_the_tree() -> None:
    info = Forward("info@a.example", "box@a.example", origin=Origin("alias"))
    change = what_if(
        answer(info),
        "info@a.example",
        without=[("info@a.example", "box@a.example")],
        having=[("info@a.example", OUT), ("info@a.example", OUT)],
    )

    assert str(change).splitlines() == [
        "without info@a.example -> box@a.example",
        f"with info@a.example -> {OUT}",
        f"with info@a.example -> {OUT}",
        "",
        "now:  info@a.example is not listed: its mail stays, in the mailbox box@a.example.",
        f"then: info@a.example is listed: it forwards to {OUT}.",
        "",
        "1 entry comes onto the list: info@a.example",
        "",
        "info@a.example",
        f"└─> {OUT}: leaves  [supposed]",
    ]


def test_a_change_that_changes_nothing_says_so() -> None:
    told = str(what_if(answer(), "box@a.example", having=[("x@a.example", "box@a.example")])).splitlines()

    assert told[2:5] == [
        "Nothing changes for this address: box@a.example is not listed: its mail stays, in its own mailbox.",
        "",
        "The list stays as it is.",
    ]


def test_a_long_difference_is_cut_with_a_count() -> None:
    rows = [Forward(f"u{i:02}@a.example", "hub@a.example") for i in range(30)]
    resolution = answer(*rows, Forward("hub@a.example", OUT))

    told = str(what_if(resolution, "hub@a.example", without=[("hub@a.example", OUT)]))

    assert "31 entries leave the list: hub@a.example, u00@a.example" in told
    assert "u18@a.example and 11 more" in told


def test_the_other_arrows_keep_their_origins() -> None:
    rows = [
        Forward("info@a.example", "box@a.example", origin=Origin("alias", "1")),
        Forward("info@a.example", OUT, origin=Origin("alias", "2")),
    ]

    change = what_if(answer(*rows), "info@a.example", without=[("info@a.example", "box@a.example")])

    (arrow,) = change.after.steps[0].arrows
    assert str(arrow.origin) == "alias (2)"


def test_an_alias_of_the_host_is_changed_where_it_stands() -> None:
    host = (Domain("h.example", "local"), Forward("joe", "ann", table="local"))

    change = what_if(answer(*host), "joe@h.example", without=[("joe", "ann")], having=[("joe", OUT)])

    assert change.after.verdict.listed


def test_a_bare_name_of_virtual_aliases_is_changed_there() -> None:
    host = answer(Domain("h.example", "local"), Forward("joe", OUT))

    change = what_if(host, "joe@h.example", without=[("joe", OUT)])

    assert (change.before.verdict.listed, change.after.verdict.listed) == (True, False)


def test_a_bare_destination_is_completed() -> None:
    resolution = answer(Forward("info@a.example", "joe"), myorigin="gmail.example")

    assert what_if(resolution, "info@a.example", without=[("info@a.example", "joe")]).after.ways == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("info@a.example", "x@a.example"),
            f"info@a.example does not forward to x@a.example: it forwards to {OUT}",
        ),
        (("gone@a.example", OUT), "no row has this source"),
        (("in\nfo@a.example", OUT), "control character"),
        (("info@a.example", "joe@"), "no domain"),
        (("info@a.example", f"{OUT}, x@a.example"), "one destination"),
    ],
)
def test_a_forwarding_that_is_not_there_cannot_be_taken_away(change: tuple[str, str], message: str) -> None:
    with pytest.raises(AddressError, match=message):
        what_if(answer(Forward("info@a.example", OUT)), "info@a.example", without=[change])


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("info@a.example=joe@b.example", ("info@a.example", "joe@b.example")),
        ("srs0=x=y@a.example=joe@b.example", ("srs0=x=y@a.example", "joe@b.example")),
        ("@a.example=@b.example", ("@a.example", "@b.example")),
        ("joe=|cmd --x=y", ("joe", "|cmd --x=y")),
        ("info@a.example=srs0=x@b.example", ("info@a.example", "srs0=x@b.example")),
    ],
)
def test_a_change_is_read_as_the_command_line_has_it(text: str, change: tuple[str, str]) -> None:
    assert read_change(text) == change


@pytest.mark.parametrize("text", ["", "info@a.example", "=joe@b.example", "info@a.example="])
def test_a_text_that_is_no_change_is_refused(text: str) -> None:
    with pytest.raises(AddressError, match="SOURCE=DESTINATION"):
        read_change(text)


@given(hosts())
@settings(max_examples=20, deadline=None)
def test_a_supposed_change_is_what_the_changed_source_would_give(records: list[Record]) -> None:
    rows = [record for record in records if isinstance(record, Forward)]
    sources = [row.source for row in rows]
    assume(len(set(sources)) == len(sources))
    resolution = resolve(ForwardingGraph.from_records(records))
    virtual = resolution.graph.rows.tables["virtual"]
    key = next(iter(virtual))
    destination = (virtual.get(key) or (key,))[-1]

    new = ("new@a.example", key.lstrip("@"))

    change = what_if(resolution, "u@a.example", without=[(key, destination)], having=[new])

    changed: list[Record] = [record for record in records if not isinstance(record, Forward)]
    for each in virtual:
        ends = [end for end in virtual.get(each) or () if (each, end) != (key, destination)]
        changed += [Forward(each, ends)] if ends else []
    expected = resolve(ForwardingGraph.from_records([*changed, Forward(*new)]))
    before = {*resolution.addresses, *(f"@{domain}" for domain in resolution.catch_alls)}
    after = {*expected.addresses, *(f"@{domain}" for domain in expected.catch_alls)}
    assert change.newly_listed == tuple(sorted(after - before))
    assert change.no_longer_listed == tuple(sorted(before - after))
