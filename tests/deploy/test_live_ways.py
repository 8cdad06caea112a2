"""The ways of an answer that changes are those of a whole look, wherever a key has come or gone."""

from __future__ import annotations

from random import Random

import pytest

from forwardresolve import Domain, Forward, ForwardingGraph, LiveResolution
from forwardresolve.deploy.live_ways import LiveWays
from forwardresolve.deploy.ways import way, ways
from live.streams import CHANGES_A_WORLD, Stream


def listed(live: LiveResolution) -> list[str]:
    return [*live.addresses, *(f"@{domain}" for domain in live.catch_alls)]


@pytest.mark.parametrize("number", range(10))
def test_the_way_of_one_key_is_that_of_a_whole_look(number: int) -> None:
    live = LiveResolution(Stream(Random(f"way/{number}"), calm=False).host.graph())  # noqa: S311 (repeatable, not secret)
    whole = ways(live)
    for key in listed(live):
        found = dict(way(live, key))
        walked = [key]
        while (onto := found.get(walked[-1])) is not None and onto not in walked:
            walked.append(onto)
        assert tuple(walked) == whole.of(key)


@pytest.mark.parametrize("number", range(10))
def test_what_comes_has_its_way_and_what_goes_had_it(number: int) -> None:
    stream = Stream(Random(f"ways/{number}"), calm=number % 2 == 0)  # noqa: S311 (repeatable, not secret)
    live = LiveResolution(stream.host.graph())
    following = LiveWays(live)
    for _ in range(CHANGES_A_WORLD):
        before = ways(live)
        had = following.now.onward.keys() and {**following.now.onward}
        delta = live.apply(stream.changes())
        earlier = following.follow(live, delta)
        now = ways(live)
        assert following.now.hosted == now.hosted
        for key in delta.addresses.appear:
            assert following.now.of(key) == now.of(key)
        was = earlier.ways(following.now)
        assert {**was.onward} == {**(had or {})}
        assert len(was.onward) == len(had or {})
        assert was.hosted == before.hosted


def test_a_way_that_several_changes_made_is_seen_from_before_all_of_them() -> None:
    live = LiveResolution(
        ForwardingGraph.from_records(
            [Domain("a.test"), Forward("a@a.test", "b@a.test"), Forward("b@a.test", "x@far.test")]
        )
    )
    following = LiveWays(live)
    first = following.follow(live, live.set_forwarding("b@a.test", "y@far.test"))
    second = following.follow(live, live.remove_forwarding("b@a.test"))
    third = following.follow(live, live.set_forwarding("c@a.test", "z@far.test"))
    assert following.now.of("c@a.test") == ("c@a.test", "z@far.test")
    assert following.now.of("a@a.test") == ("a@a.test",)
    was = first.then(second).then(third).ways(following.now)
    assert was.of("a@a.test") == ("a@a.test", "b@a.test", "x@far.test")
    assert was.of("c@a.test") == ("c@a.test",)


def test_a_place_that_mail_still_passes_keeps_its_way_though_it_is_listed_no_more() -> None:
    graph = ForwardingGraph.from_records(
        [Domain("a.test"), Forward("a@a.test", "x@far.test, a@a.test"), Forward("b@a.test", "a@a.test")],
        kept_copy="ignore",
    )
    live = LiveResolution(graph)
    following = LiveWays(live)
    following.follow(live, live.set_mailbox("a@a.test"))
    assert "a@a.test" not in live.addresses
    assert following.now.of("a@a.test") == ("a@a.test", "x@far.test")
