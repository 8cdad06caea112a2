"""The survey: every name that some row knows is decided, and the table says no more than it has to."""

from __future__ import annotations

from forwardresolve import Domain, DomainAlias, Forward, Mailbox, Pattern, Relocated, Transport
from hosts import entries_of, resolution_of

A, B = Domain("a.example"), Domain("b.example")
OUT = "x@ext.example"
TWIN = DomainAlias("al.example", "a.example")
RELAY = Domain("r.example", "relay")


def test_a_forwarding_to_outside_is_one_entry() -> None:
    assert entries_of(A, Forward("u@a.example", OUT)) == ["u@a.example"]


def test_an_address_that_stays_needs_no_entry() -> None:
    assert entries_of(A, Mailbox("box@a.example"), Forward("u@a.example", "box@a.example")) == []


def test_a_catch_all_to_outside_is_one_entry() -> None:
    resolution = resolution_of(A, Forward("@a.example", OUT))
    assert [*map(str, resolution.entries())] == ["@a.example"]
    assert resolution.catch_alls == {"a.example": ()}
    assert resolution.addresses == ()


def test_an_address_that_stays_is_an_exception_of_the_catch_all() -> None:
    resolution = resolution_of(
        A,
        Mailbox("box@a.example", shields=True),
        Forward("@a.example", OUT),
        Forward("v@a.example", "box@a.example"),
    )
    assert [*map(str, resolution.entries())] == ["@a.example", "box@a.example -", "v@a.example -"]
    assert resolution.catch_alls == {"a.example": ("box@a.example", "v@a.example")}


def test_a_mailbox_without_a_row_is_no_exception() -> None:
    resolution = resolution_of(A, Mailbox("box@a.example"), Forward("@a.example", OUT))
    assert resolution.catch_alls == {"a.example": ()}
    assert "box@a.example" in resolution


def test_an_address_that_leaves_beside_a_catch_all_is_listed_though_it_needs_no_entry() -> None:
    resolution = resolution_of(A, Forward("@a.example", OUT), Forward("u@a.example", OUT))
    assert resolution.addresses == ("u@a.example",)
    assert [*map(str, resolution.entries())] == ["@a.example"]


def test_a_catch_all_that_stays_is_none() -> None:
    resolution = resolution_of(
        A, Mailbox("box@a.example", shields=True), Forward("@a.example", "box@a.example")
    )
    assert resolution.catch_alls == {}
    assert [*resolution.entries()] == []


def test_the_twins_in_an_alias_domain_are_listed() -> None:
    resolution = resolution_of(A, TWIN, Forward("u@a.example", OUT))
    assert resolution.addresses == ("u@a.example", "u@al.example")


def test_an_alias_domain_shares_the_catch_all_of_its_target_and_the_exceptions() -> None:
    resolution = resolution_of(A, TWIN, Forward("@a.example", OUT), Mailbox("box@a.example", shields=True))
    assert resolution.catch_alls == {"a.example": ("box@a.example",), "al.example": ("box@al.example",)}


def test_the_catch_all_of_a_target_takes_what_an_own_row_names_with_an_extension() -> None:
    entries = entries_of(A, TWIN, Forward("@a.example", OUT), Forward("box@al.example", "box@b.example"), B)
    assert entries == ["@a.example", "@al.example", "box+*@al.example", "box@al.example -"]


def test_a_rewriting_domain_has_the_names_of_the_next() -> None:
    resolution = resolution_of(A, B, Forward("@a.example", "@b.example"), Forward("u@b.example", OUT))
    assert resolution.addresses == ("u@a.example", "u@b.example")


def test_a_chain_of_rewriting_domains_has_the_names_of_all() -> None:
    resolution = resolution_of(
        A,
        B,
        Domain("c.example"),
        Forward("@a.example", "@b.example"),
        Forward("@b.example", "@c.example"),
        Forward("@c.example", OUT),
        Forward("v@b.example", "v@b.example"),
    )
    assert resolution.catch_alls == {
        "a.example": ("v@a.example",),
        "b.example": ("v@b.example",),
        "c.example": (),
    }


def test_rows_of_a_domain_that_is_not_hosted_are_seen_through_a_rewriting_domain() -> None:
    resolution = resolution_of(
        A,
        Forward("@a.example", "@ext.example"),
        Forward("u@ext.example", "box@a.example"),
        Mailbox("box@a.example", shields=True),
    )
    assert resolution.catch_alls == {"a.example": ("box@a.example", "u@a.example")}
    assert resolution.addresses == ()


