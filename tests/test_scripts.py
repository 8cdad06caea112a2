"""Redirects of mailboxes count where mail comes to the mailbox, and nowhere else."""

from __future__ import annotations

import pytest

from forwardresolve import Domain, DomainAlias, Forward, LiveResolution, Mailbox, Origin
from forwardresolve.explain import what_if
from forwardresolve.live import SetMailbox
from forwardresolve.records import Pattern, Relocated, Transport
from hosts import graph_of, resolution_of

A = Domain("a.example")
HOST = Domain("host.example", "local")
OUT = "x@ext.example"
BOX = Mailbox("ann@a.example")
SCRIPT = Forward("ann@a.example", OUT, table="sieve")


def test_a_mailbox_that_redirects_is_listed() -> None:
    resolution = resolution_of(A, BOX, SCRIPT)
    assert resolution.addresses == ("ann@a.example",)
    assert not resolution.verdict("ann@a.example").keeps_copy
    assert resolution.path("ann+shop@a.example") == ("ann+shop@a.example", "x+shop@ext.example")


def test_a_script_that_keeps_mail_keeps_a_copy() -> None:
    resolution = resolution_of(A, BOX, Forward("ann@a.example", [OUT, "ann@a.example"], table="sieve"))
    assert resolution.verdict("ann@a.example").keeps_copy


def test_an_alias_that_takes_mail_from_the_mailbox_leaves_its_script_dead() -> None:
    taken = Forward("ann@a.example", "ben@a.example")
    assert resolution_of(A, BOX, SCRIPT, taken, Mailbox("ben@a.example")).addresses == ()


def test_an_alias_that_lists_the_mailbox_itself_lets_its_script_run() -> None:
    shared = Forward("ann@a.example", "ann@a.example, ben@a.example")
    resolution = resolution_of(A, BOX, SCRIPT, shared, Mailbox("ben@a.example"))
    assert resolution.addresses == ("ann@a.example",)
    assert {final.address for final in resolution.verdict("ann@a.example").finals} == {"ben@a.example", OUT}


def test_a_catch_all_takes_the_mail_of_a_mailbox_and_its_script_is_dead() -> None:
    resolution = resolution_of(
        A, BOX, SCRIPT, Forward("@a.example", "boss@a.example"), Mailbox("boss@a.example")
    )
    assert resolution.addresses == ()


def test_a_mailbox_that_shields_runs_its_script_under_a_catch_all() -> None:
    shielded = Mailbox("ann@a.example", shields=True)
    catch_all = Forward("@a.example", "boss@a.example")
    assert resolution_of(A, shielded, SCRIPT, catch_all).addresses == ("ann@a.example",)


def test_a_pattern_that_takes_the_mail_leaves_the_script_dead() -> None:
    taken = Pattern("^ann@", "boss@a.example")
    assert resolution_of(A, BOX, SCRIPT, taken).addresses == ()


@pytest.mark.parametrize("elsewhere", [Relocated("ann@a.example"), Transport("a.example", "undeliverable")])
def test_a_mailbox_that_no_mail_comes_to_runs_no_script(elsewhere: Relocated | Transport) -> None:
    assert resolution_of(A, BOX, SCRIPT, elsewhere).addresses == ()


def test_a_script_runs_under_a_domain_alias_and_in_a_list() -> None:
    resolution = resolution_of(
        A, BOX, SCRIPT, DomainAlias("twin.example", "a.example"), Forward("team@a.example", "ann@a.example")
    )
    assert resolution.addresses == (
        *("ann@a.example", "ann@twin.example"),
        *("team@a.example", "team@twin.example"),
    )


def test_two_scripts_that_redirect_to_each_other_end_nowhere_outside() -> None:
    back = Forward("ben@a.example", "ann@a.example", table="sieve")
    forth = Forward("ann@a.example", "ben@a.example", table="sieve")
    assert resolution_of(A, BOX, Mailbox("ben@a.example"), back, forth).addresses == ()


@pytest.mark.parametrize(
    ("alias", "listed"),
    [(None, True), ("ben", False), ("\\ann, ben", True), ("ann, ben", True)],
    ids=["none", "elsewhere", "with a copy", "itself"],
)
def test_the_script_of_an_account_runs_where_aliases_leave_it_mail(alias: str | None, listed: bool) -> None:  # noqa: FBT001 (a column of the table)
    rows = [Forward("ann", alias, table="local")] if alias else []
    script = Forward("ann@host.example", OUT, table="sieve")
    resolution = resolution_of(HOST, Mailbox("ann@host.example"), Mailbox("ben@host.example"), script, *rows)
    assert ("ann@host.example" in resolution) is listed


def test_an_answer_that_is_kept_up_to_date_lets_scripts_begin_and_end() -> None:
    catch_all, shield = Forward("@a.example", "boss@a.example"), Mailbox("ann@a.example", shields=True)
    live = LiveResolution(graph_of(A, BOX))
    assert live.set_forwarding("ann@a.example", OUT, table="sieve").addresses.appear == ("ann@a.example",)
    assert live.set_forwarding("@a.example", "boss@a.example").addresses.vanish == ("ann@a.example",)
    assert live.preview([SetMailbox("ann@a.example", shields=True)]).addresses.appear == ("ann@a.example",)
    assert live.addresses == ()
    live.set_mailbox("ann@a.example", shields=True)
    assert live.addresses == resolution_of(A, shield, SCRIPT, catch_all).addresses == ("ann@a.example",)
    assert live.set_forwarding("ann@a.example", "boss@a.example").addresses.vanish == ("ann@a.example",)
    live.remove_forwarding("ann@a.example")
    assert live.remove_forwarding("ann@a.example", table="sieve").addresses.vanish == ("ann@a.example",)
    assert live.graph.step("ann@a.example").lists_itself


def test_a_way_out_of_a_script_can_be_supposed_away() -> None:
    resolution = resolution_of(A, BOX, SCRIPT)
    assert what_if(resolution, "ann@a.example", without=[("ann@a.example", OUT)]).no_longer_listed == (
        "ann@a.example",
    )
    assert resolution.addresses == ("ann@a.example",)


def test_an_explanation_names_the_script() -> None:
    script = Forward("ann@a.example", OUT, "sieve", Origin("/var/mail/ann.sieve", "line 3"))
    graph = resolution_of(A, BOX, script).graph
    (arrow,) = graph.step("ann@a.example").arrows
    assert str(arrow.origin) == "/var/mail/ann.sieve (line 3)"
