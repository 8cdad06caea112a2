"""A live resolution: one change after the other, each with what it does."""

from __future__ import annotations

from itertools import count
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from forwardresolve import (
    AddressError,
    Delta,
    Domain,
    DomainAlias,
    Entry,
    Forward,
    LiveResolution,
    Mailbox,
    Origin,
    findings,
    resolve,
)
from forwardresolve.explain import explain, explain_reverse, what_if
from forwardresolve.live import Difference, RemoveDomain, RemoveForwarding, SetForwarding
from forwardresolve.live.telling import Telling
from forwardresolve.live.upkeep import Upkeep
from forwardresolve.rspamd import artifacts
from hosts import graph_of

if TYPE_CHECKING:
    from forwardresolve.records import Record

A, B = Domain("a.example"), Domain("b.example")
OUT = "x@ext.example"


def live_of(*records: Record) -> LiveResolution:
    return LiveResolution(graph_of(*records))


def test_a_forwarding_that_begins_to_leave_appears_with_all_that_lead_to_it() -> None:
    live = live_of(A, Forward("u@a.example", "v@a.example"), DomainAlias("twin.example", "a.example"))
    delta = live.set_forwarding("V@a.example", OUT)
    listed = ("u@a.example", "u@twin.example", "v@a.example", "v@twin.example")
    assert delta == Delta(
        addresses=Difference(appear=listed), entries=Difference(appear=tuple(map(Entry, listed)))
    )
    assert live.addresses == listed
    assert live.remove_forwarding("v@a.example") == Delta(
        addresses=Difference(vanish=listed), entries=Difference(vanish=tuple(map(Entry, listed)))
    )
    assert not live.addresses


def test_a_catch_all_appears_with_its_exceptions() -> None:
    live = live_of(A, Forward("box@a.example", "box@a.example"))
    delta = live.set_forwarding("@a.example", OUT)
    assert delta.catch_alls == Difference(("a.example",))
    assert delta.exceptions == Difference(("box@a.example",))
    assert [*map(str, delta.entries.appear)] == ["@a.example", "box@a.example -"]
    assert live.catch_alls == {"a.example": ("box@a.example",)}


def test_an_entry_that_changes_its_sign_vanishes_and_appears() -> None:
    live = live_of(A, Forward("box@a.example", "box@a.example"), Forward("@a.example", OUT))
    delta = live.apply((RemoveForwarding("@a.example"), SetForwarding("box@a.example", OUT)))
    assert delta.entries == Difference(
        (Entry("box@a.example"),), (Entry("@a.example"), Entry("box@a.example", listed=False))
    )
    assert delta.addresses == Difference(("box@a.example",))


def test_a_change_that_changes_nothing_is_no_delta() -> None:
    live = live_of(A, Forward("u@a.example", OUT))
    assert not live.set_forwarding("u@a.example", "y@ext.example")
    assert not live.remove_forwarding("nobody@a.example")
    assert live.path("u@a.example") == ("u@a.example", "y@ext.example")


def test_domains_and_their_aliases_come_and_go() -> None:
    live = live_of(A, Forward("u@a.example", "v@b.example"))
    assert live.addresses == ("u@a.example",)
    assert live.set_domain("b.example").addresses == Difference(vanish=("u@a.example",))
    assert live.set_forwarding("v@b.example", OUT).addresses.appear == ("u@a.example", "v@b.example")
    assert live.set_domain_alias("c.example", "b.example").addresses.appear == ("v@c.example",)
    assert live.remove_domain_alias("c.example").addresses.vanish == ("v@c.example",)
    assert live.remove_domain("b.example").addresses.vanish == ("v@b.example",)


def test_a_mailbox_that_shields_stands_in_for_a_row() -> None:
    live = live_of(A, Forward("@a.example", OUT))
    assert not live.set_mailbox("box@a.example")
    assert live.set_mailbox("box@a.example", shields=True).exceptions.appear == ("box@a.example",)
    assert not live.remove_forwarding("box@a.example")
    assert live.set_forwarding("box@a.example", OUT).exceptions.vanish == ("box@a.example",)
    assert live.remove_forwarding("box@a.example").exceptions.appear == ("box@a.example",)
    assert live.remove_mailbox("box@a.example").exceptions.vanish == ("box@a.example",)
    assert live.catch_alls == {"a.example": ()}


def test_a_forwarding_outlives_the_mailbox_that_it_overrules() -> None:
    live = live_of(A, Mailbox("u@a.example", shields=True), Forward("u@a.example", OUT))
    assert not live.remove_mailbox("u@a.example")
    assert live.addresses == ("u@a.example",)
    live.remove_forwarding("u@a.example")
    assert "u@a.example" not in live.graph.rows.tables["virtual"]


def test_a_preview_says_what_would_change_and_changes_nothing() -> None:
    live = live_of(A, Forward("u@a.example", OUT), Forward("@a.example", "u@a.example"))
    before = live.addresses, live.catch_alls, [*live.entries()]
    changes = (RemoveForwarding("u@a.example"), RemoveDomain("a.example"))
    delta = live.preview(changes)
    assert delta.addresses.vanish == ("u@a.example",)
    assert (live.addresses, live.catch_alls, [*live.entries()]) == before
    assert live.apply(changes) == delta


