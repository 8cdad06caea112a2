"""The urls of a directory, and when what is said there stays secret."""

from __future__ import annotations

import pytest

from forwardresolve_backends._ldap_url import Address, TlsMode, parse_urls


@pytest.mark.parametrize(
    ("url", "tls", "expected"),
    [
        ("ldaps://ldap.example", None, ("ldap.example", 636, "ldaps")),
        ("ldaps://ldap.example:1636/", "ldaps", ("ldap.example", 1636, "ldaps")),
        ("ldap://ldap.example", None, ("ldap.example", 389, "starttls")),
        ("LDAP://[::1]:3389", "none", ("::1", 3389, "none")),
        ("ldapi:///run/ldapi", None, ("/run/ldapi", 0, "none")),
        ("ldapi://%2Frun%2Fldapi/", None, ("/run/ldapi", 0, "none")),
        ("ldapi://run/ldapi", "none", ("/run/ldapi", 0, "none")),
        ("ldapi://", None, ("/var/run/slapd/ldapi", 0, "none")),
    ],
)
def test_a_url_says_where_and_how(url: str, tls: TlsMode | None, expected: tuple[str, int, str]) -> None:
    (address,) = parse_urls(url, tls)

    assert (address.host, address.port, address.tls) == expected
    assert address.name == url


@pytest.mark.parametrize(
    ("url", "tls", "says"),
    [
        ([], None, "at least one server"),
        ("ldap.example", None, "must be ldaps://"),
        ("http://ldap.example", None, "must be ldaps://"),
        ("ldaps://user:secret@ldap.example", None, "without a user"),
        ("ldaps://ldap.example", "starttls", "does not go with"),
        ("ldap://ldap.example", "ldaps", "does not go with"),
        ("ldapi:///run/ldapi", "starttls", "knows no TLS"),
        ("ldaps://ldap.example:99999", None, "no number below 65536"),
        ("ldap://[::g]", None, "its host is none"),
        ("ldaps://", None, "must be a host"),
        ("ldaps://ldap.example/dc=x", None, "what to read stands in base"),
        ("ldaps://ldap.example?mail", None, "what to read stands in base"),
    ],
)
def test_a_url_that_does_not_fit_says_why(url: str | list[str], tls: TlsMode | None, says: str) -> None:
    with pytest.raises(ValueError, match=says) as caught:
        parse_urls(url, tls)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "port", "stays"),
    [
        ("/run/ldapi", 0, True),
        ("localhost", 389, True),
        ("127.0.0.7", 389, True),
        ("::1", 389, True),
        ("192.0.2.1", 389, False),
        ("localhost.example", 389, False),
    ],
)
def test_only_sockets_and_loopback_stay_on_this_machine(host: str, port: int, *, stays: bool) -> None:
    assert Address("", host, port, "none").stays_here is stays
