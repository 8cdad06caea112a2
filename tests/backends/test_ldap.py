"""The options of the backend ``ldap``: what does not fit together is refused before anything is sent."""

from __future__ import annotations

from typing import Any, Final

import pytest

from forwardresolve.errors import ConfigError
from forwardresolve.options import structure
from forwardresolve.sdk import Backend, Diagnosable, Secret, Versioned
from forwardresolve_backends.ldap import Ldap, Rule

RULES: Final = [{"keys": ["mail"], "values": ["goesTo"]}]
CLEAR: Final = {"url": "ldap://127.0.0.1", "tls": "none"}
PASSWORD: Final = "s3cret"  # noqa: S105 (of no server at all)


def made(**options: Any) -> Ldap:  # noqa: ANN401 (whatever TOML gives)
    return structure({"url": "ldaps://ldap.example", "rules": RULES, **options}, Ldap, "source.office")


def test_rules_come_from_the_table_of_a_source() -> None:
    backend = made(url=["ldaps://one.example", "ldapi:///run/ldapi"], hosted_domains=["a.example"])

    assert backend.layout().rules == (Rule(keys=("mail",), values=("goesTo",)),)
    assert backend.layout().lookup == "first"
    assert made(lookup="union", hosted_kind="local").layout().hosted_kind == "local"


def test_it_has_the_abilities_of_a_backend() -> None:
    assert isinstance(made(), Backend)
    assert isinstance(made(), Diagnosable)
    assert isinstance(made(), Versioned)


def rule(**options: Any) -> dict[str, Any]:  # noqa: ANN401 (whatever TOML gives)
    return {"rules": [{**RULES[0], **options}]}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"rules": []}, "source.office: there is nothing to read"),
        ({"url": "ldap.example"}, "source.office.url: must be ldaps://"),
        ({"url": []}, "source.office.url: must name at least one server"),
        ({**CLEAR, "url": "ldap://192.0.2.1"}, "source.office.url: .*nothing goes over the network in"),
        ({**CLEAR, "url": ["ldapi:///s", "ldap://ldap.example"]}, "nothing goes over the network in clear"),
        ({"url": "ldap://ldap.example", "tls": "ldaps"}, "does not go with"),
        ({"tls": "startls"}, "source.office.tls: .*did you mean starttls"),
        ({"bind_dn": "cn=r"}, "source.office.bind_password: .*bind_password is missing"),
        ({"bind_password": PASSWORD}, "source.office.bind_password: .*bind_dn is missing"),
        ({"bind_dn": "cn=r", "bind_password": ""}, "source.office.bind_password: is empty"),
        (
            {"bind_dn": "cn=r", "bind_password": PASSWORD, "sasl": "gssapi"},
            "source.office.sasl: takes the place",
        ),
        ({"sasl": "external"}, "needs a socket"),
        ({**CLEAR, "sasl": "external", "client_certificate": "x"}, "needs a socket"),
        ({"page_size": 0}, "source.office.page_size: must be more than 0"),
        ({"timeout": -1}, "source.office.timeout: must be more than 0"),
        ({"attempts": 0}, "source.office.attempts: must be more than 0"),
        ({"referals": "ignore"}, "referals: is not known; did you mean referrals?"),
        (rule(filter="(a"), r"rules\[0\].filter: .* is no filter"),
        (rule(match="a=%s"), r"rules\[0\].match: .* is no filter"),
        ({"rules": [{"keys": ["ma il"], "values": ["x"]}]}, r"rules\[0\].keys: 'ma il' is no name"),
        ({"rules": [{"keys": [], "values": ["x"]}]}, r"rules\[0\]: keys: must name an attribute"),
        ({"rules": [{"keys": ["mail"]}]}, r"rules\[0\]: values: a rule that yields destinations"),
        (
            rule(yields="mailbox"),
            r"rules\[0\]: values: a rule that yields mailbox has no destinations",
        ),
        (rule(values=[], dn_values=["x"]), r"rules\[0\]: leaf: dn_values and filter_values need"),
        (rule(match="(mail:caseExactMatch:=%s)"), r"rules\[0\].match: .* put that into filter"),
        (rule(value_format="x"), "must hold one of %s"),
        (rule(value_format="%x"), "must hold one of %s"),
        (rule(key_format="%s%s"), "must hold one of %s, %u and %d, once"),
    ],
)
def test_options_that_do_not_fit_are_refused_with_their_place(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        made(**options)
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"url": "ldap://192.0.2.1", "tls": "none", "allow_plaintext": True},
        {"url": "ldap://127.0.0.1", "tls": "none", "bind_dn": "cn=r", "bind_password": PASSWORD},
        {"url": "ldapi:///run/ldapi", "sasl": "external"},
        {"sasl": "external", "client_certificate": "own.pem", "client_key": "own.key"},
        {"sasl": "gssapi"},
        {"url": "ldap://ldap.example"},
    ],
)
def test_options_that_fit_are_taken(options: dict[str, Any]) -> None:
    assert made(**options)


def test_a_password_is_not_shown() -> None:
    assert PASSWORD not in repr(made(bind_dn="cn=r", bind_password=PASSWORD))
    assert made(bind_dn="cn=r", bind_password=PASSWORD).bind_password == Secret(PASSWORD)
