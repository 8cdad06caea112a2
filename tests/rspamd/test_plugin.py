"""The plugin profile: which files, and what they cannot say."""

from __future__ import annotations

import pytest

from forwardresolve.entries import Entry
from forwardresolve.errors import BackendIncomplete
from forwardresolve.graph import ForwardingGraph
from forwardresolve.rspamd import RspamdSettings, artifacts, findings, is_ours
from forwardresolve.rspamd.configuration import plugin_configuration
from rspamd.answers import Said

_PLUGIN = RspamdSettings(profile="plugin")


def test_the_files_of_the_plugin_are_made() -> None:
    files = artifacts(Said(table=(Entry("info@a.example"),)), _PLUGIN)
    assert [(file.path, file.kind) for file in files] == [
        ("local.d/maps.d/forwardings-table.inc.local", "map"),
        ("local.d/maps.d/forwardings-table.inc.local.cdb", "map"),
        ("modules.d/forwardresolve.conf", "configuration"),
        ("plugins.d/forwardresolve.lua", "configuration"),
    ]
    assert all(is_ours(file.content) for file in files)
    assert files[0].content.endswith(b"\ndelimiter: +\ninfo@a.example\n")


def test_the_plugin_is_lua_behind_a_comment_of_lua() -> None:
    code = artifacts(Said(), _PLUGIN)[3].content.decode()
    assert code.startswith("-- Written by forwardresolve")
    assert "rspamd_config:register_symbol" in code


def test_the_configuration_does_not_depend_on_the_list() -> None:
    full, empty = (
        [file for file in artifacts(answer, _PLUGIN) if file.kind == "configuration"]
        for answer in (Said(table=(Entry("info@a.example"),)), Said())
    )
    assert full == empty


def test_without_a_hosted_domain_nothing_is_made() -> None:
    with pytest.raises(BackendIncomplete, match="no source names a hosted domain"):
        artifacts(Said(("info@a.example",), graph=ForwardingGraph.from_records([])), _PLUGIN)


def test_settings_go_into_a_section_of_our_own() -> None:
    settings = RspamdSettings(profile="plugin", mode="observe", recipients="all", over_passthrough=True)
    text = plugin_configuration(settings)
    assert text.startswith("forwardresolve {\n")
    for line in ('mode = "observe";', 'recipients = "all";', "over_passthrough = true;"):
        assert line in text
    assert "trusted_relays" not in text
    assert "exempt_symbols" not in text
    further = RspamdSettings(profile="plugin", trusted_relays=("192.0.2.1",), exempt_symbols=("A", "B"))
    assert 'trusted_relays = ["192.0.2.1"];' in plugin_configuration(further)
    assert 'exempt_symbols = ["A", "B"];' in plugin_configuration(further)


def test_only_recipients_that_rspamd_does_not_read_are_findings() -> None:
    answer = Said(
        ('"a\\\\b"@a.example', "a..b@a.example", "info@xn--mnchen-3ya.example", "u+t@a.example"),
        {"most.example": tuple(f"name{number}@most.example" for number in range(5000))},
        (Entry("u+t@a.example", listed=False),),
    )
    assert [(each.id, each.address) for each in findings(answer, _PLUGIN)] == [
        ("rspamd-unseen", "a..b@a.example"),
        ("rspamd-u-label", "@xn--mnchen-3ya.example"),
    ]
