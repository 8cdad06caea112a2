"""What an admin decides against the resolution."""

from __future__ import annotations

import datetime as dt
from random import Random

import pytest

from forwardresolve import ForwardingGraph, resolve
from forwardresolve.addresses import normalise, split_address, split_extension
from forwardresolve.entries import Entry, look_up
from forwardresolve.rspamd import Exemption, RspamdSettings, artifacts
from forwardresolve.rspamd.exemptions import decided
from rspamd.answers import Said
from scenarios import scenario_records
from worlds import random_recipients, random_world

_ANSWER = Said(
    ("info+tag@a.example", "info@a.example", "x@b.example"),
    {"all.example": (), "most.example": ("keep@most.example", "stay@most.example")},
    (
        Entry("@all.example"),
        Entry("@most.example"),
        Entry("info+*@a.example", listed=False),
        Entry("info+tag@a.example"),
        Entry("info@a.example"),
        Entry("keep@most.example", listed=False),
        Entry("stay@most.example", listed=False),
        Entry("x@b.example"),
    ),
)


def test_without_decisions_the_answer_is_the_same() -> None:
    assert decided(_ANSWER, (), ()) is _ANSWER


def test_an_exempt_address_leaves_with_its_extensions() -> None:
    answer = decided(_ANSWER, ["Info@A.example", "one@most.example"], ())
    assert answer.addresses == ("x@b.example",)
    assert answer.catch_alls["most.example"] == ("keep@most.example", "one@most.example", "stay@most.example")
    assert [str(entry) for entry in answer.entries()] == [
        "@all.example",
        "@most.example",
        "info@a.example -",
        "keep@most.example -",
        "one@most.example -",
        "stay@most.example -",
        "x@b.example",
    ]
    assert answer.graph is _ANSWER.graph


def test_an_exempt_domain_leaves_whole_but_for_what_is_protected() -> None:
    answer = decided(_ANSWER, ["@most.example", "@a.example"], ["info@a.example"])
    assert answer.addresses == ("info+tag@a.example", "info@a.example", "x@b.example")
    assert set(answer.catch_alls) == {"all.example"}


def test_a_protected_address_and_a_protected_domain_come_in() -> None:
    answer = decided(_ANSWER, ["not@c.example"], ["keep@most.example", "new@b.example", "@c.example"])
    assert set(answer.addresses) == {*_ANSWER.addresses, "keep@most.example", "new@b.example"}
    assert answer.catch_alls["most.example"] == ("stay@most.example",)
    assert answer.catch_alls["c.example"] == ("not@c.example",)


def test_an_address_that_is_named_like_a_star_is_decided_by_itself() -> None:
    answer = Said(("u@a.example",), table=(Entry("u+*@a.example", listed=False), Entry("u@a.example")))
    after = decided(answer, [], ["u+*@a.example"])
    assert {entry.key: entry.listed for entry in after.entries()} == {
        "u+*@a.example": False,
        '"u+*"@a.example': True,
        "u@a.example": True,
    }


@pytest.mark.parametrize("seed", range(3))
def test_the_table_with_decisions_says_what_they_say_and_else_the_same(seed: int) -> None:
    rng = Random(seed)  # noqa: S311 (repeatable, not secret)
    ruled = 0
    for _ in range(60):
        world = random_world(rng)
        recipients = [normalise(each) for each in random_recipients(world, rng) if "@" in each]
        rules = {address: rng.random() < 0.5 for address in rng.sample(recipients, len(recipients) // 3)}
        rules |= {f"@{split_address(address)[1]}": True for address in recipients[:1]}
        records, settings = scenario_records(world)
        resolution = resolve(ForwardingGraph.from_records(records, **settings))
        exempt = [address for address, listed in rules.items() if not listed]
        protect = [address for address, listed in rules.items() if listed]
        before = {entry.key: entry.listed for entry in resolution.entries()}
        after = {entry.key: entry.listed for entry in decided(resolution, exempt, protect).entries()}
        delimiter = resolution.graph.settings.recipient_delimiter
        for recipient in recipients:
            local, domain = split_address(recipient)
            names = (recipient, f"{split_extension(local, delimiter)[0]}@{domain}", f"@{domain}")
            wanted = next((rules[name] for name in names if name in rules), None)
            ruled += wanted is not None
            if wanted is None:
                wanted = look_up(before, recipient, delimiter)
            assert look_up(after, recipient, delimiter) is wanted
    assert ruled > 100


def test_the_settings_decide_in_both_profiles() -> None:
    exempt = (Exemption("info@a.example", "a test account"),)
    multimap = artifacts(
        _ANSWER, RspamdSettings(map_format="text", exempt=exempt, protect=("box@a.example",))
    )
    assert multimap[3].content.endswith(b"\nbox@a.example\nx@b.example\n")
    plugin = artifacts(_ANSWER, RspamdSettings(profile="plugin", exempt=exempt, protect=("box@a.example",)))
    assert b"\nbox@a.example\ndelimiter: +\ninfo@a.example -\n" in plugin[0].content


def test_an_exemption_ends_after_its_last_day() -> None:
    short = Exemption("info@a.example", "until the move is done", until="2030-06-30")
    ever = Exemption("x@b.example", "a test account")
    settings = RspamdSettings(exempt=(short, ever))
    assert settings.on(dt.date(2030, 6, 30)) == settings
    assert settings.on(dt.date(2030, 7, 1)).exempt == (ever,)


@pytest.mark.parametrize(
    ("address", "reason", "until", "said"),
    [
        ("info", "why", "", "whole address or @domain"),
        ("", "why", "", "no address"),
        ("info@a.example", "", "", "reason"),
        ("info@a.example", "why", "tomorrow", 'a day such as "2030-12-31"'),
    ],
)
def test_an_exemption_that_says_nothing_is_refused(address: str, reason: str, until: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Exemption(address, reason, until)
