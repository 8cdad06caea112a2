"""The resolution: what a panel asks, and what it is told."""

from __future__ import annotations

import pytest

from forwardresolve import (
    AddressError,
    Domain,
    DomainAlias,
    Final,
    Forward,
    ForwardingGraph,
    Mailbox,
    Verdict,
    resolve,
)
from hosts import Choices, entries_of, resolution_of

A, B, RELAY, LOCAL = (
    Domain("a.example"),
    Domain("b.example"),
    Domain("r.example", "relay"),
    Domain("host.example", "local"),
)
OUT = "x@ext.example"
BOX = Mailbox("box@a.example")


def test_an_address_that_forwards_outside_is_listed() -> None:
    resolution = resolution_of(A, Forward("u@a.example", OUT))
    assert resolution.verdict("U@A.Example") == Verdict(
        address="u@a.example",
        hosted=True,
        listed=True,
        reaches_external=True,
        keeps_copy=False,
        status="ok",
        finals=(Final("external", OUT),),
    )
    assert resolution.addresses == ("u@a.example",)


def test_an_address_that_stays_here_is_not() -> None:
    verdict = resolution_of(A, BOX, Forward("u@a.example", "box@a.example")).verdict("u@a.example")
    assert (verdict.hosted, verdict.listed, verdict.reaches_external) == (True, False, False)
    assert verdict.finals == (Final("mailbox", "box@a.example"),)


def test_an_address_reaches_outside_over_other_forwardings() -> None:
    resolution = resolution_of(
        A,
        B,
        Forward("u@a.example", "v@b.example"),
        Forward("v@b.example", "w@a.example"),
        Forward("w@a.example", OUT),
    )
    assert resolution.addresses == ("u@a.example", "v@b.example", "w@a.example")
    assert resolution.path("u@a.example") == ("u@a.example", "v@b.example", "w@a.example", OUT)


def test_an_address_of_a_domain_that_is_not_hosted_is_its_own_end() -> None:
    verdict = resolution_of(A).verdict("someone@ext.example")
    assert (verdict.hosted, verdict.listed, verdict.reaches_external) == (False, False, True)
    assert verdict.finals == (Final("external", "someone@ext.example"),)


def test_an_address_of_a_domain_that_is_not_hosted_follows_the_row_that_takes_it() -> None:
    verdict = resolution_of(A, BOX, Forward("someone@ext.example", "box@a.example")).verdict(
        "someone@ext.example"
    )
    assert (verdict.hosted, verdict.reaches_external) == (False, False)


def test_a_bare_name_is_an_account_of_the_host() -> None:
    verdict = resolution_of(A).verdict("joe")
    assert (verdict.hosted, verdict.listed, verdict.finals) == (False, False, (Final("mailbox", "joe"),))


def test_a_bare_name_is_an_address_where_myorigin_is_known() -> None:
    verdict = resolution_of(A, Forward("joe@a.example", OUT), myorigin="a.example").verdict("Joe")
    assert (verdict.address, verdict.hosted, verdict.listed) == ("joe", True, True)


def test_a_dangling_destination_is_undeliverable_and_not_external() -> None:
    verdict = resolution_of(A, Forward("u@a.example", "nobody@a.example")).verdict("u@a.example")
    assert not verdict.reaches_external
    assert verdict.finals == (Final("undeliverable", "nobody@a.example"),)


def test_a_typo_in_a_domain_is_external() -> None:
    assert "u@a.example" in resolution_of(A, Forward("u@a.example", "box@a.exmaple"))


def test_an_address_in_a_loop_is_listed_when_some_way_leads_out() -> None:
    verdict = resolution_of(
        A, Forward("u@a.example", f"v@a.example, {OUT}"), Forward("v@a.example", "u@a.example")
    ).verdict("v@a.example")
    assert (verdict.status, verdict.listed) == ("loop", True)


def test_an_address_in_a_loop_without_a_way_out_is_not_listed() -> None:
    verdict = resolution_of(
        A, Forward("u@a.example", "v@a.example"), Forward("v@a.example", "u@a.example")
    ).verdict("u@a.example")
    assert (verdict.status, verdict.listed, verdict.finals) == ("loop", False, ())


