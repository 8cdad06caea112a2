"""What a dumped configuration says about the rule."""

from __future__ import annotations

from typing import Any

import pytest

from forwardresolve.errors import TargetError
from forwardresolve.rspamd import RspamdSettings
from forwardresolve.rspamd.disarming import disarming, exporters, parse_dump

_MULTIMAP = RspamdSettings()
_PLUGIN = RspamdSettings(profile="plugin")
_GOOD: dict[str, Any] = {
    "multimap": {"IS_FORWARDING": {}},
    "force_actions": {"rules": {"IS_FORWARDING": {}}},
    "forwardresolve": {"mode": "enforce"},
    "actions": {"reject": 15, "add_header": 6},
}


def _found(settings: RspamdSettings, **changes: Any) -> list[str]:  # noqa: ANN401 (any section)
    return [each.id for each in disarming({**_GOOD, **changes}, settings)]


@pytest.mark.parametrize("settings", [_MULTIMAP, _PLUGIN])
def test_a_good_configuration_has_no_finding(settings: RspamdSettings) -> None:
    assert _found(settings) == []


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"multimap": None}, ["rspamd-rule-missing"]),
        ({"force_actions": {"rules": {"ADMIN": {}}}}, ["rspamd-rule-missing"]),
        ({"aliases": {"virtual_aliases": "/etc/postfix/virtual"}}, ["rspamd-virtual-aliases"]),
        ({"redis": {"servers": "127.0.0.1"}}, ["rspamd-greylisting"]),
        ({"redis": {"servers": "127.0.0.1"}, "greylist": {"enabled": False}}, []),
        ({"actions": {"reject": 15, "mark": 6, "add_header": None}}, ["rspamd-actions"]),
        ({"actions": {}}, []),
    ],
)
def test_what_disarms_the_multimap_rule_is_found(changes: dict[str, Any], found: list[str]) -> None:
    assert _found(_MULTIMAP, **changes) == found


def test_observing_needs_no_force() -> None:
    assert _found(RspamdSettings(mode="observe"), force_actions={}) == []


def test_what_disarms_the_plugin_is_found() -> None:
    assert _found(_PLUGIN, forwardresolve=None) == ["rspamd-rule-missing"]
    assert _found(_PLUGIN, forwardresolve={"mode": "observe"}) == ["rspamd-mode"]
    assert _found(_PLUGIN, aliases={"virtual_aliases": "x"}, redis={"servers": "x"}) == []


def test_exporters_have_the_names_of_their_rules() -> None:
    dump: dict[str, Any] = {"metadata_exporter": {"rules": {"B": {}, "A": {}}}}
    assert exporters(dump) == ("EXPORT_METADATA_A", "EXPORT_METADATA_B")
    assert exporters({}) == ()


def test_a_dump_is_json_behind_whatever_is_said_before() -> None:
    assert parse_dump('warning: x\n{"actions": {}}') == {"actions": {}}


@pytest.mark.parametrize("text", ["", "no dump", '{"password": "geheim"'])
def test_what_is_no_dump_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(TargetError, match="prints no configuration") as caught:
        parse_dump(text)
    assert "geheim" not in str(caught.value)
