"""The resolver says of every named scenario what a real Postfix did."""

from __future__ import annotations

from typing import Final

import pytest

from forwardresolve import ForwardingGraph, resolve
from scenarios import expected_outcomes, named_scenarios, scenario_records, verdict_in_short
from servers.postfix import ask_postfix

OUT_OF_SCOPE: Final = {
    "always-bcc": "always_bcc copies all mail out: a setting of the host, not of an address",
    "aliases-ext-propagate": "propagate_unmatched_extensions is taken to have its default",
    "dotforward": "a .forward file is no table",
    "dup-keys-texthash": "a table that Postfix cannot load at all",
    "empty-dest": "a value of commas only is a finding; the row is left out",
    "ext-no-propagate": "propagate_unmatched_extensions is taken to have its default",
    "limit-small": "the limits are taken to have their defaults",
    "luser-relay": "luser_relay is a setting of the host, not of an address",
    "sender-bcc": "sender_bcc_maps depend on the sender",
    "sql-domain-param": "options of a query belong to the backend that reads the table",
    "sql-expansion-limit": "options of a query belong to the backend that reads the table",
    "sql-percent-d-guard": "the text of a query belongs to the backend that reads the table",
    "sql-percent-d-order": "the text of a query belongs to the backend that reads the table",
    "sql-result-format": "options of a query belong to the backend that reads the table",
    "sql-rows-join": "the text of a query belongs to the backend that reads the table",
    "static-map": "a static map answers every key: a setting of the host, not of an address",
}
"""Scenarios that no records can express, and why."""

DIFFERS_ON_PURPOSE: Final = {
    "aliases-depth": "more than 24 nested rows of aliases(5) bounce; we follow them to their end",
    "idn-key-a-label": "U-labels and A-labels are one domain for us, two for Postfix",
}
"""Scenarios that we decide otherwise, and why."""

_SAID: Final = sorted(set(named_scenarios()) - set(OUT_OF_SCOPE) - set(DIFFERS_ON_PURPOSE))


@pytest.mark.parametrize("name", _SAID)
def test_the_verdicts_are_what_postfix_did(name: str) -> None:
    scenario = named_scenarios()[name]
    records, settings = scenario_records(scenario)
    resolution = resolve(ForwardingGraph.from_records(records, **settings))
    expected = expected_outcomes(scenario)
    verdicts = {recipient: resolution.verdict(recipient) for recipient in expected}
    said = {recipient: verdict_in_short(verdict, scenario) for recipient, verdict in verdicts.items()}
    assert said == {recipient: outcome.in_short() for recipient, outcome in expected.items()}
    for recipient, outcome in expected.items():
        if not outcome.error:
            assert verdicts[recipient].reaches_external == bool(outcome.external), recipient


@pytest.mark.parametrize("name", sorted({*OUT_OF_SCOPE, *DIFFERS_ON_PURPOSE}))
def test_what_is_not_said_is_a_recorded_scenario(name: str) -> None:
    assert name in named_scenarios()


def test_a_label_and_u_label_are_one_domain() -> None:
    scenario = named_scenarios()["idn-key-a-label"]
    records, settings = scenario_records(scenario)
    resolution = resolve(ForwardingGraph.from_records(records, **settings))
    assert all(resolution.verdict(recipient).reaches_external for recipient in scenario["expected"])


def test_nested_rows_of_aliases_are_followed_to_their_end() -> None:
    scenario = named_scenarios()["aliases-depth"]
    records, settings = scenario_records(scenario)
    resolution = resolve(ForwardingGraph.from_records(records, **settings))
    verdicts = {recipient: resolution.verdict(recipient) for recipient in scenario["expected"]}
    assert {verdict_in_short(verdict, scenario) for verdict in verdicts.values()} == {
        "external: x@ext.example"
    }


@pytest.mark.live
@pytest.mark.usefixtures("private_postfix")
@pytest.mark.parametrize("name", sorted(named_scenarios()))
def test_postfix_still_does_what_was_recorded(name: str) -> None:
    scenario = named_scenarios()[name]
    expected = expected_outcomes(scenario)
    measured = ask_postfix(scenario, [*expected])
    assert {recipient: outcome.in_short() for recipient, outcome in measured.items()} == {
        recipient: outcome.in_short() for recipient, outcome in expected.items()
    }
    assert {recipient: outcome.command | outcome.file for recipient, outcome in measured.items()} == {
        recipient: outcome.command | outcome.file for recipient, outcome in expected.items()
    }
