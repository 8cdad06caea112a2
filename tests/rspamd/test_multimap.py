"""The multimap profile: which files, and what they cannot say."""

from __future__ import annotations

import pytest

from forwardresolve.entries import Entry
from forwardresolve.errors import BackendIncomplete
from forwardresolve.graph import ForwardingGraph
from forwardresolve.records import Domain
from forwardresolve.rspamd import RspamdSettings, artifacts, findings, is_ours
from forwardresolve.rspamd.reading import read_keys
from rspamd.answers import Said

_WORLD = Said(
    addresses=("info@a.example", "lit+plus@a.example"),
    catch_alls={
        "all.example": (),
        "most.example": ("keep@most.example",),
        "xn--mnchen-3ya.example": (),
    },
)


def _lines(path: str, answer: Said, settings: RspamdSettings | None = None) -> list[str]:
    files = {file.path: file for file in artifacts(answer, settings or RspamdSettings())}
    return files[path].content.decode().splitlines()[1:]


def test_the_files_of_the_recipe_are_made() -> None:
    files = artifacts(_WORLD)
    assert [(file.path, file.kind) for file in files] == [
        ("local.d/force_actions.conf", "configuration"),
        ("local.d/maps.d/forwardings-domains.inc.local", "map"),
        ("local.d/maps.d/forwardings-domains.inc.local.cdb", "map"),
        ("local.d/maps.d/forwardings-patterns.inc.local", "map"),
        ("local.d/maps.d/forwardings.inc.local", "map"),
        ("local.d/maps.d/forwardings.inc.local.cdb", "map"),
        ("local.d/multimap.conf", "configuration"),
    ]
    assert all(is_ours(file.content) for file in files)


def test_addresses_and_catch_alls_go_to_the_map_that_can_say_them() -> None:
    assert _lines("local.d/maps.d/forwardings.inc.local", _WORLD) == ["info@a.example", "lit+plus@a.example"]
    domains = _lines("local.d/maps.d/forwardings-domains.inc.local", _WORLD)
    assert domains == ["all.example", "münchen.example", "xn--mnchen-3ya.example"]
    patterns = _lines("local.d/maps.d/forwardings-patterns.inc.local", _WORLD)
    assert patterns == [r"/^(?!(?:(?:keep)(?:[\x2b].*)?)\x40most\x2eexample$).+\x40most\x2eexample$/i"]


def test_the_same_answer_gives_the_same_bytes_in_any_order_of_its_domains() -> None:
    turned = Said(_WORLD.addresses, dict(sorted(_WORLD.catch_alls.items(), reverse=True)))
    assert artifacts(turned) == artifacts(_WORLD)


def test_an_empty_list_still_writes_every_map() -> None:
    maps = [file.content for file in artifacts(Said()) if file.kind == "map"]
    assert len(maps) == 5
    assert read_keys(maps) == frozenset()


def test_the_configuration_does_not_depend_on_the_list() -> None:
    full, empty = (
        [file for file in artifacts(answer) if file.kind == "configuration"] for answer in (_WORLD, Said())
    )
    assert full == empty


def test_names_of_the_maps_are_the_admins() -> None:
    settings = RspamdSettings(address_map="a.map", domain_map="d.map", pattern_map="p.map")
    paths = {file.path for file in artifacts(_WORLD, settings) if file.kind == "map"}
    names = ("a.map", "a.map.cdb", "d.map", "d.map.cdb", "p.map")
    assert paths == {f"local.d/maps.d/{name}" for name in names}


def test_without_a_hosted_domain_nothing_is_made() -> None:
    with pytest.raises(BackendIncomplete, match="no source names a hosted domain"):
        artifacts(Said(("info@a.example",), graph=ForwardingGraph.from_records([])))


def test_what_the_maps_say_exactly_is_no_finding() -> None:
    table = (Entry("info@a.example"), Entry("lit+plus@a.example"), Entry("keep@most.example", listed=False))
    answer = Said(("info@a.example", "lit+plus@a.example"), {"most.example": ("keep@most.example",)}, table)
    assert findings(answer) == ()


