"""The map of the plugin profile."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from forwardresolve.addresses import quote_local
from forwardresolve.entries import Entry, exact_key
from forwardresolve.graph import ForwardingGraph
from forwardresolve.records import Domain
from forwardresolve.rspamd.artifact import map_artifact
from forwardresolve.rspamd.table import DELIMITER_KEY, table, table_lines
from rspamd.answers import Said
from rspamd.reader import read_map

_LOCALS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12) | st.text(
    st.sampled_from("ab\"/#\\ \t\n;{}*+-'@<>(),:.%ü\x0c\x00"), min_size=1, max_size=8
)
_DOMAINS = st.sampled_from(["a.example", "[192.0.2.1]", "under_score.b.example"])
_ADDRESSES = st.builds(lambda local, domain: f"{quote_local(local)}@{domain}", _LOCALS, _DOMAINS)


def _entries(*keys: str) -> list[tuple[str, str]]:
    return list(table(Said(table=tuple(map(Entry, keys)))))[1:]


def test_the_table_begins_with_the_delimiter() -> None:
    for delimiter, written in (("+", "delimiter: +\n"), ("#-", "delimiter: %23-\n"), ("", "delimiter:\n")):
        graph = ForwardingGraph.from_records([Domain("a.example")], recipient_delimiter=delimiter)
        assert list(table_lines(Said(graph=graph))) == [written]


def test_an_exception_has_a_value() -> None:
    answer = Said(table=(Entry("@a.example"), Entry("keep@a.example", listed=False)))
    assert "".join(table_lines(answer)) == "delimiter: +\n@a.example\nkeep@a.example -\n"


def test_keys_are_written_as_the_plugin_writes_recipients() -> None:
    assert _entries('"a b#c"@a.example', "ü%@a.example", '"x@y"@a.example', "u@[192.0.2.1]") == [
        ("a%20b%23c@a.example", ""),
        ("%c3%bc%25@a.example", ""),
        ("x%40y@a.example", ""),
        ("u@%5b192.0.2.1%5d", ""),
    ]


def test_a_star_is_no_part_of_the_name() -> None:
    assert _entries('"a b"+*@a.example', "u+*@a.example", "*@a.example") == [
        ("a%20b+*@a.example", ""),
        ("u+*@a.example", ""),
        ("%2a@a.example", ""),
    ]


def test_an_address_that_is_named_like_a_star_is_none() -> None:
    assert _entries(exact_key("u+*@a.example"), "u+*@a.example", '"a b+*"@a.example') == [
        ("u+%2a@a.example", ""),
        ("u+*@a.example", ""),
        ("a%20b+%2a@a.example", ""),
    ]


def test_a_domain_is_written_in_both_spellings() -> None:
    assert _entries("@.xn--mnchen-3ya.example", "u@xn--mnchen-3ya.example") == [
        ("@.xn--mnchen-3ya.example", ""),
        ("@.m%c3%bcnchen.example", ""),
        ("u@xn--mnchen-3ya.example", ""),
        ("u@m%c3%bcnchen.example", ""),
    ]


@given(st.lists(_ADDRESSES, unique=True, max_size=8))
def test_every_address_is_one_line_with_a_key_of_its_own(addresses: list[str]) -> None:
    answer = Said(table=tuple(map(Entry, addresses)))
    lines = "".join(table_lines(answer))
    read = read_map(map_artifact("table", lines).content)
    assert sorted(read) == sorted(table(answer))
    assert len({key for key, _ in read}) == len(addresses) + 1 == lines.count("\n")
    assert all(re.fullmatch(r"[!-~]+@[!-~]+", key) for key, _ in read if key != DELIMITER_KEY)
