"""Records as lines of JSON: nothing is lost on the way, and half a text is never taken for a whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwardresolve.errors import BackendDataError, BackendIncomplete
from forwardresolve.jsonlines import read_records, write_records
from forwardresolve.records import (
    Domain,
    DomainAlias,
    Forward,
    Mailbox,
    Origin,
    Pattern,
    Record,
    Relocated,
    Remark,
    Site,
    Transport,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TEXTS = st.text(max_size=8)
ORIGINS = st.none() | st.builds(Origin, TEXTS, TEXTS, TEXTS).filter(lambda each: each != Origin())
DESTINATIONS = st.lists(TEXTS, max_size=3).map(tuple)
RECORDS: st.SearchStrategy[Record] = st.one_of(
    st.builds(Domain, TEXTS, st.sampled_from(["mailbox", "alias", "local", "relay"]), ORIGINS),
    st.builds(DomainAlias, TEXTS, TEXTS, ORIGINS),
    st.builds(Mailbox, TEXTS, st.booleans(), ORIGINS),
    st.builds(Forward, TEXTS, DESTINATIONS, st.sampled_from(["virtual", "bcc"]), ORIGINS),
    st.builds(Pattern, TEXTS, DESTINATIONS, st.sampled_from(["regexp", "like"]), ORIGINS),
    st.builds(Transport, TEXTS, st.sampled_from(["external", "relay"]), ORIGINS),
    st.builds(Relocated, TEXTS, ORIGINS),
    st.builds(Site, st.none() | TEXTS, st.none() | TEXTS, ORIGINS),
    st.builds(Remark, TEXTS, TEXTS, TEXTS, ORIGINS),
)
FORWARD = Forward("info@a.example", "x@b.example", origin=Origin("alias", "7", "panel"))
END = '{"record": "end", "count": 0, "schema_version": 1}'


@given(st.lists(RECORDS, max_size=5))
def test_what_is_written_is_read_again(records: list[Record]) -> None:
    assert list(read_records(write_records(records))) == records


def test_a_line_is_the_record_and_its_fields() -> None:
    first, last = map(json.loads, write_records([FORWARD]))

    assert first == {
        "record": "forward",
        "source": "info@a.example",
        "destinations": ["x@b.example"],
        "table": "virtual",
        "origin": {"place": "alias", "key": "7", "source": "panel"},
    }
    assert last == {"record": "end", "count": 1, "schema_version": 1}


def test_an_origin_that_says_nothing_is_left_out() -> None:
    line = next(write_records([Domain("a.example", origin=Origin())]))

    assert json.loads(line) == {"record": "domain", "name": "a.example", "kind": "mailbox"}


def test_lines_are_written_as_records_come() -> None:
    def broken() -> Iterator[Record]:
        yield FORWARD
        raise ConnectionError

    lines = write_records(broken())

    assert '"forward"' in next(lines)
    with pytest.raises(ConnectionError):
        next(lines)


def test_a_reader_takes_a_text_for_destinations_and_fields_left_out() -> None:
    lines = ['{"record": "forward", "source": "a", "destinations": "b, c"}\n', END.replace("0", "1", 1)]

    assert list(read_records(lines)) == [Forward("a", "b, c")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 1: is no JSON object"),
        ("[]", "line 1: is no JSON object"),
        ("", "line 1: is no JSON object"),
        ("{}", "line 1: record is none of domain,"),
        ('{"record": ["forward"]}', "line 1: record is none of domain,"),
        ('{"record": "forwrd"}', "did you mean forward?"),
        ('{"record": "domain", "name": 3}', "line 1.name: must be a text, not an integer"),
        ('{"record": "domain", "nam": "x"}', "line 1.nam: is not known; did you mean name?"),
    ],
)
def test_a_line_that_is_no_record_is_named(line: str, said: str) -> None:
    with pytest.raises(BackendDataError) as caught:
        list(read_records([line, END]))
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        (lambda lines: lines[:-1], BackendIncomplete, "break off after 2: there is no closing line"),
        (lambda lines: lines[1:], BackendIncomplete, "1 records came, and the closing line counts 2"),
        (
            lambda lines: [*lines, lines[0]],
            BackendDataError,
            "line 4: something stands after the closing line",
        ),
        (lambda lines: [*lines[:2], '{"record": "end", "count": 2}'], BackendDataError, "schema_version 1"),
        (lambda _: [], BackendIncomplete, "there is no closing line"),
    ],
)
def test_half_a_text_is_never_taken_for_a_whole(
    change: Callable[[list[str]], list[str]], kind: type[Exception], said: str
) -> None:
    lines = list(write_records([FORWARD, FORWARD]))

    with pytest.raises(kind, match=said):
        list(read_records(change(lines)))
