"""What a real Rspamd does with the files: the promises of the multimap profile, one by one."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

import pytest

from forwardresolve.addresses import normalise, quote_local
from forwardresolve.graph import ForwardingGraph
from forwardresolve.records import Domain
from forwardresolve.rspamd import RspamdSettings, artifacts, findings, write
from forwardresolve.rspamd.lines import LONGEST_PATTERN, is_unseen, obstacle, seen
from rspamd.answers import Said

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from servers.rspamd import Rspamd
    from servers.rspamd_versions import Version

pytestmark = pytest.mark.live

_SETTINGS = RspamdSettings(message='Refused as spam: see "our \\ rules" at https://a.example/?q={}&$1')
_MARKS = [mark for mark in string.punctuation + " " if mark != "\\"]
_PLACED = [
    *(f"{mark}first" for mark in _MARKS),
    *(f"mid{mark}dle" for mark in _MARKS),
    *(f"last{mark}" for mark in _MARKS),
    *(
        "a b#c",
        "a@b",
        "/re/i",
        "*",
        "x;y",
        "{a}",
        ".include",
        "a,b",
        'a "b"',
        "#",
        "<info@a.example>",
        "a\\b",
    ),
]
_AWKWARD = tuple(f"{quote_local(local)}@awkward.example" for local in _PLACED)
_MANY = tuple(f"{number:06}@many.example" for number in range(LONGEST_PATTERN // 8))
_LISTED = (
    "info@a.example",
    "lit+plus@a.example",
    "own@most.example",
    "info@[192.0.2.1]",
    "info@xn--mnchen-3ya.example",
    *_AWKWARD,
)
_CATCH_ALLS = {
    "all.example": (),
    "many.example": _MANY,
    "most.example": ("do.t@most.example", "keep@most.example", '"od\\"d #1/"@most.example'),
}
_GRAPH = ForwardingGraph.from_records([Domain("a.example")])
_ANSWER = Said(_LISTED, _CATCH_ALLS, graph=_GRAPH)


@pytest.fixture(scope="module")
def rspamd(start_rspamd: Callable[..., Rspamd], make_root: Callable[[], Path], version: Version) -> Rspamd:
    """Start a Rspamd of each version with the files of one answer."""
    root = make_root()
    write(artifacts(_ANSWER, _SETTINGS), root)
    return start_rspamd(root, version)


def test_spam_to_a_forwarding_address_is_refused_with_the_message(rspamd: Rspamd) -> None:
    scan = rspamd.scan("info@a.example")
    assert (scan.action, scan.message) == ("reject", _SETTINGS.message)
    assert "FORCE_ACTION_IS_FORWARDING" in scan.symbols


def test_ham_to_a_forwarding_address_passes(rspamd: Rspamd) -> None:
    scan = rspamd.scan("info@a.example", spam=False)
    assert scan.action == "no action"
    assert scan.symbols["IS_FORWARDING"][0] == 0


def test_spam_to_a_mailbox_is_only_marked(rspamd: Rspamd) -> None:
    scan = rspamd.scan("box@a.example")
    assert (scan.action, scan.message) == ("add header", "")
    assert "IS_FORWARDING" not in scan.symbols


def test_the_symbol_scores_nothing_for_any_number_of_recipients(rspamd: Rspamd) -> None:
    scan = rspamd.scan("info@a.example", "other@most.example", "any@all.example", "lit+plus@a.example")
    assert scan.symbols["IS_FORWARDING"][0] == 0


@pytest.mark.parametrize(
    "recipient",
    [
        "INFO@A.Example",
        "<info@a.example>",
        "info@a.example.",
        '"info"@a.example',
        "info+tag@a.example",
        "Info+a+b@a.example",
        "lit+plus@a.example",
        "LIT+Plus@a.example",
        "any@all.example",
        "any+tag@ALL.example",
        '"a b"@all.example',
        "other@most.example",
        "OTHER+tag@Most.Example",
        '"a@b"@most.example',
        "own@most.example",
        "any@many.example",
        "info@[192.0.2.1]",
        "info@XN--mnchen-3YA.example",
    ],
)
def test_a_recipient_that_reaches_outside_is_protected(rspamd: Rspamd, recipient: str) -> None:
    assert rspamd.scan(recipient).action == "reject"


@pytest.mark.parametrize(
    "recipient",
    [
        "info@b.example",
        "lit@a.example",
        "lit+other@a.example",
        "a.example@a.example",
        "all.example@a.example",
        "info@sub.a.example",
        "any@sub.all.example",
        "any@notall.example",
        "any@allxexample",
        "keep@most.example",
        "KEEP@most.example",
        "keep+tag@most.example",
        "do.t@most.example",
        '"od\\"d #1/"@most.example',
        "any@sub.most.example",
        "000000@many.example",
        f"{_MANY[-1]}",
        '"<info@a.example>"@b.example',
        '"info@a.example,"@b.example',
        '"info@a.example "@b.example',
    ],
)
def test_a_recipient_that_stays_is_not_touched(rspamd: Rspamd, recipient: str) -> None:
    assert rspamd.scan(recipient).action == "add header"


def test_one_recipient_that_reaches_outside_decides_for_all(rspamd: Rspamd) -> None:
    assert rspamd.scan("keep@most.example", "box@a.example", "other@most.example").action == "reject"


def test_the_header_to_is_never_asked(rspamd: Rspamd) -> None:
    assert "IS_FORWARDING" not in rspamd.scan("postmaster", to="info@a.example").symbols


def _matched(rspamd: Rspamd, recipient: str) -> str:
    """Return the key that a recipient matched in the map of addresses, or nothing."""
    options = rspamd.scan(recipient, spam=False).symbols.get("IS_FORWARDING", (0, ("",)))[1]
    return options[0].partition("=")[2]


@pytest.mark.parametrize("address", _AWKWARD)
def test_an_awkward_address_is_matched_or_a_finding(rspamd: Rspamd, address: str) -> None:
    normalised = normalise(address)
    matched = _matched(rspamd, address)
    if obstacle(normalised) or is_unseen(normalised):
        assert normalised in {finding.address for finding in findings(_ANSWER)}
        assert matched == ""
    else:
        assert matched == seen(normalised)


@pytest.mark.parametrize("local", ["first", "mid", "dle", "last", "a", "b#c", "a b", "re/i", "ab", "y", "@b"])
def test_an_awkward_address_lets_no_other_in(rspamd: Rspamd, local: str) -> None:
    for domain in ("awkward.example", "a.example", "b.example"):
        assert _matched(rspamd, f"{quote_local(local)}@{domain}") == ""


def test_a_changed_list_is_obeyed_without_a_reload(
    start_rspamd: Callable[..., Rspamd], make_root: Callable[[], Path], version: Version
) -> None:
    root = make_root()
    write(artifacts(Said(graph=_GRAPH)), root)
    rspamd = start_rspamd(root, version)

    def refused(recipient: str) -> bool:
        return rspamd.scan(recipient).action == "reject"

    def becomes(answer: Said, recipient: str, *, wanted: bool) -> None:
        assert {path.parent.name for path in write(artifacts(answer), root).changed} == {"maps.d"}
        rspamd.wait_for(lambda: refused(recipient) is wanted)

    assert not refused("info@a.example")
    becomes(Said(("info@a.example",)), "info@a.example", wanted=True)
    becomes(Said(("info@a.example",), {"all.example": ()}), "any@all.example", wanted=True)
    most = {"most.example": ("keep@most.example",)}
    becomes(Said(("info@a.example",), most), "any@most.example", wanted=True)
    assert not refused("keep@most.example")
    becomes(Said(("info@a.example",)), "any@most.example", wanted=False)
    assert refused("info@a.example")
    becomes(Said(), "info@a.example", wanted=False)


def test_observing_sets_the_symbol_and_refuses_nothing(
    start_rspamd: Callable[..., Rspamd], make_root: Callable[[], Path], version: Version
) -> None:
    root = make_root()
    write(artifacts(_ANSWER, RspamdSettings(mode="observe", symbol="GOES_OUT", group="policy")), root)
    scan = start_rspamd(root, version).scan("info@a.example")
    assert scan.action == "add header"
    assert scan.symbols["GOES_OUT"][0] == 0


def test_relays_and_symbols_of_the_admins_choice_are_exempt(
    start_rspamd: Callable[..., Rspamd], make_root: Callable[[], Path], version: Version
) -> None:
    root = make_root()
    settings = RspamdSettings(
        trusted_relays=("192.0.2.9", "198.51.100.0/24", "2001:db8::/32"),
        exempt_symbols=("TEST_WELCOME", "NEVER_SEEN"),
        message="Refused; say {queue_id} at https://a.example/",
    )
    write(artifacts(_ANSWER, settings), root)
    rspamd = start_rspamd(root, version)
    refused = rspamd.scan("info@a.example", queue_id="4XYZ")
    assert (refused.action, refused.message) == ("reject", "Refused; say 4XYZ at https://a.example/")
    for client in ("192.0.2.9", "198.51.100.7", "2001:db8::1"):
        assert rspamd.scan("info@a.example", client=client).action == "add header"
    assert rspamd.scan("info@a.example", spam="welcome").action == "add header"
