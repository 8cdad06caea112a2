"""Two names of one entry are one text, and names of two entries are two."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwardresolve_backends._ldap_dns import is_below, normalise_dn


@pytest.mark.parametrize(
    "dn",
    [
        "uid=anna,ou=people,dc=x",
        "UID=Anna, OU=People ,DC=X",
        "userid=anna;ou=people;dc=x",
        'uid="anna",ou=people,dc=x',
        r"uid=\61nna,ou=people,dc=x",
        r"uid=a\6e\6ea,ou=people,domainComponent=x",
    ],
)
def test_one_entry_has_one_name(dn: str) -> None:
    assert normalise_dn(dn) == "uid=anna,ou=people,dc=x"


@pytest.mark.parametrize(
    ("dn", "expected"),
    [
        ("", ""),
        ("  ", ""),
        (r"cn=Boer\, Jan,dc=x", r"cn=boer\, jan,dc=x"),
        (r"cn=Boer\2c Jan,dc=x", r"cn=boer\, jan,dc=x"),
        ('cn="Boer, Jan",dc=x', r"cn=boer\, jan,dc=x"),
        ("cn=a+uid=b,dc=x", "cn=a+uid=b,dc=x"),
        ("uid=b + cn=a,dc=x", "cn=a+uid=b,dc=x"),
        (r"cn=j\c3\bcrgen,dc=x", "cn=jürgen,dc=x"),
        ("cn=JÜRGEN  X,dc=x", "cn=jürgen x,dc=x"),
        (r"cn=a\ ,dc=x", "cn=a ,dc=x"),
        (r"cn=a\\ ,dc=x", r"cn=a\\,dc=x"),
        ("nonsense", "nonsense"),
    ],
)
def test_odd_names_keep_what_they_say(dn: str, expected: str) -> None:
    assert normalise_dn(dn) == expected


@given(st.text(max_size=40))
def test_any_text_has_a_name_that_stays(dn: str) -> None:
    assert isinstance(normalise_dn(dn), str)


def test_an_entry_lies_below_its_base() -> None:
    assert is_below("cn=a,dc=x", "dc=x")
    assert is_below("dc=x", "dc=x")
    assert is_below("dc=x", "")
    assert not is_below("dc=xx", "dc=x")
