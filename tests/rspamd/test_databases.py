"""Maps that are constant databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forwardresolve.entries import Entry
from forwardresolve.rspamd import MARKER, RspamdSettings, artifacts, emission, findings, is_ours
from rspamd.answers import Said
from rspamd.test_cdb import look_up

if TYPE_CHECKING:
    import pytest

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
    assert look_up(database.content, b"delimiter") == b"+"
    assert b'"cdb://$LOCAL_CONFDIR/local.d/maps.d/forwardings-table.inc.local.cdb"' in section.content


def test_a_database_is_known_as_ours_and_names_its_generation() -> None:
    one, other = (artifacts(answer, _PLUGIN_CDB)[0].content for answer in (_ANSWER, Said()))
    assert is_ours(one)
    assert is_ours(other)
    assert one[2056:2130].startswith(f"{MARKER}, generation ".encode())
    assert one[2056:2150] != other[2056:2150]


def test_a_long_list_as_text_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emission, "LARGE", 4)
    assert [each.id for each in findings(_ANSWER, RspamdSettings(profile="plugin"))][-1] == "rspamd-large-map"
    assert "rspamd-large-map" not in {each.id for each in findings(_ANSWER, _PLUGIN_CDB)}
    monkeypatch.setattr(emission, "LARGE", 5)
    assert "rspamd-large-map" not in {each.id for each in findings(_ANSWER)}
