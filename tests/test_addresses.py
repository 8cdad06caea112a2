"""Addresses: one spelling for each, and the extension off and on again."""

from __future__ import annotations

import pytest

from forwardresolve.addresses import (
    MAX_LENGTH,
    append_extension,
    domain_of,
    normalise,
    normalise_domain,
    quote_local,
    split_address,
    split_extension,
    unquote_local,
)
from forwardresolve.errors import AddressError


@pytest.mark.parametrize(
    "text",
    [
        "info@a.example",
        "Info@A.Example",
        "INFO@a.example.",
        "  info@a.example\n",
        "<info@a.example>",
        " < info@a.example > ",
        '"info"@a.example',
        '"in\\fo"@a.example',
        "info@ａ.example",  # noqa: RUF001 (full-width letters are what some people type)
    ],
)
def test_every_way_to_write_an_address_has_one_spelling(text: str) -> None:
    assert normalise(text) == "info@a.example"


@pytest.mark.parametrize("domain", ["bücher.example", "BÜCHER.example", "XN--bcher-KVA.example."])
def test_a_domain_is_written_in_a_labels(domain: str) -> None:
    assert normalise(f"info@{domain}") == "info@xn--bcher-kva.example"
    assert normalise_domain(domain) == "xn--bcher-kva.example"


def test_a_sharp_s_stays_itself_in_a_domain() -> None:
    assert normalise_domain("straße.example") == "xn--strae-oqa.example"


def test_a_local_part_outside_of_ascii_is_folded_too() -> None:
    assert normalise("JÜRGEN@a.example") == "jürgen@a.example"
    assert normalise("Straße@a.example") == normalise("STRASSE@a.example")


@pytest.mark.parametrize(
    ("text", "spelling"),
    [
        ('"in fo"@a.example', '"in fo"@a.example'),
        ("in fo@a.example", '"in fo"@a.example'),
        ('"IN FO"@a.example', '"in fo"@a.example'),
        ("a@b@c.example", '"a@b"@c.example'),
        ('"a\\"b"@a.example', '"a\\"b"@a.example'),
        ('"@a.example', '"\\""@a.example'),
        ('""@a.example', '""@a.example'),
        ("two words", '"two words"'),
    ],
)
def test_a_local_part_is_quoted_only_where_it_has_to_be(text: str, spelling: str) -> None:
    assert normalise(text) == spelling


def test_a_bare_name_and_a_catch_all_are_addresses() -> None:
    assert normalise("Joe") == "joe"
    assert normalise("@A.example") == "@a.example"


def test_an_address_literal_is_a_domain() -> None:
    assert normalise("info@[192.0.2.1]") == "info@[192.0.2.1]"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("<>", "empty"),
        ("info@", "no domain"),
        ("@", "no domain"),
        ("info@a..example", "no domain"),
        ("info@.example", "no domain"),
        ("info@a b", "no domain"),
        ("info@ö..example", "no domain"),
        (f"info@{'ö' * 70}.example", "no domain"),
        ("in\0fo@a.example", "control character"),
        ("in\tfo@a.example", "control character"),
        ("in\u2028fo@a.example", "control character"),
        ("in\x85fo@a.example", "control character"),
        ("\x1f@a.example", "control character"),
        ("\u2028@a.example", "control character"),
        (f"{'ß' * 600}@a.example", "longer than 1000"),
        (f"{'x' * MAX_LENGTH}@a.example", "longer than 1000"),
        (f"{'x' * MAX_LENGTH} @a.example", "longer than 1000"),
    ],
)
def test_what_is_no_address_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(AddressError, match=reason):
        normalise(text)


def test_a_long_text_is_cut_in_the_message() -> None:
    with pytest.raises(AddressError) as caught:
        normalise("x" * 1_000_000)
    assert len(str(caught.value)) < 200


def test_an_address_of_the_longest_length_passes() -> None:
    longest = "x" * (MAX_LENGTH - len("@a.example")) + "@a.example"
    assert normalise(longest) == longest


def test_an_address_has_a_local_part_and_a_domain() -> None:
    assert split_address('"a@b"@c.example') == ('"a@b"', "c.example")
    assert split_address("joe") == ("joe", "")
    assert domain_of("info@a.example") == "a.example"
    assert domain_of("joe") == ""


def test_quotes_go_off_and_on_again() -> None:
    assert unquote_local('"a\\"b"') == 'a"b'
    assert quote_local('a"b') == '"a\\"b"'
    assert unquote_local("plain") == quote_local("plain") == "plain"
    assert quote_local("") == '""'


@pytest.mark.parametrize(
    ("local", "delimiters", "expected"),
    [
        ("u+x", "+", ("u", "+x")),
        ("u", "+", ("u", "")),
        ("u+x", "", ("u+x", "")),
        ("u+x+y", "+", ("u", "+x+y")),
        ("u-x+y", "+-", ("u", "-x+y")),
        ("u+x-y", "+-", ("u", "+x-y")),
        ("u+x", "-", ("u+x", "")),
        ("u+", "+", ("u", "+")),
        ('"q u+x"', "+", ('"q u"', "+x")),
    ],
)
def test_the_first_of_the_delimiters_splits(local: str, delimiters: str, expected: tuple[str, str]) -> None:
    assert split_extension(local, delimiters) == expected


@pytest.mark.parametrize("local", ["+u", "+u+x", '"+u x"'])
def test_nothing_splits_that_would_leave_an_empty_name(local: str) -> None:
    assert split_extension(local, "+") == (local, "")


@pytest.mark.parametrize("local", ["mailer-daemon", "double-bounce", "postmaster"])
def test_the_names_of_the_mail_system_are_never_split(local: str) -> None:
    assert split_extension(local, "-o") == (local, "")


def test_such_a_name_with_an_extension_is_an_ordinary_one() -> None:
    assert split_extension("postmaster+x", "+") == ("postmaster", "+x")


@pytest.mark.parametrize("local", ["owner-list", "owner-list+x", "list-request", "li+st-request"])
def test_with_a_hyphen_the_names_of_a_list_are_not_split(local: str) -> None:
    assert split_extension(local, "+-") == (local, "")


def test_without_a_hyphen_the_names_of_a_list_are_split_like_others() -> None:
    assert split_extension("owner-list+x", "+") == ("owner-list", "+x")
    assert split_extension("li+st-request", "+") == ("li", "+st-request")


def test_a_request_name_with_an_extension_is_split() -> None:
    assert split_extension("x-request+y", "+-") == ("x", "-request+y")


@pytest.mark.parametrize(
    ("address", "extension", "expected"),
    [
        ("u@a.example", "+x", "u+x@a.example"),
        ("u+t@a.example", "+x", "u+t+x@a.example"),
        ("joe", "+x", "joe+x"),
        ('"q u"@a.example', "+x", '"q u+x"@a.example'),
        ("u@a.example", "+x y", '"u+x y"@a.example'),
    ],
)
def test_an_extension_goes_behind_the_local_part(address: str, extension: str, expected: str) -> None:
    assert append_extension(address, extension) == expected
