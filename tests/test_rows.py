"""Rows: what all sources said, normalised and merged; what could not be a row is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from forwardresolve.addresses import normalise
from forwardresolve.errors import AddressError, BackendDataError, ConfigError
from forwardresolve.records import (
    Domain,
    DomainAlias,
    Forward,
    Mailbox,
    Origin,
    Pattern,
    Relocated,
    Remark,
    Site,
    Transport,
)
from forwardresolve.rows import Rejected, Rows

if TYPE_CHECKING:
    from forwardresolve.records import DomainKind, Record


def rows_of(*records: Record, myorigin: str | None = None) -> Rows:
    rows = Rows()
    rows.read("", records)
    rows.complete(myorigin)
    return rows


def row(rows: Rows, key: str, table: Any = "virtual") -> tuple[str, ...] | None:  # noqa: ANN401 (a table's name)
    return rows.tables[table].get(key)


def rejected(rows: Rows) -> list[tuple[str, str]]:
    return [(each.oddity, each.text) for each in rows.rejected]


def test_keys_and_destinations_are_written_in_one_spelling() -> None:
    rows = rows_of(Forward("Info@A.Example.", "X@Bücher.Example, <Y@b.example>"))
    assert row(rows, "info@a.example") == ("x@xn--bcher-kva.example", "y@b.example")


def test_a_sequence_of_texts_is_one_row() -> None:
    rows = rows_of(Forward("a@a.example", ["x@b.example, y@b.example", "z@b.example"]))
    assert row(rows, "a@a.example") == ("x@b.example", "y@b.example", "z@b.example")


@given(st.text(max_size=12), st.sampled_from(("a.example", "xn--bcher-kva.example", "[192.0.2.1]", "")))
def test_a_row_that_lists_its_own_key_is_read_as_any_other(local: str, domain: str) -> None:
    try:
        key = normalise(f"{local}@{domain}" if domain else local)
    except AddressError:
        reject()
    as_text, as_sequence = rows_of(Forward(key, key)), rows_of(Forward(key, [key]))
    assert as_text.rejected == as_sequence.rejected
    assert as_text.tables["virtual"].rows == as_sequence.tables["virtual"].rows


def test_forwards_of_one_address_unite() -> None:
    rows = rows_of(Forward("a@a.example", "x@b.example"), Forward("A@a.example", "y@b.example, x@b.example"))
    assert row(rows, "a@a.example") == ("x@b.example", "y@b.example")


def test_each_table_has_its_own_rows() -> None:
    rows = rows_of(
        Forward("a@a.example", "v@b.example"),
        Forward("a", "l@b.example", table="local"),
        Forward("a@a.example", "c@b.example", table="canonical"),
        Forward("a@a.example", "b@b.example", table="bcc"),
    )
    assert row(rows, "a@a.example") == ("v@b.example",)
    assert row(rows, "a", "local") == ("l@b.example",)
    assert row(rows, "a@a.example", "canonical") == ("c@b.example",)
    assert row(rows, "a@a.example", "bcc") == ("b@b.example",)


@pytest.mark.parametrize(
    ("kinds", "wins"),
    [
        (("mailbox", "alias"), "alias"),
        (("alias", "local"), "local"),
        (("relay", "mailbox"), "mailbox"),
        (("suspended", "relay"), "relay"),
        (("discard", "autoreply"), "autoreply"),
    ],
)
def test_of_two_classes_the_one_that_postfix_asks_first_wins(
    kinds: tuple[DomainKind, DomainKind], wins: DomainKind
) -> None:
    first, second = kinds
    for order in ((first, second), (second, first)):
        rows = rows_of(*(Domain("a.example", kind) for kind in order))
        assert rows.domains == {"a.example": wins}
        assert rows.domain_records == 2


def test_of_two_targets_of_an_alias_domain_one_wins_whatever_the_order() -> None:
    both = DomainAlias("al.example", "b.example"), DomainAlias("AL.example", "a.example")
    assert rows_of(*both).domain_aliases == rows_of(*reversed(both)).domain_aliases
    assert rows_of(*both).domain_aliases == {"al.example": "a.example"}


def test_a_bare_destination_is_completed_with_myorigin() -> None:
    rows = rows_of(Forward("a@a.example", "joe, x@b.example"), myorigin="o.example")
    assert row(rows, "a@a.example") == ("joe@o.example", "x@b.example")


def test_a_bare_destination_stays_bare_without_myorigin() -> None:
    assert row(rows_of(Forward("a@a.example", "joe")), "a@a.example") == ("joe",)


def test_a_command_is_never_completed() -> None:
    rows = rows_of(Forward("a@a.example", '"|filter"'), myorigin="o.example")
    assert row(rows, "a@a.example") == ('"|filter"',)


def test_a_domain_as_destination_of_an_address_keeps_its_local_part() -> None:
    assert row(rows_of(Forward("u@a.example", "@b.example")), "u@a.example") == ("u@b.example",)


def test_a_domain_as_destination_of_a_domain_stands_for_every_local_part() -> None:
    assert row(rows_of(Forward("@a.example", "@b.example")), "@a.example") == ("@b.example",)


def test_a_domain_further_back_in_a_list_has_no_local_part() -> None:
    rows = rows_of(
        Forward("u@a.example", "x@c.example, @b.example"), Forward("@a.example", "x@c.example, @b.example")
    )
    assert row(rows, "u@a.example") == ("x@c.example", '""@b.example')
    assert row(rows, "@a.example") == ("x@c.example", '""@b.example')


def test_a_domain_in_a_list_has_no_local_part_whichever_row_comes_first() -> None:
    both = Forward("@a.example", "@b.example"), Forward("@a.example", "x@c.example")
    assert set(row(rows_of(*both), "@a.example") or ()) == {'""@b.example', "x@c.example"}
    assert set(row(rows_of(*reversed(both)), "@a.example") or ()) == {'""@b.example', "x@c.example"}


def test_a_domain_named_twice_in_rows_of_one_key_is_still_alone() -> None:
    rows = rows_of(Forward("@a.example", "@b.example"), Forward("@a.example", "@B.example"))
    assert row(rows, "@a.example") == ("@b.example",)


def test_a_list_that_begins_with_a_domain_is_the_odd_address_that_postfix_makes() -> None:
    rows = rows_of(Forward("u@a.example", "@b.example, x@ext.example"))
    assert row(rows, "u@a.example") == ('"u@b.example, x"@ext.example',)


def test_a_shielding_mailbox_is_a_row_to_itself() -> None:
    rows = rows_of(Mailbox("bob@a.example", shields=True), Mailbox("ann@a.example"))
    assert rows.mailboxes.keys() == {"bob@a.example", "ann@a.example"}
    assert [*rows.tables["virtual"]] == ["bob@a.example"]


def test_a_shielding_mailbox_adds_nothing_to_its_forwarding() -> None:
    rows = rows_of(Mailbox("bob@a.example", shields=True), Forward("bob@a.example", "x@b.example"))
    assert row(rows, "bob@a.example") == ("x@b.example",)


def test_a_mailbox_of_a_whole_domain_shields_nothing() -> None:
    rows = rows_of(Mailbox("@a.example", shields=True))
    assert rows.mailboxes.keys() == {"@a.example"}
    assert len(rows.tables["virtual"]) == 0


def test_transports_are_known_by_domain_by_parent_and_by_address() -> None:
    rows = rows_of(
        Transport("A.example", "relay"),
        Transport(".B.example", "discard"),
        Transport("U@c.example", "external"),
    )
    assert rows.transports == {"a.example": "relay", ".b.example": "discard", "u@c.example": "external"}


def test_what_is_no_forwarding_is_kept_as_it_came() -> None:
    remark = Remark("odd", "It is odd.")
    rows = rows_of(remark, Relocated("Old@a.example"))
    assert (rows.remarks, [*rows.relocated]) == ([remark], ["old@a.example"])


def test_a_remark_names_its_source() -> None:
    rows = Rows()
    rows.read("panel", [Remark("odd", "It is odd."), Remark("odd", "Odd, too.", origin=Origin("alias", "7"))])
    assert [str(remark.origin) for remark in rows.remarks] == ["panel", "panel: alias (7)"]


def test_patterns_are_kept_in_order_with_their_origin() -> None:
    rows = Rows()
    rows.read(
        "panel", [Pattern("^b", "x@b.example"), Pattern("^a", "x@b.example", origin=Origin("rx", "line 2"))]
    )
    assert [pattern.expression.pattern for pattern in rows.patterns] == ["^b", "^a"]
    assert [str(pattern.origin) for pattern in rows.patterns] == ["panel", "panel: rx (line 2)"]


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (Forward("a@", "x@b.example"), ("bad-source", "a@")),
        (Mailbox("a@"), ("bad-source", "a@")),
        (Relocated("a@"), ("bad-source", "a@")),
        (Domain("a b"), ("bad-domain", "a b")),
        (DomainAlias("a b", "a.example"), ("bad-domain", "a b")),
        (DomainAlias("a.example", "a b"), ("bad-domain", "a b")),
        (Transport("a b", "relay"), ("bad-domain", "a b")),
        (Transport("u@", "relay"), ("bad-domain", "u@")),
        (Pattern("(", "x@b.example"), ("bad-pattern", "(")),
        (Forward("a@a.example", " , "), ("no-destination", "a@a.example")),
        (Forward("a@a.example", ()), ("no-destination", "a@a.example")),
        (Forward("a@a.example", "x@"), ("bad-destination", "x@")),
    ],
)
def test_what_is_no_address_takes_no_part_and_is_told(record: Record, expected: tuple[str, str]) -> None:
    rows = rows_of(record)
    assert rejected(rows) == [expected]
    assert not any(len(table) for table in rows.tables.values())
    assert not any((rows.domains, rows.domain_aliases, rows.mailboxes, rows.transports, rows.relocated))


def test_a_bad_destination_leaves_the_others_of_its_row() -> None:
    rows = rows_of(Forward("a@a.example", "x@, y@b.example"))
    assert row(rows, "a@a.example") == ("y@b.example",)
    assert rejected(rows) == [("bad-destination", "x@")]


def test_a_rejected_text_tells_row_reason_and_origin() -> None:
    rows = Rows()
    rows.read("panel", [Forward("a@a.example", "x@", origin=Origin("alias", "id 7"))])
    assert rows.rejected == [
        Rejected("bad-destination", "x@", "'' is no domain", "a@a.example", Origin("alias", "id 7", "panel"))
    ]


def test_the_origin_of_an_arrow_names_its_source() -> None:
    rows, shared = Rows(), Origin("alias")
    rows.read("panel", [Forward("a@a.example", "x@b.example", origin=shared)])
    rows.read(
        "file", [Forward("a@a.example", "y@b.example", origin=shared), Forward("b@a.example", "z@b.example")]
    )
    rows.complete(None)
    table = rows.tables["virtual"]
    assert str(table.origin("a@a.example", "x@b.example")) == "panel: alias"
    assert str(table.origin("a@a.example", "y@b.example")) == "file: alias"
    assert str(table.origin("b@a.example", "z@b.example")) == "file"


@pytest.mark.parametrize("odd", [None, "a row", ("a@a.example", "x@b.example")])
def test_something_that_is_no_record_stops_the_reading(odd: Any) -> None:  # noqa: ANN401 (that is the test)
    with pytest.raises(BackendDataError, match="source panel gave something that is no record"):
        Rows().read("panel", [odd])


@pytest.mark.parametrize("odd", [None, 7, b"a@a.example"])
def test_something_that_is_no_text_stops_the_reading(odd: Any) -> None:  # noqa: ANN401 (that is the test)
    for record in (Forward(odd, "x@b.example"), Forward("a@a.example", odd), Domain(odd), Mailbox(odd)):
        with pytest.raises(BackendDataError, match="source panel gave something that is no record"):
            Rows().read("panel", [record])


def test_a_table_that_nobody_knows_stops_the_reading() -> None:
    with pytest.raises(BackendDataError, match="the source gave something"):
        Rows().read("", [Forward("a@a.example", "x@b.example", table="virtaul")])  # type: ignore[arg-type]  # that is the test


def test_the_message_about_no_record_is_short() -> None:
    with pytest.raises(BackendDataError) as caught:
        Rows().read("panel", ["x" * 100_000])  # type: ignore[list-item]  # that is the test
    assert len(str(caught.value)) < 300


def test_sources_that_agree_about_the_site_are_believed() -> None:
    rows = rows_of(Site(recipient_delimiter="-"), Site(recipient_delimiter="-"), Site(myorigin="a.example"))
    assert rows.site("recipient_delimiter") == "-"
    assert rows.site("myorigin") == "a.example"


def test_nobody_knows_the_site_where_no_source_says_it() -> None:
    assert rows_of(Domain("a.example")).site("recipient_delimiter") is None


def test_sources_that_disagree_about_the_site_need_a_decision() -> None:
    with pytest.raises(
        ConfigError, match=r"resolve\.recipient_delimiter: the sources disagree \('' and '\+'\)"
    ):
        rows_of(Site(recipient_delimiter="+"), Site(recipient_delimiter="")).site("recipient_delimiter")
