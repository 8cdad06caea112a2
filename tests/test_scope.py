"""Which rows an address stands for."""

from __future__ import annotations

import pytest

from forwardresolve.scope import Scope
from forwardresolve.sdk import (
    Domain,
    DomainAlias,
    Forward,
    Mailbox,
    Pattern,
    Record,
    Relocated,
    Remark,
    Site,
    Transport,
)


@pytest.mark.parametrize(
    "record",
    [
        Forward("Info@A.example", "x@b.example"),
        Forward('"info"@a.example.', "x@b.example", "bcc"),
        Forward("@a.example", "x@b.example"),
        Mailbox(" info@A.example"),
        Relocated("<info@a.example>"),
        Transport("INFO@a.example", "relay"),
        Transport("A.example.", "relay"),
        Transport(".a.example", "relay"),
        Domain("A.EXAMPLE"),
        DomainAlias("a.example", "b.example"),
        Pattern("x", "y@b.example"),
        Site("+"),
    ],
)
def test_an_address_stands_for_its_rows_its_domain_and_what_names_no_address(record: Record) -> None:
    assert Scope.of(["info@a.example"]).covers(record)


@pytest.mark.parametrize(
    "record",
    [
        Forward("other@a.example", "info@a.example"),
        Forward("info@b.example", "info@a.example"),
        Forward("@b.example", "info@a.example"),
        Forward("info@a..example", "x@b.example"),
        Mailbox("info"),
        DomainAlias("b.example", "a.example"),
        Domain("b.example"),
        Transport("b.example", "relay"),
        Remark("odd", "Something is odd.", "info@a.example"),
    ],
)
def test_an_address_does_not_stand_for_the_rows_of_others(record: Record) -> None:
    assert not Scope.of(["info@a.example"]).covers(record)


@pytest.mark.parametrize("asked", ["@a.example", "a.example"])
def test_a_domain_stands_for_everything_in_it(asked: str) -> None:
    scope = Scope.of([asked])
    assert scope.covers(Forward("any@a.example", "x@b.example"))
    assert scope.covers(Domain("a.example"))
    assert not scope.covers(Forward("any@sub.a.example", "x@b.example"))
    assert not scope.covers(Forward("any", "x@b.example"))


def test_a_bare_name_stands_for_an_account_too() -> None:
    assert Scope.of(["root"]).covers(Forward("Root", "x@b.example", "local"))
    assert Scope.of(['"john doe"']).covers(Forward("john doe", "x@b.example", "local"))
