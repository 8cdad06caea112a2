"""Columns are a contract, truth is portable, and an odd value is said, not lost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from forwardresolve.sdk import (
    BackendMisconfigured,
    Domain,
    Forward,
    Mailbox,
    Origin,
    Pattern,
    Record,
    Remark,
    Transport,
)
from forwardresolve_backends._sql_connection import Query, Row
from forwardresolve_backends._sql_records import (
    DOMAINS,
    FORWARDS,
    MAILBOXES,
    PATTERNS,
    TRANSPORTS,
    domains,
    forwards,
    mailboxes,
    patterns,
    transports,
)
from forwardresolve_backends._sql_rows import Rows, Switch, word

ORIGIN = Origin("alias")
QUERY = Query("SELECT", "queries.forwards", "")


def rows(*given: Row, columns: tuple[str, ...] = (), on: frozenset[str] | None = None) -> Rows:
    return Rows(ORIGIN, columns, iter([given[:1], given[1:]]), Switch(on))


def remarks(records: list[Record]) -> dict[str, str]:
    return {record.id: record.text for record in records if isinstance(record, Remark)}


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (True, "1"),
        (False, "0"),
        (1, "1"),
        (1.0, "1"),
        (1.5, "1.5"),
        (Decimal(1), "1"),
        ("1", "1"),
        (b"1", "1"),
        (b"\x01", "1"),
        (b"\x00", "0"),
        (b"\x01\x00", "256"),
        (b"", ""),
        (None, ""),
        (" Yes ", "yes"),
        (b"Y", "y"),
        (b"\xff", "\ufffd"),
    ],
)
def test_a_value_says_the_same_whatever_its_type(value: object, says: str) -> None:
    assert word(value) == says


@pytest.mark.parametrize(
    "value", [True, 1, 2, 1.0, "1", "y", "Y", "yes", "t", "true", "TRUE", "on", b"\x01", b"1"]
)
def test_what_commonly_switches_on_does(value: object) -> None:
    switch = Switch()
    assert switch[value]
    assert not switch.unknown


@pytest.mark.parametrize(
    "value", [False, 0, 0.0, "0", "n", "No", "f", "false", "off", "", None, b"\x00", b""]
)
def test_what_commonly_switches_off_does(value: object) -> None:
    switch = Switch()
    assert not switch[value]
    assert not switch.unknown


def test_active_values_replace_what_is_common() -> None:
    switch = Switch(frozenset({"0", "ok"}))
    assert [switch[value] for value in (0, "0", b"\x00", "OK", 1, "1", True, "locked")] == [True] * 4 + [
        False
    ] * 4
    assert not switch.unknown


def test_a_value_that_says_neither_is_off_and_said_once() -> None:
    found = list(forwards(rows(*((f"u{n}@a.example", "x@b.example", f"s{n % 7}") for n in range(50)))))
    assert list(remarks(found)) == ["unclear-active"]
    assert "'s0', 's1', 's2', 's3', 's4', ..." in remarks(found)["unclear-active"]
    assert len(found) == 1


def test_a_value_that_cannot_be_remembered_is_read_all_the_same() -> None:
    found = list(forwards(rows(("a@a.example", "x@b.example", ["t"]), ("b@a.example", "x@b.example", "t"))))
    assert Forward("b@a.example", "x@b.example", origin=ORIGIN) in found
    assert "\"['t']\"" in remarks(found)["unclear-active"]


def test_a_row_that_is_off_gives_no_record() -> None:
    given = rows(
        ("a@a.example", "x@b.example", 0), ("b@a.example", "x@b.example", 1), ("c@a.example", "x@b", None)
    )
    assert list(forwards(given)) == [Forward("b@a.example", "x@b.example", origin=ORIGIN)]


def test_all_records_of_a_query_share_one_origin() -> None:
    first, second = forwards(rows(("a@a.example", "x@b.example", 1), ("b@a.example", "x@b.example", 1)))
    assert not isinstance(first, Remark)
    assert first.origin is second.origin is ORIGIN


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        ("", ""),
        (b"x@b.example", "x@b.example"),
        (1001, "1001"),
        (["x@b.example", 7, None], ("x@b.example", "7", "")),
    ],
)
def test_a_destination_of_any_type_becomes_text(value: object, text: str | tuple[str, ...]) -> None:
    assert list(forwards(rows(("a@a.example", value, 1)))) == [Forward("a@a.example", text, origin=ORIGIN)]


def test_a_source_of_any_type_becomes_text_and_a_missing_one_is_left_to_the_graph() -> None:
    found = list(
        forwards(rows((b"a@a.example", "x@b.example", 1), (None, "x@b.example", 1), (5, "x@b.example", 1)))
    )
    assert [record.source for record in found if isinstance(record, Forward)] == ["a@a.example", "", "5"]


def test_a_text_that_is_not_utf8_is_replaced_and_said() -> None:
    found = list(
        forwards(rows((b"caf\xe9@a.example", "x@b.example", 1), (b"b@a.example", b"caf\xe9@b.example", 1)))
    )
    assert found[0] == Forward("caf\ufffd@a.example", "x@b.example", origin=ORIGIN)
    assert remarks(found)["not-utf8"].startswith("2 texts")


def test_a_forwarding_stands_in_the_table_its_row_names() -> None:
    given = rows(
        ("a@a.example", "x@b.example", "Canonical", 1),
        ("b@a.example", "x@b.example", None, 1),
        ("c@a.example", "x@b.example", "bcc", 0),
        columns=("source", "destination", "postfix_table", "active"),
    )
    assert list(forwards(given)) == [
        Forward("a@a.example", "x@b.example", "canonical", ORIGIN),
        Forward("b@a.example", "x@b.example", "virtual", ORIGIN),
    ]


def test_an_unknown_table_is_refused() -> None:
    given = rows(
        ("a@a.example", "x@b.example", "virtuel", 1),
        columns=("source", "destination", "postfix_table", "active"),
    )
    with pytest.raises(
        BackendMisconfigured,
        match=r"alias: the column postfix_table holds 'virtuel'; it must hold one of bcc, canonical, local, ",
    ):
        list(forwards(given))


def test_rows_that_name_their_place_share_an_origin_each() -> None:
    columns = ("source", "destination", "place", "active")
    given = rows(
        ("a@a.example", "x@b.example", "alias", 1),
        ("b@a.example", "x@b.example", b"alias", 1),
        ("c@a.example", "x@b.example", "spamalias", 1),
        ("d@a.example", "x@b.example", None, 1),
        columns=columns,
    )
    origins = [record.origin for record in forwards(given)]
    assert origins == [Origin("alias"), Origin("alias"), Origin("spamalias"), ORIGIN]
    assert origins[0] is origins[1]


def test_patterns_keep_the_order_of_their_rows_and_are_of_like_unless_they_say_otherwise() -> None:
    given = rows(
        ("sales-%@a.example", "x@b.example", None, "alias", 1),
        ("^old-", "y@b.example,z@b.example", "PCRE", "alias", 1),
        ("%@a.example", "x@b.example", "like", "alias", 0),
        columns=(*PATTERNS.needed, "syntax", "place", "active"),
    )
    assert list(patterns(given)) == [
        Pattern("sales-%@a.example", "x@b.example", "like", Origin("alias")),
        Pattern("^old-", "y@b.example,z@b.example", "pcre", Origin("alias")),
    ]


def test_an_unknown_syntax_is_refused() -> None:
    given = rows(("%", "x@b.example", "glob", 1), columns=("pattern", "destination", "syntax", "active"))
    with pytest.raises(BackendMisconfigured, match="syntax holds 'glob'; it must hold one of like, pcre"):
        list(patterns(given))


def test_transports_say_where_mail_goes() -> None:
    given = rows(
        ("a.example", "Relay", 1),
        ("list@a.example", "opaque", 1),
        ("b.example", "relay", 0),
        columns=(*TRANSPORTS.needed, "active"),
    )
    assert list(transports(given)) == [
        Transport("a.example", "relay", ORIGIN),
        Transport("list@a.example", "opaque", ORIGIN),
    ]


def test_a_transport_needs_a_kind_that_is_known() -> None:
    with pytest.raises(BackendMisconfigured, match="the column kind holds 'smtp:'; it must hold one of auto"):
        list(transports(rows(("a.example", "smtp:", 1), columns=(*TRANSPORTS.needed, "active"))))


def test_a_switched_off_domain_is_suspended() -> None:
    given = rows(
        ("a.example", "relay", 1), ("b.example", None, True), ("c.example", "relay", 0), (None, "ALIAS", 1)
    )
    assert list(domains(given)) == [
        Domain("a.example", "relay", ORIGIN),
        Domain("b.example", "mailbox", ORIGIN),
        Domain("c.example", "suspended", ORIGIN),
        Domain("", "alias", ORIGIN),
    ]


def test_an_unknown_kind_of_domain_is_refused() -> None:
    with pytest.raises(
        BackendMisconfigured, match="the column kind holds 'hosted'; it must hold one of alias, "
    ):
        list(domains(rows(("a.example", "hosted", 1))))


def test_mailboxes_shield_where_their_row_says_so() -> None:
    given = rows(("a@a.example", "t", 1), ("b@a.example", 0, 1), columns=("address", "shields", "active"))
    assert list(mailboxes(given)) == [
        Mailbox("a@a.example", shields=True, origin=ORIGIN),
        Mailbox("b@a.example", origin=ORIGIN),
    ]


def test_mailboxes_do_not_shield_by_themselves() -> None:
    given = rows(("a@a.example", 1), ("b@a.example", 0), columns=("address", "active"))
    assert list(mailboxes(given)) == [Mailbox("a@a.example", origin=ORIGIN)]


def test_columns_are_brought_into_the_order_of_the_contract() -> None:
    assert FORWARDS.arrange(("active", "postfix_table", "destination", "source"), QUERY) == (
        "source",
        "destination",
        "postfix_table",
        "active",
    )
    assert MAILBOXES.arrange(("active", "address"), QUERY) == ("address", "active")


@pytest.mark.parametrize(
    "columns",
    [
        ("source", "destination"),
        ("source", "active"),
        ("source", "goto", "active"),
        ("source", "destination", "active", "comment"),
        ("source", "source", "destination", "active"),
        (),
    ],
)
def test_columns_that_break_the_contract_are_refused(columns: tuple[str, ...]) -> None:
    with pytest.raises(BackendMisconfigured) as raised:
        FORWARDS.arrange(columns, QUERY)
    assert str(raised.value).startswith(
        f"queries.forwards gives the columns {', '.join(columns)}; it must give source, destination, active "
        "and may give postfix_table, place, each once"
    )


def test_a_contract_without_optional_columns_says_so() -> None:
    with pytest.raises(BackendMisconfigured, match="it must give domain, kind, active, each once"):
        DOMAINS.arrange(("domain",), QUERY)
