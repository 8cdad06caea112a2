"""The table [rspamd]: what it accepts and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from forwardresolve.errors import ConfigError
from forwardresolve.options import structure
from forwardresolve.rspamd import Exemption, RspamdSettings


def test_an_empty_table_is_the_published_recipe() -> None:
    settings = structure({}, RspamdSettings, "rspamd")
    assert settings == RspamdSettings()
    assert settings.symbol == "IS_FORWARDING"
    assert settings.actions == ("add header", "rewrite subject")
    assert settings.action == "reject"
    assert settings.address_map == "forwardings.inc.local"


def test_the_default_message_does_not_tell_that_the_address_forwards() -> None:
    assert "forward" not in RspamdSettings().message.lower()


def test_a_full_table_is_read() -> None:
    table: dict[str, Any] = {
        "mode": "observe",
        "symbol": "GOES_OUT",
        "group": "policy",
        "message": 'Spam, "really"',
        "actions": ["add header"],
        "action": "quarantine",
        "address_map": "a.map",
        "domain_map": "d.map",
        "pattern_map": "p.map",
        "pattern_limit": 10,
        "profile": "plugin",
        "recipients": "drop",
        "accept_silent_loss": True,
        "over_passthrough": True,
        "exempt": [{"address": "a@a.example", "reason": "a test account", "until": "2030-12-31"}],
        "protect": ["@b.example"],
        "exempt_symbols": ["WELCOME"],
        "trusted_relays": ["192.0.2.0/24"],
        "table_map": "t.map",
    }
    made: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in table.items()
    }
    made["exempt"] = (Exemption("a@a.example", "a test account", "2030-12-31"),)
    assert structure(table, RspamdSettings, "rspamd") == RspamdSettings(**made)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("mode", "off", '"enforce" or "observe"'),
        ("symbol", "IS FORWARDING", "letter and then letters"),
        ("symbol", 'A" {}', "letter and then letters"),
        ("symbol", "A\n", "letter and then letters"),
        ("symbol", "", "letter and then letters"),
        ("group", 'x"; y = "', "letter and then letters"),
        ("message", "", "printable ASCII"),
        ("message", "two\nlines", "printable ASCII"),
        ("message", "Weiterleitung für Sie", "printable ASCII"),
        ("message", "x" * 401, "printable ASCII"),
        ("actions", (), "at least one action"),
        ("actions", ("no action",), "mark spam"),
        ("actions", ("add header", "greylist"), "mark spam"),
        ("actions", ("soft reject",), "mark spam"),
        ("actions", ('add header", "no action',), "mark spam"),
        ("action", "no action", '"reject" or "quarantine"'),
        ("address_map", "../../passwd", "plain file name"),
        ("domain_map", "a/b", "plain file name"),
        ("pattern_map", ".hidden", "plain file name"),
        ("pattern_limit", -1, "pattern_limit"),
        ("message", "${rcpts} is refused", "printable ASCII"),
        ("profile", "lua", '"multimap" or "plugin"'),
        ("recipients", "some", '"any" or "all" or "drop"'),
        ("recipients", "all", 'profile = "plugin"'),
        ("recipients", "drop", "accept_silent_loss = true"),
        ("over_passthrough", True, 'profile = "plugin"'),
        ("protect", ("info",), "whole address"),
        ("exempt_symbols", ("A B",), "letter and then letters"),
        ("trusted_relays", ("relay.example",), "IP addresses and networks"),
        ("trusted_relays", ("192.0.2.1/24",), "IP addresses and networks"),
        ("domain_map", "forwardings.inc.local", "must be different files"),
    ],
)
def test_what_would_break_or_widen_the_rule_is_refused(field: str, value: Any, said: str) -> None:  # noqa: ANN401 (any option)
    with pytest.raises(ValueError, match=said):
        RspamdSettings(**{field: value})
    table = {field: list(value) if isinstance(value, tuple) else value}
    with pytest.raises(ConfigError, match=r"^rspamd"):
        structure(table, RspamdSettings, "rspamd")


def test_an_address_is_not_exempt_and_protected_at_once() -> None:
    exempt = (Exemption("Info@a.example", "a test account"),)
    with pytest.raises(ValueError, match=r"info@a\.example is both in exempt and in protect"):
        RspamdSettings(exempt=exempt, protect=("info@A.example",))