def test_an_extension_that_a_key_names_has_its_own_entry() -> None:
    resolution = resolution_of(A, Forward("u+e@a.example", OUT), Mailbox("u@a.example", shields=True))
    assert [*map(str, resolution.entries())] == ["u+e@a.example"]


def test_an_extension_that_stays_is_an_exception_of_its_base() -> None:
    entries = entries_of(A, Forward("u+e@a.example", "box@a.example"), Forward("u@a.example", OUT))
    assert entries == ["u+e@a.example -", "u@a.example"]


def test_a_key_further_on_decides_about_the_extension_of_an_address() -> None:
    entries = entries_of(A, Forward("u@a.example", "h@a.example"), Forward("h+t@a.example", OUT))
    assert entries == ["h+t@a.example", "u+t@a.example"]


def test_an_address_may_leave_only_with_an_extension_that_nobody_knows() -> None:
    entries = entries_of(
        A,
        Forward("u@a.example", "w+t@a.example"),
        Forward("w+t@a.example", "box@a.example"),
        Forward("w@a.example", OUT),
    )
    assert entries == ["u+*@a.example", "w+t@a.example -", "w@a.example"]


def test_an_address_may_stay_only_with_an_extension_that_nobody_knows() -> None:
    entries = entries_of(
        A,
        Forward("u@a.example", "h+t@a.example"),
        Forward("h+t@a.example", OUT),
        Mailbox("h@a.example", shields=True),
    )
    assert entries == ["h+t@a.example", "u+*@a.example -", "u@a.example"]


def test_any_extension_is_written_with_a_plus_whatever_the_delimiter() -> None:
    entries = entries_of(
        A,
        Forward("u@a.example", "w-t@a.example"),
        Forward("w-t@a.example", "box@a.example"),
        Forward("w@a.example", OUT),
        recipient_delimiter="-",
    )
    assert entries == ["u+*@a.example", "w-t@a.example -", "w@a.example"]


def test_without_a_delimiter_a_name_is_a_name() -> None:
    entries = entries_of(
        A,
        TWIN,
        Forward("u+e@a.example", OUT),
        Forward("u@a.example", "box@a.example"),
        recipient_delimiter="",
    )
    assert entries == ["u+e@a.example", "u+e@al.example"]


def test_an_extension_that_fares_like_all_others_needs_no_entry() -> None:
    resolution = resolution_of(A, Forward("u@a.example", OUT), Forward("u+e@a.example", OUT))
    assert [*map(str, resolution.entries())] == ["u@a.example"]
    assert resolution.addresses == ("u+e@a.example", "u@a.example")


def test_an_extension_may_miss_the_mailbox_that_keeps_the_copy() -> None:
    records = A, Mailbox("h+t@a.example"), Forward("u@a.example", f"h+t@a.example, {OUT}")
    assert entries_of(*records) == ["u@a.example"]
    assert entries_of(*records, kept_copy="ignore") == ["u+*@a.example"]


def test_a_self_row_of_a_domain_that_answers_automatically_leaves_where_that_counts() -> None:
    records = Domain("auto.example", "autoreply"), Forward("u@auto.example", "u@auto.example")
    assert entries_of(*records) == []
    assert entries_of(*records, autoreply="external") == ["@auto.example"]


def test_an_extension_may_spoil_a_route() -> None:
    entries = entries_of(
        A, Domain("host.example", "local"), Forward("u@a.example", "x%ext.example@host.example")
    )
    assert entries == ["u+*@a.example -", "u@a.example"]


def test_where_a_copy_leaves_only_mailboxes_make_a_difference_when_kept_copies_are_ignored() -> None:
    records = A, Mailbox("box@a.example"), Forward("@a.example", OUT, table="bcc")
    assert entries_of(*records) == ["@a.example"]
    assert entries_of(*records, kept_copy="ignore") == ["@a.example", "box@a.example -"]


def test_accounts_of_the_host_are_listed_in_each_local_domain() -> None:
    resolution = resolution_of(
        Domain("h.example", "local"),
        Domain("i.example", "local"),
        Forward("joe", OUT),
        Forward("ann", OUT, table="local"),
    )
    assert resolution.addresses == ("ann@h.example", "ann@i.example", "joe@h.example", "joe@i.example")


def test_bare_names_count_in_myorigin_too() -> None:
    resolution = resolution_of(
        A, B, Forward("joe", OUT), Forward("@b.example", "@a.example"), myorigin="a.example"
    )
    assert resolution.addresses == ("joe@a.example", "joe@b.example")


def test_what_canonical_rewrites_is_listed() -> None:
    resolution = resolution_of(
        A, Forward("old@a.example", "u@a.example", table="canonical"), Forward("u@a.example", OUT)
    )
    assert resolution.addresses == ("old@a.example", "u@a.example")


