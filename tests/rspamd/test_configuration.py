"""The two configuration files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from forwardresolve.rspamd import RspamdSettings
from forwardresolve.rspamd.configuration import force_actions_configuration, multimap_configuration

if TYPE_CHECKING:
    from forwardresolve.rspamd.settings import MapFormat


def test_one_symbol_of_score_zero_asks_every_map() -> None:
    text = multimap_configuration(RspamdSettings(symbol="GOES_OUT", group="policy", address_map="a.map"))
    assert text.startswith("GOES_OUT {")
    assert "score = 0;" in text
    assert 'group = "policy";' in text
    assert text.count('map = "$LOCAL_CONFDIR/local.d/maps.d/a.map"') == 2
    assert text.count('map = "cdb://$LOCAL_CONFDIR/local.d/maps.d/a.map.cdb"') == 2
    both = "envelope | original | domain | envelope_cdb | original_cdb | domain_cdb | pattern"
    assert f'expression = "{both}";' in text


@pytest.mark.parametrize("map_format", ["text", "cdb"])
def test_one_format_is_one_set_of_rules(map_format: MapFormat) -> None:
    text = multimap_configuration(RspamdSettings(map_format=map_format))
    assert 'expression = "envelope | original | domain | pattern";' in text
    assert text.count("cdb://") == (3 if map_format == "cdb" else 0)


def test_only_the_actions_that_mark_spam_become_a_refusal() -> None:
    text = force_actions_configuration(RspamdSettings())
    assert 'action = "reject";' in text
    assert 'expression = "IS_FORWARDING";' in text
    assert 'require_action = ["add header", "rewrite subject"];' in text


def test_a_message_is_quoted() -> None:
    text = force_actions_configuration(RspamdSettings(message='no "spam" \\ here'))
    assert 'message = "no \\"spam\\" \\\\ here";' in text


def test_observing_forces_nothing() -> None:
    text = force_actions_configuration(RspamdSettings(mode="observe"))
    assert all(line.startswith("#") for line in text.splitlines())


def test_what_is_exempt_stands_in_the_expression() -> None:
    settings = RspamdSettings(exempt_symbols=("A", "B"), trusted_relays=("192.0.2.1", "2001:db8::/32"))
    assert 'expression = "IS_FORWARDING & !A & !B & !IS_FORWARDING_RELAY";' in force_actions_configuration(
        settings
    )
    assert 'map = ["192.0.2.1", "2001:db8::/32"];' in multimap_configuration(settings)
    assert "RELAY" not in multimap_configuration(RspamdSettings())


def test_the_queue_id_is_asked_of_rspamd() -> None:
    text = force_actions_configuration(RspamdSettings(message="Refused, {queue_id}"))
    assert 'message = "Refused, ${queueid}";' in text
