"""How addresses are written into maps, read back by the rules of Rspamd's parser."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwardresolve.addresses import quote_local
from forwardresolve.rspamd.artifact import map_artifact
from forwardresolve.rspamd.lines import (
    LONGEST_PATTERN,
    address_lines,
    is_unseen,
    obstacle,
    pattern_lines,
    seen,
    spellings,
)
from rspamd.reader import read_map

_DOMAINS = st.sampled_from(["a.example", "xn--mnchen-3ya.example", "[192.0.2.1]", "under_score.b.example"])
_LOCALS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs", "Cc")), max_size=12)
_AWKWARD = st.text(st.sampled_from("ab\"/#\\ \t\n;{}*+-'@<>(),:.ü\x0c\x00"), max_size=8)
_ADDRESSES = st.builds(lambda local, domain: f"{quote_local(local)}@{domain}", _LOCALS | _AWKWARD, _DOMAINS)


def _read(addresses: tuple[str, ...]) -> list[tuple[str, str]]:
    return read_map(map_artifact("list", "".join(address_lines(addresses))).content)


@given(st.lists(_ADDRESSES, unique=True).map(tuple))
def test_a_map_read_back_holds_exactly_the_addresses(addresses: tuple[str, ...]) -> None:
    wanted = {
        f"{seen(address).rpartition('@')[0]}@{domain}"
        for address in addresses
        if not obstacle(address)
        for domain in spellings(address.rpartition("@")[2])
    }
    assert {key for key, _ in _read(addresses)} == wanted


@given(st.lists(_ADDRESSES, unique=True).map(tuple))
def test_no_line_has_a_value_or_a_key_without_a_domain(addresses: tuple[str, ...]) -> None:
    for key, value in _read(addresses):
        assert value == ""
        assert re.fullmatch(r"(?s).+@.+", key) is not None


@given(st.lists(_ADDRESSES, unique=True).map(tuple))
def test_one_line_is_one_key(addresses: tuple[str, ...]) -> None:
    text = "".join(address_lines(addresses))
    assert text.count("\n") == len(_read(addresses))


def test_plain_addresses_stand_as_they_are() -> None:
    addresses = ("a+b@a.example", "info@a.example", "o'neil@a.example")
    assert "".join(address_lines(addresses)) == "".join(f"{address}\n" for address in addresses)


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ('"a b"@a.example', '"a b@a.example"'),
        ("a#b@a.example", '"a#b@a.example"'),
        ("/a@a.example", '"/a@a.example"'),
        ('"mid\\"q"@a.example', 'mid"q@a.example'),
        ("müller@a.example", '"müller@a.example"'),
        ('"a,b"@a.example', '"a,b@a.example"'),
        ("a@[192.0.2.1]", '"a@[192.0.2.1]"'),
    ],
)
def test_an_odd_address_is_quoted_by_rule(address: str, line: str) -> None:
    assert list(address_lines([address])) == [f"{line}\n"]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("root", "no domain"),
        ('""@a.example', "empty"),
        ('"a\\\\b"@a.example', "backslash"),
        ("a\x0cb@a.example", "control character"),
        ("a\udcffb@a.example", "control character"),
        ('" a"@a.example', "begins with a blank"),
        ('"\\"q"@a.example', "a quote beside"),
        ('"/\\"q"@a.example', "a quote beside"),
        ('"a \\"q"@a.example', "a quote beside"),
        ('"a#\\"q"@a.example', "a quote beside"),
    ],
)
def test_an_address_that_would_become_another_has_no_line(address: str, reason: str) -> None:
    assert reason in obstacle(address)
    assert "".join(address_lines(["a@a.example", address])) == "a@a.example\n"


def test_a_domain_is_written_in_both_spellings() -> None:
    assert list(address_lines(["info@xn--mnchen-3ya.example"])) == [
        'info@xn--mnchen-3ya.example\n"info@münchen.example"\n'
    ]
    assert spellings("a_b.xn--mnchen-3ya.example") == ("a_b.xn--mnchen-3ya.example", "a_b.münchen.example")


def test_a_domain_whose_a_label_is_none_keeps_its_spelling() -> None:
    assert spellings("xn--a-.example") == ("xn--a-.example",)


@pytest.mark.parametrize(
    ("address", "unseen"),
    [
        ("info@a.example", False),
        ("a.b@a.example", False),
        (".a@a.example", True),
        ("a.@a.example", True),
        ("a..b@a.example", True),
        ('"a..b c"@a.example', False),
        ("müller@a.example", True),
    ],
)
def test_a_recipient_that_rspamd_may_not_read_is_known(address: str, unseen: bool) -> None:  # noqa: FBT001 (a case)
    assert is_unseen(address) is unseen


def _matches(domain: str, exceptions: tuple[str, ...], address: str, delimiter: str = "+") -> bool:
    """Match as Rspamd does: every line is tried on the bytes of the recipient."""
    lines = pattern_lines(domain, exceptions, delimiter)
    assert lines
    return any(
        re.search(line.removeprefix("/").removesuffix("/i\n").encode(), address.encode(), re.IGNORECASE)
        for line in lines
    )


@pytest.mark.parametrize(
    ("address", "matches"),
    [
        ("other@a.example", True),
        ("keep@a.example", False),
        ("KEEP@A.Example", False),
        ("keep+tag@a.example", False),
        ("keeper@a.example", True),
        ("xkeep@a.example", True),
        ("keep@x@a.example", True),
        ("tag+one@a.example", False),
        ("tag+one+two@a.example", True),
        ("tag@a.example", True),
        ("do.t@a.example", False),
        ("doxt@a.example", True),
        ("sl/ash#@a.example", False),
        ("other@aXexample", False),
        ("other@sub.a.example", False),
        ("other@a.example.net", False),
        ("other@xa.example", False),
        ("@a.example", False),
    ],
)
def test_a_pattern_takes_the_domain_but_its_exceptions(address: str, matches: bool) -> None:  # noqa: FBT001 (a case)
    exceptions = ("do.t@a.example", "keep@a.example", "sl/ash#@a.example", "tag+one@a.example")
    assert _matches("a.example", exceptions, address) is matches


def test_a_pattern_knows_the_delimiter_of_the_site() -> None:
    assert _matches("a.example", ("keep@a.example",), "keep+tag@a.example", delimiter="")
    assert not _matches("a.example", ("keep@a.example",), "keep-tag@a.example", delimiter="-+")
    assert not _matches("a.example", ("ke-ep@a.example",), "ke-ep@a.example", delimiter="-")


def test_a_pattern_is_written_for_both_spellings_of_a_domain() -> None:
    for domain in ("xn--mnchen-3ya.example", "münchen.example"):
        assert _matches("xn--mnchen-3ya.example", ("keep@xn--mnchen-3ya.example",), f"other@{domain}")
        assert not _matches("xn--mnchen-3ya.example", ("keep@xn--mnchen-3ya.example",), f"keep@{domain}")


def test_a_pattern_line_ends_nowhere_but_at_its_end() -> None:
    line = pattern_lines("a.example", ('"a b/#\\"c"@a.example',), "+")[0]
    assert re.fullmatch(r'/[^\s/#"]+/i\n', line) is not None


def test_a_pattern_that_rspamd_could_not_read_is_not_written() -> None:
    assert pattern_lines("a.example", ('"a\\\\b"@a.example',), "+") == ()
    assert pattern_lines("a.example", ("a\udcff@a.example",), "+") == ()
    names = [f"{number:06}@a.example" for number in range(LONGEST_PATTERN // 8)]
    assert pattern_lines("a.example", names, "+")
    assert pattern_lines("a.example", [*names, "one@a.example"], "+") == ()