@pytest.mark.parametrize(
    "change",
    [
        lambda live: live.set_forwarding("u@", OUT),
        lambda live: live.remove_forwarding(""),
        lambda live: live.set_mailbox("a b@c d"),
        lambda live: live.set_domain("-bad-"),
        lambda live: live.remove_domain(""),
        lambda live: live.set_domain_alias("c.example", "@"),
        lambda live: live.remove_domain_alias("@"),
        lambda live: live.apply([SetForwarding("v@a.example", OUT), RemoveDomain("")]),
        lambda live: live.preview([RemoveDomain("")]),
    ],
)
def test_what_names_no_address_is_refused_and_changes_nothing(change: object) -> None:
    live = live_of(A, Forward("u@a.example", OUT))
    with pytest.raises(AddressError):
        change(live)  # type: ignore[operator]  # a table of calls
    assert live.addresses == ("u@a.example",)


@pytest.mark.parametrize(("stopped", "method", "at"), [(Upkeep, "make", 2), (Telling, "__init__", 1)])
def test_what_is_stopped_in_the_middle_changes_nothing(
    stopped: type, method: str, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = live_of(A, Forward("u@a.example", OUT), Forward("v@a.example", "u@a.example"))
    changes = (
        RemoveForwarding("u@a.example"),
        SetForwarding("w@a.example", "v@a.example"),
        SetForwarding("root", OUT, "local"),
    )
    before = [*live.entries()]
    calls = count(1)
    do = getattr(stopped, method)

    def stop(*args: object) -> object:
        if next(calls) == at:
            raise KeyboardInterrupt
        return do(*args)

    with monkeypatch.context() as patch:
        patch.setattr(stopped, method, stop)
        with pytest.raises(KeyboardInterrupt):
            live.apply(changes)
    assert [*live.entries()] == before
    assert live.apply(changes).addresses.vanish == ("u@a.example", "v@a.example")


def test_what_is_no_change_is_refused() -> None:
    with pytest.raises(TypeError, match="'RemoveDomain' is no change"):
        live_of(A).apply(["RemoveDomain"])  # type: ignore[list-item]  # on purpose


def test_what_is_no_destination_is_left_out_and_told() -> None:
    live = live_of(A, Forward("u@a.example", "a b@@"))
    delta = live.set_forwarding("u@a.example", f"bob@, {OUT}")
    assert [(each.oddity, each.text) for each in delta.rejected] == [("bad-destination", "bob@")]
    assert delta.addresses.appear == ("u@a.example",)
    assert [each.text for each in live.graph.rows.rejected] == ["bob@"]
    assert [each.id for each in findings(live.graph, live) if each.severity == "warning"] == [
        "bad-destination"
    ]
    assert live.set_forwarding("u@a.example", "").rejected[0].oddity == "no-destination"
    assert live.addresses == ()
    assert live.remove_forwarding("u@a.example").rejected == ()
    assert live.graph.rows.rejected == []


def test_a_row_that_changes_keeps_its_origin_unless_another_is_given() -> None:
    panel, shell = Origin("alias", source="panel"), Origin("hand", source="shell")
    live = live_of(A, Forward("u@a.example", OUT, origin=Origin("alias")))
    virtual = live.graph.rows.tables["virtual"]
    live.set_forwarding("u@a.example", "y@ext.example")
    assert virtual.origin("u@a.example", "y@ext.example") == Origin("alias")
    live.set_forwarding("u@a.example", OUT, origin=panel)
    assert virtual.origin("u@a.example", OUT) == panel
    live.set_forwarding("v@a.example", OUT, origin=shell)
    live.set_mailbox("w@a.example", shields=True, origin=shell)
    assert virtual.origin("v@a.example", OUT) == virtual.origin("w@a.example", "w@a.example") == shell


def test_what_reads_a_resolution_reads_a_live_one() -> None:
    live = live_of(A, Forward("u@a.example", "v@a.example"))
    live.set_forwarding("v@a.example", OUT)
    full = resolve(graph_of(A, Forward("u@a.example", "v@a.example"), Forward("v@a.example", OUT)))
    assert str(explain(live, "u@a.example")) == str(explain(full, "u@a.example"))
    assert str(explain_reverse(live, OUT)) == str(explain_reverse(full, OUT))
    assert "u@a.example" in live
    assert not live.verdict("unknown@a.example").listed
    assert what_if(live, "u@a.example", without=[("v@a.example", OUT)]).no_longer_listed == live.addresses
    assert [each.content for each in artifacts(live)] == [each.content for each in artifacts(full)]


def test_readers_see_every_change_wholly_or_not_at_all() -> None:
    rows = [Forward(f"u{n}@a.example", "hub@a.example") for n in range(50)]
    live = live_of(A, *rows, Forward("hub@a.example", OUT))
    whole, seen, stop = live.addresses, set[int](), False

    def read() -> None:
        while not stop:
            with live.steady():
                listed = live.addresses
                assert ("u1@a.example" in live) == bool(listed)
                assert explain(live, "u1@a.example").verdict.listed == bool(listed)
                assert len([*live.entries()]) == len(listed)
            seen.add(len(live.addresses))
            live.verdict("u2@a.example")

    readers = [Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for _ in range(30):
        live.remove_forwarding("hub@a.example")
        live.set_forwarding("hub@a.example", OUT)
    stop = True
    for reader in readers:
        reader.join()
    assert seen <= {0, len(whole)}
    assert live.addresses == whole