def test_an_unknown_name_fares_as_the_catch_all_says() -> None:
    resolution = resolution_of(A, B, Mailbox("box@a.example", shields=True), Forward("@a.example", OUT))
    assert resolution.verdict("never-heard-of@a.example").listed
    assert not resolution.verdict("box@a.example").listed
    assert not resolution.verdict("box+e@a.example").listed
    assert not resolution.verdict("never-heard-of@b.example").listed


def test_a_domain_in_u_labels_and_in_a_labels_is_one() -> None:
    resolution = resolution_of(Domain("bücher.example"), Forward("u@xn--bcher-kva.example", OUT))
    assert "u@BÜCHER.example" in resolution
    assert resolution.addresses == ("u@xn--bcher-kva.example",)


def test_listed_means_in_the_resolution() -> None:
    resolution = resolution_of(A, Forward("u@a.example", OUT))
    assert "U@a.example" in resolution
    assert "u+e@a.example" in resolution
    assert "v@a.example" not in resolution
    assert OUT not in resolution


def test_what_is_no_address_is_not_listed() -> None:
    resolution = resolution_of(A, Forward("u@a.example", OUT))
    assert "u@" not in resolution
    assert 7 not in resolution


@pytest.mark.parametrize("text", ["", "u@", "u\0@a.example"])
def test_what_is_no_address_has_no_verdict_and_no_path(text: str) -> None:
    resolution = resolution_of(A)
    with pytest.raises(AddressError):
        resolution.verdict(text)
    with pytest.raises(AddressError):
        resolution.path(text)


# Each switch, both answers.


@pytest.mark.parametrize(
    ("choices", "listed"),
    [(Choices(), True), (Choices(kept_copy="list"), True), (Choices(kept_copy="ignore"), False)],
)
def test_an_address_that_keeps_a_copy_is_listed_unless_that_is_ignored(
    choices: Choices, *, listed: bool
) -> None:
    records = A, Mailbox("u@a.example"), Forward("u@a.example", f"u@a.example, {OUT}")
    verdict = resolution_of(*records, **choices).verdict("u@a.example")
    assert (verdict.reaches_external, verdict.keeps_copy, verdict.listed) == (True, True, listed)
    assert entries_of(*records, **choices) == (["u@a.example"] if listed else [])


def test_a_copy_counts_as_kept_only_where_mail_also_leaves() -> None:
    assert (
        not resolution_of(A, BOX, Forward("u@a.example", "box@a.example")).verdict("u@a.example").keeps_copy
    )


def test_a_catch_all_that_keeps_a_copy_is_left_to_its_mailbox_too() -> None:
    records = A, Mailbox("box@a.example", shields=True), Forward("@a.example", f"box@a.example, {OUT}")
    assert entries_of(*records) == ["@a.example", "box@a.example -"]
    assert entries_of(*records, kept_copy="ignore") == []


@pytest.mark.parametrize(
    ("records", "choices"),
    [
        ((A, RELAY, Forward("u@a.example", "y@r.example")), Choices(relay="external")),
        ((A, LOCAL, Forward("u@a.example", '"|filter"')), Choices(opaque="external")),
        (
            (A, Domain("auto.example", "autoreply"), Forward("u@a.example", "u@auto.example")),
            Choices(autoreply="external"),
        ),
    ],
    ids=["relay", "opaque", "autoreply"],
)
def test_an_end_counts_as_outside_only_where_its_switch_says_so(
    records: tuple[Domain | Forward, ...], choices: Choices
) -> None:
    assert not resolution_of(*records).verdict("u@a.example").listed
    assert resolution_of(*records, **choices).verdict("u@a.example").listed


def test_an_internal_domain_is_not_outside() -> None:
    records = A, Forward("u@a.example", "x@in.example")
    assert "u@a.example" in resolution_of(*records)
    assert "u@a.example" not in resolution_of(*records, internal_domains=["in.example"])


def test_equal_records_give_equal_answers_over_any_sources() -> None:
    one = resolution_of(A, B, DomainAlias("al.example", "a.example"), Forward("u@a.example", OUT))
    other = resolve(
        ForwardingGraph.from_sources(
            {"rows": [Forward("u@a.example", OUT)], "domains": [DomainAlias("al.example", "a.example"), B, A]}
        )
    )
    assert one.addresses == other.addresses == ("u@a.example", "u@al.example")
    assert [*one.entries()] == [*other.entries()]
