"""Filters are read as RFC 4515 has them, and asked of an entry as a server asks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwardresolve_backends._ldap_filters import (
    FilterError,
    all_of,
    any_of,
    comparisons_of,
    escape,
    matches,
    parse_filter,
    present,
    written,
)

ENTRY = {"mail": ["Info@A.Example", "b@a.example"], "cn": ["Jan  de Boer"], "n": ["5"]}


def passes(text: str, **fill_in: str) -> bool:
    placeholders = {f"%{name}": value for name, value in fill_in.items()}
    return matches(parse_filter(text), lambda name: ENTRY.get(name.casefold(), []), placeholders)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(mail=info@a.example)", True),
        ("(MAIL=INFO@a.example)", True),
        ("(mail;lang-de=info@a.example)", True),
        ("(mail=info)", False),
        ("(mail=*)", True),
        ("(fax=*)", False),
        ("(cn=jan de boer)", True),
        ("(cn=jan*boer)", True),
        ("(cn=jan*de*boer)", True),
        ("(cn=*de*)", True),
        ("(cn=*x*)", False),
        ("(cn=jan*x)", False),
        ("(cn=x*boer)", False),
        ("(cn=jan d*n d*boer)", False),
        ("(cn=*boer*de*)", False),
        ("(n>=5)", True),
        ("(n<=4)", False),
        ("(n~=5)", True),
        ("(!(fax=*))", True),
        ("(&(mail=*)(cn=*))", True),
        ("(&(mail=*)(fax=*))", False),
        ("(|(fax=*)(cn=*))", True),
        ("(|(fax=*)(!(cn=*)))", False),
        ("(mail=%s)", True),
        ("(mail=%u@%d)", True),
        ("(!(mail=%s))", False),
        (r"(mail=info\40a.example)", True),
        ("( & (mail=*) ( | (cn=*) (fax=*) ) )".replace("( &", "(&").replace("( |", "(|"), True),
    ],
)
def test_a_filter_is_asked_as_a_server_asks(text: str, expected: bool) -> None:  # noqa: FBT001 (a parameter)
    assert passes(text, s="info@a.example", u="info", d="a.example") is expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "its end is missing"),
        ("mail=*", r"a \( is missing"),
        ("(mail=*", r"a \) is missing"),
        ("(mail)", "no comparison"),
        ("(=x)", "no comparison"),
        ("(&)", "behind & there must be a filter"),
        ("(!(a=b)(c=d))", "behind ! there must be one filter"),
        ("(&(a=b)", r"its last \) is missing"),
        ("(&(a=b)x)", r"a \) is missing at 'x\)'"),
        ("(a=b)(c=d)", "something stands behind its end"),
        (r"(a=\4)", "without two hexadecimal digits"),
        ("(!" * 200 + "(a=b)" + ")" * 200, "nested deeper"),
    ],
)
def test_what_is_no_filter_says_why(text: str, says: str) -> None:
    with pytest.raises(FilterError, match=says):
        parse_filter(text)


def test_every_name_in_a_filter_is_found() -> None:
    extensible = "(userAccountControl:1.2.840.113556.1.4.803:=2)(:dn:2.5.13.5:=x)"
    text = f"(&(objectClass=a)(|(mail=*)(!(status>=5))){extensible})"
    found = list(comparisons_of(parse_filter(text)))

    assert [each.name for each in found] == ["objectClass", "mail", "status", "userAccountControl", ""]
    assert [each.is_presence for each in found] == [False, True, False, False, False]
    assert [each.parts is None for each in found] == [False, False, False, True, True]
    assert written(parse_filter(text)) == text


def test_filters_are_joined_without_what_is_empty() -> None:
    assert all_of("(a=1)", "", "(a=1)") == "(a=1)"
    assert all_of("(a=1)", "(b=2)") == "(&(a=1)(b=2))"
    assert any_of() == ""
    assert present(["a", "b"]) == "(|(a=*)(b=*))"


@given(st.text(st.characters(codec="utf-8", exclude_characters="%"), min_size=1))
def test_an_escaped_value_stands_for_itself(value: str) -> None:
    found = parse_filter(f"(cn={escape(value)})")

    assert next(comparisons_of(found)).parts == (value,)
    assert matches(found, lambda _: [value], {})
