"""Maps that are constant databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from forwardresolve.entries import Entry
from forwardresolve.graph import ForwardingGraph
from forwardresolve.records import Domain
from forwardresolve.rspamd import MARKER, RspamdSettings, artifacts, emission, findings, formats, is_ours
from forwardresolve.rspamd.configuration import MAPS
from forwardresolve.rspamd.emission import map_paths
from forwardresolve.rspamd.reading import read_keys
from rspamd.answers import Said
from rspamd.test_cdb import look_up

if TYPE_CHECKING:
    from forwardresolve.rspamd.settings import Profile

_ANSWER: Final = Said(
    ('"a b"@a.example', '"a\\\\b"@a.example', "info@xn--mnchen-3ya.example"),
    {"all.example": (), "most.example": ("keep@most.example",)},
    (Entry("@most.example"), Entry("keep@most.example", listed=False)),
)
_CDB: Final = RspamdSettings(map_format="cdb")
_PLUGIN_CDB: Final = RspamdSettings(profile="plugin", map_format="cdb")


def test_the_maps_of_addresses_and_domains_are_databases() -> None:
    files = {file.path: file.content for file in artifacts(_ANSWER, _CDB)}
    addresses = files["local.d/maps.d/forwardings.inc.local.cdb"]
    for key in ("a b@a.example", "info@xn--mnchen-3ya.example", "info@münchen.example"):
        assert look_up(addresses, key.encode()) == b"1"
    assert look_up(addresses, b"a\\b@a.example") is None
    assert look_up(files["local.d/maps.d/forwardings-domains.inc.local.cdb"], b"all.example") == b"1"
    assert files["local.d/maps.d/forwardings-patterns.inc.local"].endswith(b"/i\n")
    assert files["local.d/multimap.conf"].count(b'"cdb://$LOCAL_CONFDIR/local.d/maps.d/') == 3


def test_the_table_of_the_plugin_is_a_database() -> None:
    database, section, _ = artifacts(_ANSWER, _PLUGIN_CDB)
    assert database.path == "local.d/maps.d/forwardings-table.inc.local.cdb"
    assert look_up(database.content, b"@most.example") == b"1"
    assert look_up(database.content, b"keep@most.example") == b"-"
    assert look_up(database.content, b"delimiter:") == b"+"
    assert b'"cdb://$LOCAL_CONFDIR/local.d/maps.d/forwardings-table.inc.local.cdb"' in section.content


def test_a_database_is_known_as_ours_and_names_its_generation() -> None:
    one, other = (artifacts(answer, _PLUGIN_CDB)[0].content for answer in (_ANSWER, Said()))
    assert is_ours(one)
    assert is_ours(other)
    assert one[2056:2160].startswith(f"{MARKER}, generation ".encode())
    assert one[2056:2160] != other[2056:2160]


def test_no_delimiter_stays_none() -> None:
    graph = ForwardingGraph.from_records([Domain("a.example")], recipient_delimiter="")
    database = artifacts(Said(graph=graph), _PLUGIN_CDB)[0].content
    assert look_up(database, b"delimiter:") == b""


def test_a_long_list_as_text_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    text = RspamdSettings(profile="plugin", map_format="text")
    monkeypatch.setattr(emission, "LARGE", 4)
    assert [each.id for each in findings(_ANSWER, text)][-1] == "rspamd-large-map"
    for settings in (_PLUGIN_CDB, RspamdSettings(), RspamdSettings(profile="plugin")):
        assert "rspamd-large-map" not in {each.id for each in findings(_ANSWER, settings)}
    monkeypatch.setattr(emission, "LARGE", 5)
    assert "rspamd-large-map" not in {each.id for each in findings(_ANSWER, text)}


@pytest.mark.parametrize("profile", ["multimap", "plugin"])
@pytest.mark.parametrize(
    ("count", "text", "database"),
    [(4, True, False), (5, True, True), (9, True, True), (10, False, True), (11, False, True)],
)
def test_a_list_is_text_then_both_then_a_database_under_one_configuration(
    monkeypatch: pytest.MonkeyPatch, profile: Profile, count: int, *, text: bool, database: bool
) -> None:
    monkeypatch.setattr(formats, "LARGE", 10)
    monkeypatch.setattr(formats, "OVERLAP", 5)
    settings = RspamdSettings(profile=profile)
    names = tuple(f"name{number}@a.example" for number in range(count))
    files = artifacts(Said(names, table=tuple(map(Entry, names))), settings)
    main = [file for file in files if "table" in file.path or file.path.startswith(f"{MAPS}/forwardings.inc")]
    held = {file.path.endswith(".cdb"): read_keys([file.content]) for file in main}
    assert held == {False: set(names) if text else set(), True: set(names) if database else set()}
    assert read_keys(file.content for file in files if file.kind == "map") == set(names)
    short = artifacts(Said(), settings)
    assert [file for file in files if file.kind == "configuration"] == [
        file for file in short if file.kind == "configuration"
    ]
    assert [file.path for file in files] == [file.path for file in short]
    assert map_paths(settings) == tuple(file.path for file in files if file.kind == "map")