def test_an_extension_that_matters_behind_canonical_has_its_entry() -> None:
    entries = entries_of(
        A, Forward("old@a.example", "u@a.example", table="canonical"), Forward("u+e@a.example", OUT)
    )
    assert entries == ["old+e@a.example", "u+e@a.example"]


def test_what_is_copied_outside_is_listed() -> None:
    resolution = resolution_of(A, Mailbox("u@a.example"), Forward("u@a.example", OUT, table="bcc"))
    assert resolution.addresses == ("u@a.example",)


def test_an_address_that_has_moved_is_an_exception_of_the_domain() -> None:
    resolution = resolution_of(A, Transport("a.example", "external"), Relocated("old@a.example"))
    assert resolution.catch_alls == {"a.example": ("old@a.example",)}


def test_an_address_whose_transport_leads_outside_is_listed() -> None:
    resolution = resolution_of(A, Transport("u@a.example", "external"), Mailbox("u@a.example"))
    assert resolution.addresses == ("u@a.example",)


def test_a_self_row_whose_own_end_is_outside_is_listed() -> None:
    resolution = resolution_of(RELAY, Forward("u@r.example", "u@r.example"), relay="external")
    assert resolution.addresses == ("u@r.example",)
    assert resolution.catch_alls == {"r.example": ()}


def test_relay_domains_that_count_as_outside_take_their_subdomains_along() -> None:
    entries = entries_of(RELAY, A, Forward("u@r.example", "box@a.example"), relay="external")
    assert entries == ["@.r.example", "@r.example", "u@r.example -"]


def test_a_transport_of_the_subdomains_of_a_relay_domain_is_seen() -> None:
    assert entries_of(RELAY, Transport(".r.example", "external")) == ["@.r.example"]
    entries = entries_of(RELAY, Transport(".s.r.example", "mailbox"), relay="external")
    assert entries == ["@.r.example", "@.s.r.example -", "@r.example"]


def test_a_subdomain_of_a_relay_domain_that_only_a_row_names_has_its_names() -> None:
    entries = entries_of(
        RELAY,
        A,
        Forward("u@sub.r.example", "box@a.example"),
        Forward("@far.r.example", "box@a.example"),
        relay="external",
    )
    assert entries == ["@.r.example", "@far.r.example -", "@r.example", "u@sub.r.example -"]
    assert entries_of(RELAY, Forward("@sub.r.example", OUT, table="bcc")) == ["@sub.r.example"]


def test_only_hosted_addresses_are_listed() -> None:
    resolution = resolution_of(
        A,
        Domain("s.example", "suspended"),
        Forward("u@ext.example", OUT),
        Forward("u@s.example", OUT),
        Forward("@in.example", OUT),
        internal_domains=["in.example"],
    )
    assert [*resolution.entries()] == []


def test_a_hosted_domain_with_a_class_of_its_own_may_be_an_alias_domain_too() -> None:
    resolution = resolution_of(A, Domain("al.example"), TWIN, Forward("u@a.example", OUT))
    assert resolution.addresses == ("u@a.example", "u@al.example")


def test_the_table_is_sorted() -> None:
    resolution = resolution_of(
        A, B, *(Forward(f"{name}@{domain}.example", OUT) for name in "zax" for domain in "ba")
    )
    keys = [entry.key for entry in resolution.entries()]
    assert keys == sorted(keys) == [*resolution.addresses]


def test_every_known_name_under_a_leaving_catch_all_is_told_and_no_other() -> None:
    resolution = resolution_of(
        A,
        Forward("@a.example", OUT),
        Forward("ann@a.example", OUT),
        Forward("ann+list@a.example", OUT),
        Forward("bob+list@a.example", OUT),
    )
    assert resolution.addresses == ("ann+list@a.example", "ann@a.example", "bob+list@a.example")
    assert [*map(str, resolution.entries())] == ["@a.example"]


def test_a_domain_that_rewrites_and_forwards_does_not_keep_the_local_part() -> None:
    resolution = resolution_of(
        A,
        B,
        Forward("@a.example", "@b.example"),
        Forward("@a.example", OUT),
        Forward("u@b.example", "u@b.example"),
    )
    assert resolution.catch_alls == {"a.example": ()}
    assert resolution.verdict("u@a.example").reaches_external


def test_a_mailbox_that_a_pattern_answers_for_is_listed() -> None:
    pattern = Pattern(r"^sales-(.*)@a\.example$", "$1@ext.example", "pcre")
    resolution = resolution_of(A, Mailbox("sales-ann@a.example"), Mailbox("ben@a.example"), pattern)
    assert resolution.addresses == ("sales-ann@a.example",)
