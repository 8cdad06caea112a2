"""Destinations: a value splits as Postfix splits it."""

from __future__ import annotations

import pytest

from forwardresolve.addresses import FRESH
from forwardresolve.destinations import (
    glue,
    is_glued,
    is_opaque,
    normalise_destination,
    plain_destinations,
    route,
    split_destinations,
)
from forwardresolve.errors import AddressError

A, B, C = "a@x.example", "b@x.example", "c@x.example"


@pytest.mark.parametrize(
    "text",
    [
        f"{A}, {B}, {C}",
        f"{A},{B},{C}",
        f"{A} {B} {C}",
        f"{A}; {B}; {C};",
        f"{A}\n\t{B}\r\n{C}",
        f", ,{A} , ,{B},, {C} ,",
        f"{A},{B},{A},{C},{B}",
    ],
)
def test_comma_semicolon_blank_and_line_end_separate(text: str) -> None:
    assert split_destinations(text) == (A, B, C)


@pytest.mark.parametrize("text", ["", " ", ",", " ,;, ", "\\", "()"])
def test_a_value_without_a_destination_has_none(text: str) -> None:
    assert split_destinations(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        f"Joe <{A}>, {B}",
        f'"Doe, Joe" <{A}>; Ann (the other one) <{B}>',
        f"Joe Doe <{A}> <{B}>",
        f"<{A}><{B}",
    ],
)
def test_display_names_are_dropped(text: str) -> None:
    assert split_destinations(text) == (A, B)


@pytest.mark.parametrize("text", [f"{A} (comment)", f"(a (nested, one) here) {A}", f"{A} (unclosed, {B}"])
def test_comments_are_dropped(text: str) -> None:
    assert split_destinations(text) == (A,)


def test_the_members_of_a_group_are_destinations() -> None:
    assert split_destinations(f"friends: {A}, {B};") == (A, B)


def test_a_colon_without_a_group_belongs_to_the_word() -> None:
    assert split_destinations("friends:a@x.example") == ("friends:a@x.example",)
    assert split_destinations("a@b:c; x") == ("a@b:c", "x")


def test_the_hosts_of_a_source_route_are_dropped() -> None:
    assert split_destinations("<@relay.example,@b.example:a@x.example>") == (A,)


def test_blanks_around_the_at_sign_belong_to_the_address() -> None:
    assert split_destinations("a @ x.example, b@ x.example") == (A, B)


@pytest.mark.parametrize("text", ['"a, b"@x.example', '"a\\"b"@x.example', "a@[192.0.2.1]", '"unclosed, b'])
def test_quotes_and_brackets_hold_together(text: str) -> None:
    assert split_destinations(text) == (text,)


def test_a_backslash_protects_one_character() -> None:
    assert split_destinations("\\joe, jo\\,e") == ("joe", "jo,e")


def test_commands_files_and_includes_come_through() -> None:
    text = '"|/usr/bin/filter -a, -b", /var/spool/archive, :include:/etc/members'
    assert split_destinations(text) == (
        '"|/usr/bin/filter -a, -b"',
        "/var/spool/archive",
        ":include:/etc/members",
    )
    assert all(is_opaque(item) for item in split_destinations(text))


def test_an_address_that_only_begins_like_a_command_is_an_address() -> None:
    assert not is_opaque("|pipe@x.example")
    assert not is_opaque("joe")


def test_a_list_that_begins_with_a_domain_is_one_odd_address() -> None:
    value = normalise_destination("@b.example, X@Ext.example")
    assert value == "@b.example, x@ext.example"
    assert is_glued(value)
    assert glue("u", value) == ('"u@b.example, x"@ext.example',)
    assert glue('"q u"', value) == ('"q u@b.example, x"@ext.example',)


def test_what_such_a_list_makes_is_read_as_a_list_once_more() -> None:
    assert glue("u", "@b.example, x@c.example d@e.example") == ('"u@b.example, x@c.example d"@e.example',)
    assert glue("u", "@b.example, x@c.example, d") == ('"u@b.example, x"@c.example', "d")
    assert glue("u", "@b.example, x@c..example") == ()


def test_a_name_that_nobody_can_know_passes_such_a_list() -> None:
    assert glue(FRESH, "@b.example, x@c.example") == (f'"{FRESH}@b.example, x"@c.example',)


def test_a_domain_further_back_in_a_list_stays_apart() -> None:
    assert split_destinations("x@ext.example, @b.example") == ("x@ext.example", "@b.example")


def test_a_domain_alone_keeps_the_local_part() -> None:
    assert split_destinations("@b.example") == ("@b.example",)
    assert not is_glued("@b.example")
    assert glue("u", "@b.example") == ("u@b.example",)
    assert glue('"q u"', "@b.example") == ('"q u"@b.example',)


@pytest.mark.parametrize("item", ["user%host.example", "host.example!user", "Host.Example!User"])
def test_a_bare_route_is_the_address_that_it_means(item: str) -> None:
    assert normalise_destination(item) == "user@host.example"


@pytest.mark.parametrize("local", ["joe", "%host", "user%", "!user", "host!", "user%a..b"])
def test_half_a_route_is_a_name(local: str) -> None:
    assert route(local) == local


def test_a_quoted_address_as_local_part_is_a_route_too() -> None:
    assert route('"user@host.example"') == "user@host.example"


def test_the_last_percent_sign_of_a_route_is_the_next_host() -> None:
    assert route("user%b.example%c.example") == "user%b.example@c.example"


def test_an_opaque_destination_keeps_its_case() -> None:
    assert normalise_destination("/Var/Spool") == "/Var/Spool"


@pytest.mark.parametrize("item", ["x@", "x@a..b", "a@x.example>"])
def test_what_is_no_destination_is_refused(item: str) -> None:
    with pytest.raises(AddressError):
        normalise_destination(item)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A@x.example", (A,)),
        (f"{A}, {B},{C}", (A, B, C)),
        (f"{A},{A}", (A,)),
        (f"{A}; {B}", None),
        (f"Joe <{A}>", None),
        ("a@bücher.example", None),
        ("@b.example", None),
        ("joe", None),
        ("", None),
        (f"{'x' * 1000}@x.example", None),
        (f"{A},{'x' * 1000}@x.example", None),
    ],
)
def test_the_common_form_is_read_at_once_and_all_others_are_left(
    text: str, found: tuple[str, ...] | None
) -> None:
    assert plain_destinations(text) == found


def test_destinations_of_a_megabyte_are_split() -> None:
    count = 70_000
    assert len(split_destinations("; ".join(f"u{n}@x.example" for n in range(count)))) == count
    assert len(plain_destinations(",".join(f"u{n}@x.example" for n in range(count))) or ()) == count
