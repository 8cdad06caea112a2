"""Records: plain values that take any text."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@given(st.text())
def test_a_record_takes_any_text(text: str) -> None:
    assert Forward(text, text).source == text
    assert Domain(text).name == Mailbox(text).address == Relocated(text).address == text
    assert DomainAlias(text, text).target == Transport(text, "external").key == text
    assert Pattern(text, text).pattern == Remark("odd", text).text == text


def test_a_record_never_changes() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        Forward("a@a.example", "x@b.example").source = "other"  # type: ignore[misc]  # that is the test


def test_equal_records_are_equal() -> None:
    assert Forward("a@a.example", ("x@b.example",)) == Forward("a@a.example", ("x@b.example",))
    assert len({Domain("a.example"), Domain("a.example"), Domain("a.example", "relay")}) == 2


def test_what_most_sources_mean_needs_no_argument() -> None:
    assert Domain("a.example").kind == "mailbox"
    assert Forward("a@a.example", "x@b.example").table == "virtual"
    assert not Mailbox("a@a.example").shields
    assert Pattern("^a", "x@b.example").syntax == "pcre"
    assert Site() == Site(recipient_delimiter=None, myorigin=None)


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        (Origin("alias", "id 7", "panel"), "panel: alias (id 7)"),
        (Origin("alias", source="panel"), "panel: alias"),
        (Origin("alias", "id 7"), "alias (id 7)"),
        (Origin("alias"), "alias"),
        (Origin(source="panel"), "panel"),
        (Origin(), ""),
    ],
)
def test_an_origin_says_what_it_knows(origin: Origin, said: str) -> None:
    assert str(origin) == said