def _found(answer: Said, settings: RspamdSettings | None = None) -> list[tuple[str, str, str]]:
    return [(each.id, each.severity, each.address) for each in findings(answer, settings or RspamdSettings())]


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        (Entry("u+*@a.example"), "u+*@a.example"),
        (Entry("u+*@a.example", listed=False), "u+*@a.example"),
        (Entry("u+tag@a.example", listed=False), "u+tag@a.example"),
    ],
)
def test_an_extension_that_decides_is_a_finding(entry: Entry, address: str) -> None:
    assert _found(Said(table=(entry,))) == [("rspamd-extension", "error", address)]
    assert "plugin profile" in findings(Said(table=(entry,)))[0].advice


@pytest.mark.parametrize("key", ["+u@a.example", "u@a+b.example", "@a.example"])
def test_a_plus_that_begins_no_extension_is_no_finding(key: str) -> None:
    assert _found(Said(table=(Entry(key, listed=False),))) == []


@pytest.mark.parametrize("delimiter", ["", "-", "+-"])
def test_another_delimiter_is_one_finding(delimiter: str) -> None:
    graph = ForwardingGraph.from_records([Domain("a.example")], recipient_delimiter=delimiter)
    answer = Said(table=(Entry("u+tag@a.example", listed=False),), graph=graph)
    assert _found(answer) == [("rspamd-delimiter", "error", "")]


def test_an_address_that_cannot_be_written_is_a_finding_and_has_no_line() -> None:
    answer = Said(('"a\\\\b"@a.example', "info@a.example"))
    assert _found(answer) == [("rspamd-address", "error", '"a\\\\b"@a.example')]
    assert _lines("local.d/maps.d/forwardings.inc.local", answer) == ["info@a.example"]


def test_a_recipient_that_rspamd_may_not_read_is_a_finding_and_has_a_line() -> None:
    answer = Said(("a..b@a.example",))
    assert _found(answer) == [("rspamd-unseen", "warning", "a..b@a.example")]
    assert _lines("local.d/maps.d/forwardings.inc.local", answer) == ["a..b@a.example"]


def test_a_catch_all_with_too_many_exceptions_is_a_finding_and_left_out() -> None:
    exceptions = tuple(f"a-name-of-some-length-{number}@a.example" for number in range(1000))
    answer = Said(catch_alls={"a.example": exceptions})
    assert _found(answer) == [("rspamd-catch-all", "error", "@a.example")]
    assert read_keys(file.content for file in artifacts(answer) if file.kind == "map") == frozenset()


def test_the_limit_of_lines_holds_and_is_told() -> None:
    domains = [f"{name}.example" for name in ("b", "c", "xn--mnchen-3ya", "z")]
    answer = Said(catch_alls={domain: (f"keep@{domain}",) for domain in domains})
    settings = RspamdSettings(pattern_limit=3)
    assert _found(answer, settings)[0] == ("rspamd-catch-all", "error", "@xn--mnchen-3ya.example")
    patterns = _lines("local.d/maps.d/forwardings-patterns.inc.local", answer, settings)
    assert [line.rpartition("40")[2] for line in patterns] == [rf"{name}\x2eexample$/i" for name in "bcz"]


def test_subdomains_of_a_relay_domain_are_a_finding() -> None:
    answer = Said(catch_alls={"a.example": ()}, table=(Entry("@.a.example"), Entry("@a.example")))
    assert _found(answer) == [("rspamd-subdomains", "error", "@.a.example")]


def test_domains_in_other_scripts_are_one_notice() -> None:
    answer = Said(("info@xn--mnchen-3ya.example", "info@xn--kln-sna.example", "x@a.example"))
    found = findings(answer)
    assert [(each.id, each.severity) for each in found] == [("rspamd-u-label", "notice")]
    assert "2 listed domains are not ASCII, köln.example first" in found[0].text
