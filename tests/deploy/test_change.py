"""A change is the difference of two lists, and every part of it has one cause."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from forwardresolve import ForwardingGraph, Resolution, resolve
from forwardresolve.addresses import domain_of
from forwardresolve.deploy.change import BY_EXCEPTIONS, BY_SETTINGS, EXCEPTION, FIRST, UNKNOWN, compare
from forwardresolve.deploy.ways import Ways, ways
from forwardresolve.rspamd import RspamdSettings, artifacts
from forwardresolve.rspamd.reading import read_keys
from forwardresolve.sdk import Domain, DomainAlias, Forward, Mailbox, Record
from scenarios import scenario_records
from worlds import random_world

PLUGIN = RspamdSettings(profile="plugin")


def resolved(*records: Record, kept_copy: str = "list") -> Resolution:
    return resolve(ForwardingGraph.from_records(records, kept_copy=kept_copy))  # type: ignore[arg-type] # a choice


def listed(resolution: Resolution, settings: RspamdSettings = PLUGIN) -> tuple[frozenset[str], Ways]:
    maps = [each.content for each in artifacts(resolution, settings) if each.kind == "map"]
    return read_keys(maps), ways(resolution)


def causes(before: tuple[Record, ...], after: tuple[Record, ...]) -> list[str]:
    (keys, was), (keys_after, now) = listed(resolved(*before)), listed(resolved(*after))
    return [each.summary for each in compare(keys, keys_after, was, now).causes]


BASE = (
    Domain("a.example"),
    Domain("b.example"),
    Domain("x.example"),
    Forward("sales@a.example", "team@b.example"),
    Forward("shop@a.example", "sales@a.example"),
    Forward("team@b.example", "box@b.example"),
    Forward("news@a.example", "list@x.example"),
    Forward("letter@a.example", "list@x.example"),
    Forward("old@b.example", "old@gmail.example"),
)


def without(*gone: str) -> tuple[Record, ...]:
    return tuple(
        each
        for each in BASE
        if (each.name if isinstance(each, Domain) else getattr(each, "source", "")) not in gone
    )


def test_everything_behind_a_new_forwarding_comes_from_it() -> None:
    after = (*without("team@b.example"), Forward("team@b.example", "x@gmail.example"))

    assert causes(BASE, after) == ["team@b.example now -> x@gmail.example: +3"]


def test_everything_behind_a_forwarding_that_is_gone_goes_with_it() -> None:
    chain = Forward("info@a.example", "old@b.example")

    assert causes(BASE, without("old@b.example")) == ["old@b.example no longer -> old@gmail.example: -1"]
    assert causes((*BASE, chain), (*without("old@b.example"), chain)) == [
        "old@b.example no longer -> old@gmail.example: -2"
    ]


def test_a_domain_that_is_not_hosted_any_more_is_one_cause() -> None:
    assert causes(BASE, without("x.example")) == ["domain x.example no longer hosted: +2"]


def test_a_domain_that_is_hosted_again_is_one_cause() -> None:
    assert causes(without("x.example"), BASE) == ["domain x.example now hosted: -2"]


def test_a_hosted_domain_that_goes_takes_its_addresses_with_it() -> None:
    assert causes(BASE, without("b.example", "old@b.example")) == ["domain b.example no longer hosted: +2 -1"]


def test_the_twins_of_a_new_domain_alias_come_from_the_domain() -> None:
    assert causes(BASE, (*BASE, DomainAlias("shop.example", "b.example"))) == [
        "domain shop.example now hosted: +1"
    ]


def test_an_address_that_reached_outside_all_along_is_up_to_the_settings() -> None:
    keys, known = listed(resolved(*BASE, Forward("info@a.example", "old@b.example")))

    comes = compare(keys - {"old@b.example"}, keys, known, known)
    goes = compare(keys, keys - {"old@b.example"}, known, known)

    assert [each.summary for each in comes.causes] == [f"{BY_SETTINGS}: +1"]
    assert [each.summary for each in goes.causes] == [f"{BY_SETTINGS}: -1"]


def test_an_exception_of_a_catch_all_that_comes_is_an_address_that_goes() -> None:
    before = (Domain("a.example"), Forward("@a.example", "all@gmail.example"))
    keeps = (*before, Mailbox("ann@a.example"), Forward("ann@a.example", "ann@a.example"))

    assert causes(before, keeps) == [f"{BY_EXCEPTIONS}: -1"]
    assert causes(keeps, before) == [f"{BY_EXCEPTIONS}: +1"]


def test_the_first_list_is_one_cause() -> None:
    keys, now = listed(resolved(*BASE))

    change = compare(frozenset(), keys, None, now)

    assert [each.summary for each in change.causes] == [f"{FIRST}: +1"]
    assert change.added[0].way == ("old@b.example", "old@gmail.example")


def test_without_the_ways_of_before_the_difference_is_the_same() -> None:
    keys, now = listed(resolved(*BASE))

    change = compare({"gone@a.example"}, keys, None, now)

    assert [each.summary for each in change.causes] == [f"{UNKNOWN}: +1 -1"]
    assert change.removed[0].way == ("gone@a.example",)


def test_a_copy_of_all_mail_is_a_way_out() -> None:
    copied = Forward("ann@a.example", "archive@elsewhere.example", table="bcc")
    _, now = listed(resolved(Domain("a.example"), Mailbox("ann@a.example"), copied))

    assert now.of("ann@a.example") == ("ann@a.example", "archive@elsewhere.example")


def test_a_way_on_a_circle_comes_to_an_end() -> None:
    circle = Ways({"a@a.example": "b@a.example", "b@a.example": "a@a.example"}, frozenset())

    assert circle.of("a@a.example") == ("a@a.example", "b@a.example")


@pytest.mark.parametrize("settings", [PLUGIN, RspamdSettings()], ids=["plugin", "multimap"])
@pytest.mark.parametrize("seed", range(3))
def test_on_random_hosts_the_change_is_the_difference_and_the_causes_sum_up(
    seed: int, settings: RspamdSettings
) -> None:
    rng = Random(seed)  # noqa: S311 (repeatable, not secret)
    sides: list[tuple[Resolution, frozenset[str], Ways]] = []
    while len(sides) < 60:
        records, options = scenario_records(random_world(rng))
        resolution = resolve(ForwardingGraph.from_records(records, **options))
        if resolution.graph.rows.domains:
            sides.append((resolution, *listed(resolution, settings)))
    for (_, before, was), (resolution, after, now) in pairwise(sides):
        change = compare(before, after, was, now)

        assert {each.key for each in change.added} == after - before
        assert {each.key for each in change.removed} == before - after
        assert sum(each.added for each in change.causes) == change.amounts.added
        assert sum(each.removed for each in change.causes) == change.amounts.removed
        assert {each.text for each in change.causes} == {each.cause for each in change.added + change.removed}
        for line in change.added:
            if line.key.startswith("@.") or line.key.endswith(EXCEPTION) or "+*@" in line.key:
                continue
            graph, end = resolution.graph, line.way[-1]
            final = graph.stop(end).final
            assert not graph.hosts(domain_of(end)) or (
                final is not None and graph.settings.counts_as_outside(final.kind)
            ), line
