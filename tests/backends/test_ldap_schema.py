"""What a server says about itself decides whether it can be asked by the rules."""

from __future__ import annotations

from typing import Any

import pytest

from backends.paper_directory import BASE, ROOT, paper, reader_of
from forwardresolve.sdk import BackendMisconfigured
from forwardresolve_backends._ldap_rules import Rule
from forwardresolve_backends._ldap_schema import Root, Schema

FORWARDS = Rule(keys=("mail",), values=("goesTo",))


def root_of(**said: Any) -> Root:  # noqa: ANN401 (values of attributes)
    connection = paper()
    connection.entries[""] = {
        name: [value.encode() for value in values] for name, values in {**ROOT, **said}.items()
    }
    return Root.read(reader_of(connection))


def test_a_root_says_where_a_directory_begins() -> None:
    assert root_of().default_context == BASE
    assert root_of(namingContexts=[BASE, "dc=y"]).default_context == ""
    assert root_of(namingContexts=[BASE, "dc=y"], defaultNamingContext=["dc=y"]).default_context == "dc=y"


def test_a_root_says_what_the_server_is() -> None:
    assert root_of().product == "OpenLDAP"
    assert root_of(vendorName=["389 Project"], vendorVersion=["2"]).product == "389 Project 2"
    assert root_of(structuralObjectClass=["other"]).product == ""


def test_a_root_that_shows_nothing_says_nothing() -> None:
    connection = paper()
    del connection.entries[""]

    assert Root.read(reader_of(connection)) == Root((), "", "cn=Subschema", "", "")


def test_the_state_is_that_of_the_contexts_that_are_read() -> None:
    connection = paper()
    reader = reader_of(connection)
    state = root_of().state(reader, [f"ou=deep,{BASE.upper()}"])

    assert state == "20260101000000.000000Z#000000#000#000000"
    assert root_of().state(reader, ["dc=elsewhere"]) == ""
    assert root_of(highestCommittedUSN=["7"]).state(reader, ["dc=elsewhere"]) == "7"
    assert root_of(lastChangeNumber=["8"]).state(reader, ["dc=elsewhere"]) == "8"
    del connection.entries[BASE]
    assert root_of().state(reader, [BASE]) == ""


def test_every_name_of_an_attribute_is_known() -> None:
    reader = reader_of(paper())
    schema = Schema.read(reader, Root.read(reader))

    assert schema.canonical("UserId") == schema.canonical("1.3.1") == "uid"
    assert schema.canonical("Unheard") == "unheard"
    assert "person" in schema.classes


@pytest.mark.parametrize(
    ("rule", "unknown"),
    [
        (FORWARDS, ()),
        (Rule(keys=("userid",), values=("goesTo",)), ()),
        (Rule(keys=("fax",), values=("telex",)), ("attribute fax", "attribute telex")),
        (Rule(yields="mailbox", keys=("mail",), filter="(!(fax=1))"), ("attribute fax",)),
        (Rule(yields="mailbox", keys=("mail",), match="(fax=%s)"), ("attribute fax",)),
        (Rule(yields="mailbox", keys=("mail",), filter="(objectClass=Person)"), ()),
        (Rule(yields="mailbox", keys=("mail",), filter="(objectClass=per*)"), ()),
        (Rule(yields="mailbox", keys=("mail",), filter="(objectClass:=robot)"), ()),
        (Rule(yields="mailbox", keys=("mail",), filter="(:dn:2.5.13.5:=x)"), ()),
        (
            Rule(yields="mailbox", keys=("mail",), filter="(!(objectClass=robot))"),
            ("object class robot",),
        ),
    ],
)
def test_what_a_server_has_never_heard_of_is_named(rule: Rule, unknown: tuple[str, ...]) -> None:
    reader = reader_of(paper())

    assert Schema.read(reader, Root.read(reader)).unknown(rule) == unknown


def test_a_schema_that_is_not_shown_is_an_error() -> None:
    connection = paper()
    del connection.entries["cn=schema"]
    reader = reader_of(connection)

    with pytest.raises(BackendMisconfigured, match="check_schema = false"):
        Schema.read(reader, Root.read(reader))
