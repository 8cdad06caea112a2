"""The graph: one hop is looked up as Postfix looks it up, and every class of domain has its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forwardresolve import (
    AddressError,
    ConfigError,
    Domain,
    DomainAlias,
    Final,
    Forward,
    ForwardingGraph,
    Mailbox,
    Origin,
    Pattern,
    Relocated,
    Site,
    Transport,
)
from forwardresolve.errors import BackendDataError
from forwardresolve.settings import Settings
from hosts import graph_of

if TYPE_CHECKING:
    from forwardresolve.records import DomainKind, TransportKind
    from forwardresolve.settings import FinalKind, Policy

A, B, LOCAL = Domain("a.example"), Domain("b.example"), Domain("host.example", "local")


def onward(graph: ForwardingGraph, address: str) -> list[str]:
    """Return where one hop leads."""
    return [arrow.destination for arrow in graph.step(address).arrows]


def end(graph: ForwardingGraph, address: str) -> FinalKind | None:
    """Return what becomes of mail that ends at an address, if it does."""
    final = graph.step(address).final
    return final.kind if final else None


# How a row is found: virtual(5), TABLE SEARCH ORDER.


def test_the_exact_address_is_asked_first() -> None:
    graph = graph_of(A, Forward("u+e@a.example", "exact@x.example"), Forward("u@a.example", "base@x.example"))
    assert onward(graph, "u+e@a.example") == ["exact@x.example"]


def test_the_address_without_its_extension_is_asked_next() -> None:
    graph = graph_of(A, Forward("u@a.example", "base@x.example"), Forward("@a.example", "all@x.example"))
    assert onward(graph, "u+e@a.example") == ["base+e@x.example"]


def test_the_catch_all_is_asked_last() -> None:
    graph = graph_of(A, Forward("u@a.example", "base@x.example"), Forward("@a.example", "all@x.example"))
    assert onward(graph, "other+e@a.example") == ["all@x.example"]


def test_an_address_without_a_row_goes_nowhere() -> None:
    hop = graph_of(A, Forward("u@a.example", "x@x.example")).step("other@a.example")
    assert (hop.row, hop.arrows, hop.final) == ("", (), Final("undeliverable", "other@a.example"))


def test_a_hop_tells_table_row_and_extension() -> None:
    hop = graph_of(A, Forward("u@a.example", "x@x.example")).step("u+e@a.example")
    assert (hop.table, hop.row, hop.extension) == ("virtual", "u@a.example", "+e")


def test_an_arrow_tells_the_row_it_comes_from() -> None:
    graph = ForwardingGraph.from_sources(
        {"panel": [A, Forward("u@a.example", "x@x.example", origin=Origin("alias", "id 7"))]}
    )
    assert [str(arrow.origin) for arrow in graph.step("u@a.example").arrows] == ["panel: alias (id 7)"]


def test_a_bare_key_counts_in_a_local_domain() -> None:
    graph = graph_of(A, LOCAL, Forward("joe", "x@x.example"))
    assert onward(graph, "joe@host.example") == ["x@x.example"]
    assert onward(graph, "joe+e@host.example") == ["x+e@x.example"]
    assert onward(graph, "joe@a.example") == []


def test_a_bare_key_with_an_extension_is_asked_before_one_without() -> None:
    graph = graph_of(LOCAL, Forward("joe+e", "exact@x.example"), Forward("joe", "base@x.example"))
    assert onward(graph, "joe+e@host.example") == ["exact@x.example"]


def test_a_bare_key_is_asked_after_the_address_and_before_the_catch_all() -> None:
    graph = graph_of(
        LOCAL,
        Forward("ann@host.example", "address@x.example"),
        Forward("ann", "bare@x.example"),
        Forward("joe", "bare@x.example"),
        Forward("@host.example", "all@x.example"),
    )
    assert onward(graph, "ann@host.example") == ["address@x.example"]
    assert onward(graph, "joe@host.example") == ["bare@x.example"]
    assert onward(graph, "tom@host.example") == ["all@x.example"]


def test_a_bare_key_counts_in_myorigin_whatever_its_class() -> None:
    graph = graph_of(A, Forward("joe", "x@x.example"), myorigin="a.example")
    assert onward(graph, "joe@a.example") == ["x@x.example"]


def test_rows_of_domains_that_are_not_hosted_count_too() -> None:
    graph = graph_of(A, Forward("u@ext.example", "v@a.example"), Forward("@other.example", "w@a.example"))
    assert onward(graph, "u@ext.example") == ["v@a.example"]
    assert onward(graph, "u@other.example") == ["w@a.example"]


# Extensions.


def test_an_extension_goes_on_to_every_destination() -> None:
    graph = graph_of(A, Forward("u@a.example", "v@b.example, w+t@b.example, joe"))
    assert onward(graph, "u+e@a.example") == ["v+e@b.example", "w+t+e@b.example", "joe+e"]


def test_an_extension_that_the_key_names_goes_no_further() -> None:
    graph = graph_of(A, Forward("u+e@a.example", "v@b.example"))
    assert onward(graph, "u+e@a.example") == ["v@b.example"]


def test_an_extension_goes_no_further_than_a_catch_all() -> None:
    graph = graph_of(A, Forward("@a.example", "v@b.example"))
    assert onward(graph, "u+e@a.example") == ["v@b.example"]


def test_a_command_gets_no_extension() -> None:
    graph = graph_of(A, Forward("u@a.example", '"|filter"'))
    assert onward(graph, "u+e@a.example") == ['"|filter"']


def test_each_of_several_delimiters_begins_an_extension() -> None:
    graph = graph_of(A, Forward("u@a.example", "v@b.example"), recipient_delimiter="+-")
    assert onward(graph, "u-e+f@a.example") == ["v-e+f@b.example"]


def test_without_a_delimiter_there_are_no_extensions() -> None:
    graph = graph_of(A, Forward("u@a.example", "v@b.example"), recipient_delimiter="")
    assert onward(graph, "u+e@a.example") == []


# Patterns.


def test_a_pattern_is_asked_with_the_full_address_before_the_extension_goes() -> None:
    graph = graph_of(
        A, Forward("u@a.example", "base@x.example"), Pattern(r"^u(.*)@a\.example$", "p$1@x.example")
    )
    assert onward(graph, "u+e@a.example") == ["p+e@x.example"]
    assert onward(graph, "u@a.example") == ["base@x.example"]


def test_the_first_pattern_that_answers_wins() -> None:
    graph = graph_of(
        A,
        Pattern("^v@", "no@x.example"),
        Pattern("^u@", "x@a..b"),
        Pattern("^u@", "joe"),
        Pattern("^u@", "x@x.example"),
    )
    assert onward(graph, "u@a.example") == ["joe"]


def test_a_bare_name_that_a_pattern_gives_is_completed_with_myorigin() -> None:
    graph = graph_of(A, Pattern("^u@", "joe, |filter"), myorigin="a.example")
    assert onward(graph, "u@a.example") == ["joe@a.example", "|filter"]


def test_a_pattern_is_asked_for_virtual_aliases_only() -> None:
    graph = graph_of(
        A, LOCAL, Pattern("^u", "x@x.example"), Forward("v@a.example", "w@a.example", table="bcc")
    )
    assert [arrow.destination for arrow in graph.enter("u@a.example")] == ["u@a.example"]
    assert onward(graph, "u") == []


# Rewriting domains and alias domains.


def test_a_domain_as_destination_keeps_the_local_part_with_its_extension() -> None:
    graph = graph_of(A, B, Forward("@a.example", "@b.example"))
    assert onward(graph, "u+e@a.example") == ["u+e@b.example"]


def test_an_address_can_go_to_a_domain_and_keep_its_local_part() -> None:
    graph = graph_of(A, B, Forward("u@a.example", "@b.example"))
    assert onward(graph, "u@a.example") == ["u@b.example"]
    assert onward(graph, "u+e@a.example") == ["u+e@b.example"]


def test_a_rewriting_list_that_begins_with_a_domain_is_one_odd_address() -> None:
    graph = graph_of(A, B, Forward("@a.example", "@b.example, x@ext.example"))
    assert onward(graph, "u@a.example") == ['"u@b.example, x"@ext.example']


def test_a_domain_further_back_in_a_list_loses_the_local_part() -> None:
    graph = graph_of(A, B, Forward("@a.example", "x@ext.example, @b.example"))
    assert onward(graph, "u@a.example") == ["x@ext.example", '""@b.example']


def test_an_alias_domain_has_the_rows_of_its_target() -> None:
    graph = graph_of(A, DomainAlias("al.example", "a.example"), Forward("u@a.example", "x@x.example"))
    assert onward(graph, "u@al.example") == ["x@x.example"]
    assert onward(graph, "u+e@al.example") == ["x+e@x.example"]


def test_an_own_row_of_an_alias_domain_beats_that_of_its_target() -> None:
    graph = graph_of(
        A,
        DomainAlias("al.example", "a.example"),
        Forward("u@al.example", "own@x.example"),
        Forward("u@a.example", "target@x.example"),
    )
    assert onward(graph, "u@al.example") == ["own@x.example"]
    assert onward(graph, "u+e@al.example") == ["own+e@x.example"]


def test_the_catch_all_of_a_target_answers_an_extension_before_its_own_row_does() -> None:
    graph = graph_of(
        A,
        DomainAlias("al.example", "a.example"),
        Forward("u@a.example", "own@x.example"),
        Forward("u@al.example", "own@x.example"),
        Forward("@a.example", "all@x.example"),
    )
    assert onward(graph, "u@al.example") == ["own@x.example"]
    assert onward(graph, "u+e@al.example") == ["all@x.example"]


def test_the_catch_all_of_an_alias_domain_comes_after_that_of_its_target() -> None:
    records = A, DomainAlias("al.example", "a.example"), Forward("@al.example", "own@x.example")
    assert onward(graph_of(*records), "u@al.example") == ["own@x.example"]
    graph = graph_of(*records, Forward("@a.example", "all@x.example"))
    assert onward(graph, "u@al.example") == ["all@x.example"]


def test_an_alias_domain_stands_for_one_target_and_not_for_the_target_of_that() -> None:
    graph = graph_of(
        A,
        DomainAlias("al2.example", "al.example"),
        DomainAlias("al.example", "a.example"),
        Forward("u@a.example", "x@x.example"),
    )
    assert onward(graph, "u@al2.example") == []


# Rows that list themselves.


def test_a_row_that_lists_itself_keeps_a_copy() -> None:
    graph = graph_of(A, Forward("u@a.example", "u@a.example, x@x.example"), Mailbox("u@a.example"))
    assert onward(graph, "u@a.example") == ["x@x.example"]
    assert end(graph, "u@a.example") == "mailbox"


def test_an_extension_of_an_address_that_keeps_a_copy_keeps_one_too() -> None:
    graph = graph_of(A, Forward("u@a.example", "u@a.example, x@x.example"), Mailbox("u@a.example"))
    assert onward(graph, "u+e@a.example") == ["x+e@x.example"]
    assert end(graph, "u+e@a.example") == "mailbox"


def test_a_row_that_lists_only_itself_forwards_nothing() -> None:
    graph = graph_of(A, Forward("u@a.example", "u@a.example"), Forward("@a.example", "x@x.example"))
    assert onward(graph, "u@a.example") == []
    assert graph.step("u@a.example").row == "u@a.example"


def test_a_mailbox_without_a_row_is_taken_by_the_catch_all() -> None:
    graph = graph_of(A, Mailbox("u@a.example"), Forward("@a.example", "x@x.example"))
    assert onward(graph, "u@a.example") == ["x@x.example"]


def test_a_mailbox_that_shields_is_not() -> None:
    graph = graph_of(A, Mailbox("u@a.example", shields=True), Forward("@a.example", "x@x.example"))
    assert onward(graph, "u@a.example") == []
    assert onward(graph, "u+e@a.example") == []
    assert end(graph, "u@a.example") == "mailbox"


# Classes of domains and their ends.


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("mailbox", "undeliverable"),
        ("alias", "undeliverable"),
        ("local", "undeliverable"),
        ("relay", "relay"),
        ("autoreply", "autoreply"),
        ("discard", "discard"),
        ("suspended", "undeliverable"),
    ],
)
def test_an_unknown_user_ends_as_the_class_of_the_domain_says(kind: DomainKind, expected: FinalKind) -> None:
    graph = graph_of(Domain("d.example", kind), Domain("l.example", "local"), Mailbox("joe@l.example"))
    assert end(graph, "nobody@d.example") == expected


def test_a_mailbox_is_a_mailbox_with_and_without_an_extension() -> None:
    graph = graph_of(A, Mailbox("u@a.example"))
    assert (end(graph, "u@a.example"), end(graph, "u+e@a.example")) == ("mailbox", "mailbox")


def test_a_mailbox_can_take_a_whole_domain() -> None:
    assert end(graph_of(A, Mailbox("@a.example")), "u@a.example") == "mailbox"


def test_an_alias_domain_has_the_mailboxes_of_its_target() -> None:
    graph = graph_of(A, DomainAlias("al.example", "a.example"), Mailbox("u@a.example"))
    assert end(graph, "u@al.example") == "mailbox"
    assert end(graph, "v@al.example") == "undeliverable"


def test_a_mailbox_in_a_domain_of_alias_class_is_none() -> None:
    graph = graph_of(Domain("a.example", "alias"), A, Mailbox("u@a.example"))
    assert end(graph, "u@a.example") == "undeliverable"


def test_a_domain_that_nobody_hosts_is_external() -> None:
    assert end(graph_of(A), "u@typo.example") == "external"


def test_a_subdomain_of_a_hosted_domain_is_external() -> None:
    graph = graph_of(A, LOCAL, Domain("v.example", "alias"))
    assert [end(graph, f"u@sub.{name}") for name in ("a.example", "host.example", "v.example")] == [
        "external"
    ] * 3


def test_a_subdomain_of_a_relay_domain_is_a_relay_domain() -> None:
    graph = graph_of(Domain("r.example", "relay"))
    assert end(graph, "u@sub.r.example") == "relay"
    assert end(graph, "u@sub.sub.r.example") == "relay"
    assert end(graph, "u@otherr.example") == "external"
    assert graph.hosts("sub.r.example")


def test_an_internal_domain_is_ours_though_nobody_hosts_it() -> None:
    graph = graph_of(A, internal_domains=["In.Example"])
    assert end(graph, "u@in.example") == "mailbox"
    assert not graph.hosts("in.example")


def test_a_suspended_domain_is_ours_but_takes_no_mail() -> None:
    graph = graph_of(Domain("s.example", "suspended"))
    assert graph.kind("s.example") == "suspended"
    assert not graph.hosts("s.example")


def test_a_domain_alias_is_hosted() -> None:
    graph = graph_of(A, DomainAlias("al.example", "a.example"))
    assert graph.kind("al.example") == "mailbox"
    assert graph.hosts("al.example")


def test_a_bare_name_is_an_account_of_the_host() -> None:
    graph = graph_of(A)
    assert graph.step("joe").final == Final("mailbox", "joe")
    assert not graph.ends.accepts("joe")


def test_with_myorigin_a_bare_name_is_an_address_in_that_domain() -> None:
    graph = graph_of(A, myorigin="A.Example")
    assert [arrow.destination for arrow in graph.enter("joe")] == ["joe@a.example"]
    assert graph.ends.accepts("joe")


def test_an_unqualified_destination_is_external_where_myorigin_is_not_hosted() -> None:
    graph = graph_of(A, Forward("u@a.example", "joe"), myorigin="ext.example")
    assert onward(graph, "u@a.example") == ["joe@ext.example"]
    assert end(graph, "joe@ext.example") == "external"


@pytest.mark.parametrize("destination", ['"|filter -x"', "/var/spool/archive", ":include:/etc/members"])
def test_a_command_a_file_and_an_include_are_opaque(destination: str) -> None:
    graph = graph_of(LOCAL, Forward("joe", destination, table="local"))
    (onto,) = onward(graph, "joe")
    assert end(graph, onto) == "opaque"


# What a host knows beside virtual aliases.


@pytest.mark.parametrize(
    "kind", ["external", "relay", "mailbox", "undeliverable", "discard", "autoreply", "opaque"]
)
def test_a_transport_says_where_mail_for_a_domain_ends(kind: TransportKind) -> None:
    graph = graph_of(A, Transport("a.example", kind), Transport("ext.example", kind))
    assert end(graph, "u@a.example") == kind
    assert end(graph, "u@ext.example") == kind


def test_the_transport_of_an_address_beats_that_of_its_domain() -> None:
    graph = graph_of(
        A,
        Transport("u@a.example", "external"),
        Transport("a.example", "discard"),
        Transport(".example", "relay"),
    )
    assert end(graph, "u@a.example") == "external"
    assert end(graph, "u+e@a.example") == "external"
    assert end(graph, "v@a.example") == "discard"
    assert end(graph, "v@ext.example") == "relay"
    assert end(graph, "v@sub.sub.example") == "relay"


def test_a_transport_says_nothing_about_a_domain_of_alias_class() -> None:
    graph = graph_of(Domain("a.example", "alias"), Transport("a.example", "external"))
    assert end(graph, "u@a.example") == "undeliverable"


def test_a_forwarding_is_followed_before_a_transport() -> None:
    graph = graph_of(A, Forward("u@a.example", "v@b.example"), Transport("a.example", "external"))
    assert onward(graph, "u@a.example") == ["v@b.example"]


@pytest.mark.parametrize("key", ["old@a.example", "@a.example"])
def test_a_relocated_address_bounces(key: str) -> None:
    graph = graph_of(A, Mailbox("old@a.example"), Relocated(key), Transport("a.example", "external"))
    assert end(graph, "old@a.example") == "undeliverable"
    assert end(graph, "old+e@a.example") == "undeliverable"


def test_an_address_is_rewritten_by_canonical_before_aliases_are_looked_at() -> None:
    graph = graph_of(A, Forward("u@a.example", "v@a.example", table="canonical"))
    assert [arrow.destination for arrow in graph.enter("u+e@a.example")] == ["v+e@a.example"]
    assert onward(graph, "u@a.example") == []


def test_of_two_addresses_that_canonical_names_one_wins_whatever_the_order() -> None:
    rows = [Forward("u@a.example", f"{name}@a.example", table="canonical") for name in "vw"]
    assert graph_of(A, *rows).enter("u@a.example") == graph_of(A, *reversed(rows)).enter("u@a.example")


def test_canonical_rewrites_ten_times_at_most_and_stops_at_itself() -> None:
    chain = [Forward(f"u{n}@a.example", f"u{n + 1}@a.example", table="canonical") for n in range(20)]
    graph = graph_of(A, *chain, Forward("same@a.example", "same@a.example", table="canonical"))
    assert [arrow.destination for arrow in graph.enter("u0@a.example")] == ["u10@a.example"]
    assert [arrow.destination for arrow in graph.enter("same@a.example")] == ["same@a.example"]


def test_a_copy_by_bcc_is_made_of_the_rewritten_recipient_and_before_aliases() -> None:
    graph = graph_of(
        A,
        Forward("u@a.example", "v@a.example", table="canonical"),
        Forward("v@a.example", "copy@b.example", table="bcc"),
        Forward("v@a.example", "w@a.example"),
        Forward("w@a.example", "never@b.example", table="bcc"),
    )
    assert [arrow.destination for arrow in graph.enter("u@a.example")] == ["v@a.example", "copy@b.example"]
    assert onward(graph, "v@a.example") == ["w@a.example"]


def test_the_address_of_a_copy_is_rewritten_by_canonical_too() -> None:
    graph = graph_of(
        A,
        Forward("u@a.example", "copy@a.example", table="bcc"),
        Forward("copy@a.example", "x@ext.example", table="canonical"),
    )
    assert [arrow.destination for arrow in graph.enter("u@a.example")] == ["u@a.example", "x@ext.example"]


def test_a_copy_by_bcc_gets_no_extension() -> None:
    graph = graph_of(A, Forward("u@a.example", "copy@b.example", table="bcc"))
    assert [arrow.destination for arrow in graph.enter("u+e@a.example")] == [
        "u+e@a.example",
        "copy@b.example",
    ]
    assert [arrow.destination for arrow in graph.enter("v@a.example")] == ["v@a.example"]


def test_an_alias_domain_counts_for_virtual_aliases_only() -> None:
    graph = graph_of(
        A,
        DomainAlias("al.example", "a.example"),
        Forward("u@a.example", "v@a.example", table="canonical"),
        Forward("u@a.example", "copy@b.example", table="bcc"),
    )
    assert [arrow.destination for arrow in graph.enter("u@al.example")] == ["u@al.example"]


# aliases(5).


def test_aliases_of_the_host_are_asked_for_every_local_domain_and_no_other() -> None:
    graph = graph_of(A, LOCAL, Domain("l.example", "local"), Forward("joe", "x@x.example", table="local"))
    assert onward(graph, "joe@host.example") == ["joe"]
    assert onward(graph, "joe@l.example") == ["joe"]
    assert onward(graph, "joe") == ["x@x.example"]
    assert onward(graph, "joe@a.example") == []


def test_virtual_aliases_are_asked_before_aliases_of_the_host() -> None:
    graph = graph_of(LOCAL, Forward("joe", "v@x.example"), Forward("joe", "l@x.example", table="local"))
    assert onward(graph, "joe@host.example") == ["v@x.example"]


def test_an_extension_is_taken_off_for_aliases_of_the_host_and_goes_no_further() -> None:
    graph = graph_of(
        LOCAL, Forward("joe", "x@x.example", table="local"), Forward("ann+e", "y@x.example", table="local")
    )
    assert onward(graph, "joe+e@host.example") == ["joe+e"]
    assert onward(graph, "joe+e") == ["x@x.example"]
    assert onward(graph, "ann+e") == ["y@x.example"]
    assert onward(graph, "ann") == []


def test_an_alias_of_the_host_that_lists_itself_keeps_a_copy() -> None:
    graph = graph_of(LOCAL, Forward("joe", "joe, x@x.example", table="local"))
    assert onward(graph, "joe") == ["x@x.example"]
    assert end(graph, "joe") == "mailbox"


def test_a_backslash_before_a_name_protects_a_character_and_no_more() -> None:
    graph = graph_of(
        LOCAL, Forward("joe", "\\joe, \\ann", table="local"), Forward("ann", "x@x.example", table="local")
    )
    assert onward(graph, "joe") == ["ann"]
    assert end(graph, "joe") == "mailbox"


def test_a_local_address_that_lists_itself_is_delivered_by_aliases_of_the_host() -> None:
    graph = graph_of(
        LOCAL, Forward("joe@host.example", "joe@host.example"), Forward("joe", "x@x.example", table="local")
    )
    assert onward(graph, "joe@host.example") == ["joe"]


def test_what_an_alias_of_the_host_names_elsewhere_is_a_new_recipient() -> None:
    graph = graph_of(
        A,
        LOCAL,
        Forward("joe", "old@a.example, sent@host.example", table="local"),
        Forward("old@a.example", "new@a.example", table="canonical"),
        Transport("sent@host.example", "relay"),
    )
    assert onward(graph, "joe") == ["new@a.example", "sent@host.example"]


def test_an_address_in_a_local_domain_stays_an_account_of_the_host() -> None:
    graph = graph_of(LOCAL, Forward("joe", "ann@host.example, tom", table="local"))
    assert onward(graph, "joe") == ["ann", "tom"]


def test_a_bare_name_in_an_alias_of_the_host_is_completed_with_myorigin() -> None:
    records = A, LOCAL, Forward("joe", "ann", table="local")
    assert onward(graph_of(*records, myorigin="a.example"), "joe") == ["ann@a.example"]
    assert onward(graph_of(*records, myorigin="host.example"), "joe") == ["ann"]


def test_relocated_and_transport_are_asked_before_aliases_of_the_host() -> None:
    joe = LOCAL, Forward("joe", "x@x.example", table="local")
    assert end(graph_of(*joe, Transport("host.example", "relay")), "joe@host.example") == "relay"
    assert end(graph_of(*joe, Relocated("joe@host.example")), "joe@host.example") == "undeliverable"


def test_a_route_in_an_alias_of_the_host_is_followed() -> None:
    joe = Forward("joe", "u%ext.example@host.example, ann%host.example@host.example", table="local")
    assert onward(graph_of(LOCAL, joe), "joe") == ["u@ext.example", "ann"]


def test_accounts_are_the_same_in_every_local_domain() -> None:
    graph = graph_of(
        LOCAL,
        Domain("l.example", "local"),
        Mailbox("ann@host.example"),
        Forward("joe", "ann@l.example", table="local"),
    )
    assert onward(graph, "joe") == ["ann"]
    assert end(graph, "ann") == end(graph, "ann+e@l.example") == "mailbox"
    assert end(graph, "tom") == "undeliverable"


def test_where_a_source_names_accounts_an_unknown_one_is_undeliverable() -> None:
    assert end(graph_of(LOCAL), "joe@host.example") == "mailbox"
    graph = graph_of(LOCAL, A, Mailbox("u@a.example"), Mailbox("ann"), Mailbox("tom@host.example"))
    assert end(graph, "joe@host.example") == "undeliverable"
    assert end(graph, "ann@host.example") == "mailbox"
    assert end(graph, "tom+e@host.example") == "mailbox"


@pytest.mark.parametrize("local", ["user%ext.example", "ext.example!user"])
def test_a_route_is_honoured_in_a_local_domain_only(local: str) -> None:
    graph = graph_of(A, LOCAL, Forward(local, "never@x.example", table="local"))
    assert graph.step(f"{local}@host.example").final == Final("external", "user@ext.example")
    assert end(graph, f"{local}@a.example") == "undeliverable"


def test_an_address_that_begins_with_a_hyphen_is_refused() -> None:
    assert end(graph_of(A, Mailbox("-u@a.example")), "-u@a.example") == "undeliverable"
    assert end(graph_of(A), "-u@ext.example") == "undeliverable"


def test_a_quoted_local_part_that_is_no_route_has_no_account() -> None:
    graph = graph_of(LOCAL, Forward('"a@b c"', "x@x.example", table="local"))
    assert end(graph, '"a@b c"@host.example') == "undeliverable"


def test_a_route_is_refused_to_strangers() -> None:
    graph = graph_of(A, LOCAL)
    assert not graph.ends.accepts("user%ext.example@host.example")
    assert graph.ends.accepts("user@host.example")
    assert graph.ends.accepts("user%ext.example@a.example")
    assert not graph.ends.accepts("user@ext.example")


# Settings.


@pytest.mark.parametrize(
    ("switch", "kind"),
    [("relay", "relay"), ("opaque", "opaque"), ("lists", "list"), ("autoreply", "autoreply")],
)
def test_a_switch_makes_a_kind_of_end_count_as_outside(switch: str, kind: FinalKind) -> None:
    external: Policy = "external"
    assert not Settings().counts_as_outside(kind)
    assert Settings(**{switch: external}).counts_as_outside(kind)  # type: ignore[arg-type]  # a switch by name


@pytest.mark.parametrize("kind", ["mailbox", "undeliverable", "discard"])
def test_no_switch_makes_mail_that_stays_here_count_as_outside(kind: FinalKind) -> None:
    everything = Settings(relay="external", opaque="external", lists="external", autoreply="external")
    assert not everything.counts_as_outside(kind)
    assert everything.counts_as_outside("external")


def test_a_source_may_know_the_delimiter_and_myorigin() -> None:
    graph = graph_of(A, Site(recipient_delimiter="-", myorigin="A.Example"))
    assert (graph.settings.recipient_delimiter, graph.settings.myorigin) == ("-", "a.example")


def test_an_argument_beats_what_a_source_knows() -> None:
    graph = graph_of(A, Site(recipient_delimiter="-"), Site(recipient_delimiter="_"), recipient_delimiter="")
    assert graph.settings.recipient_delimiter == ""
    assert graph_of(A).settings.recipient_delimiter == "+"


def test_sources_that_disagree_need_a_decision() -> None:
    with pytest.raises(ConfigError, match="the sources disagree"):
        graph_of(Site(myorigin="a.example"), Site(myorigin="b.example"))


def test_a_setting_that_is_no_domain_is_refused() -> None:
    with pytest.raises(AddressError):
        graph_of(A, myorigin="a b")
    with pytest.raises(AddressError):
        graph_of(A, internal_domains=["a b"])


def test_sources_are_merged() -> None:
    graph = ForwardingGraph.from_sources(
        {
            "domains": [A],
            "rows": iter([Forward("u@a.example", "x@x.example")]),
            "more": [Forward("u@a.example", "y@x.example")],
        }
    )
    assert onward(graph, "u@a.example") == ["x@x.example", "y@x.example"]


def test_a_source_that_gives_something_else_is_named() -> None:
    with pytest.raises(BackendDataError, match="source panel gave"):
        ForwardingGraph.from_sources({"panel": ["no record"]})  # type: ignore[list-item]  # that is the test


# Kept copies.


def test_mail_stays_in_a_mailbox_and_where_a_hosted_row_lists_itself() -> None:
    graph = graph_of(A, Mailbox("box@a.example"), Forward("u@a.example", "u@a.example, x@x.example"))
    assert graph.keeps(graph.step("box@a.example"))
    assert graph.keeps(graph.step("u@a.example"))
    assert not graph.keeps(graph.step("nobody@a.example"))
    assert not graph.keeps(graph.step("x@x.example"))


def test_a_row_that_forwards_all_keeps_nothing() -> None:
    graph = graph_of(A, Forward("u@a.example", "x@x.example"), Forward("e@ext.example", "e@ext.example"))
    assert not graph.keeps(graph.step("u@a.example"))
    assert not graph.keeps(graph.step("e@ext.example"))


def test_a_copy_that_leaves_is_none() -> None:
    graph = graph_of(A, Forward("u@a.example", "u@a.example"), Transport("a.example", "external"))
    assert not graph.keeps(graph.step("u@a.example"))
