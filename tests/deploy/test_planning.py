"""A process that stays plans by what has changed, and comes to the plan of one that has just started."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

import attrs
import pytest

from deploy.hosts import forwards, site
from forwardresolve import Delta, LiveResolution, pipeline
from forwardresolve.deploy.change import Change
from forwardresolve.deploy.guard import Guard
from forwardresolve.deploy.history import History
from forwardresolve.deploy.planning import Planning, Recent
from forwardresolve.deploy.target import Holding
from forwardresolve.errors import BackendIncomplete
from forwardresolve.pipeline.following import Following
from forwardresolve.reachability import resolve
from forwardresolve.rspamd import Exemption, RspamdSettings, formats
from forwardresolve.sources import read_all
from live.streams import CHANGES_A_WORLD, Stream

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deploy.hosts import Site
    from forwardresolve.deploy.plan import Plan

ANY = Guard(removed=9999, added=9999, allow_empty=True, lost=9999)
TARGETS = (
    ("mx1", RspamdSettings()),
    ("mx2", RspamdSettings(profile="plugin", map_format="cdb")),
    ("mx3", RspamdSettings(map_format="cdb", exempt=(Exemption("a@a.test", "a test"),))),
)


@attrs.define
class Staying:
    """A process that stays, with an answer that it follows."""

    host: Site
    live: LiveResolution
    following: Following
    recent: Recent

    def plan(self, deltas: Sequence[Delta] = ()) -> Plan:
        """Take changes over, and plan."""
        if not self.following.follow(deltas, self.live):
            self.following = Following(self.host.config, self.live)
        given = attrs.evolve(read_all(self.host.config), graph=self.live.graph)
        return pipeline.compare(self.host.config, given, self.following.made(), self.recent)

    def fresh(self) -> Plan:
        """Plan as a process that has just started."""
        given = attrs.evolve(read_all(self.host.config), graph=self.live.graph)
        return pipeline.compare(
            self.host.config, given, pipeline.make(self.host.config, resolve(self.live.graph))
        )


def staying(path: Path, stream: Stream, targets: tuple[tuple[str, RspamdSettings], ...] = TARGETS) -> Staying:
    host = site(path, forwards(3), targets=targets, guard=ANY)
    live = LiveResolution(stream.host.graph())
    return Staying(host, live, Following(host.config, live), Recent(History(host.config.state_dir)))


def said(plan: Plan) -> list[object]:
    """Return what a plan says, without the reasons: those of one that stays know more."""
    return [
        (
            each.wanted.digest,
            each.held,
            each.judged,
            [line.key for line in each.change.added] if each.change else None,
            [line.key for line in each.change.removed] if each.change else None,
        )
        for each in plan.targets
    ]


@pytest.mark.parametrize("number", range(3))
def test_it_plans_by_steps_what_a_new_process_plans_by_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(formats, "LARGE", 40)
    monkeypatch.setattr(formats, "OVERLAP", 20)
    rng = Random(f"steps/{number}")  # noqa: S311 (repeatable, not secret)
    stream = Stream(rng, calm=True)
    process = staying(tmp_path, stream)
    pipeline.apply(process.plan(), first=True)
    waiting: list[Delta] = []
    for _ in range(CHANGES_A_WORLD):
        waiting.append(process.live.apply(stream.changes()))
        if not process.live.graph.rows.domains:
            return
        if rng.random() < 0.3:
            continue  # the next plan is for both
        plan, fresh = process.plan(waiting), process.fresh()
        waiting.clear()
        assert said(plan) == said(fresh)
        assert (plan.listed, plan.digest) == (fresh.listed, fresh.digest)
        if rng.random() < 0.8:
            assert not any(each.error for each in pipeline.apply(plan, reason="a test", force=True))


def test_a_step_is_planned_without_reading_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = staying(tmp_path, Stream(Random(1), calm=True))  # noqa: S311 (repeatable, not secret)
    pipeline.apply(process.plan(), first=True)
    monkeypatch.setattr(History, "generation", None)
    monkeypatch.setattr(History, "ways", None)
    monkeypatch.setattr(Planning, "_keys_of", None)
    for _ in range(2):
        plan = process.plan((process.live.set_forwarding("neu@a.test", "x@far.test"),))
        change = plan.targets[0].change
        assert change is not None
        assert change.added[0].way == ("neu@a.test", "x@far.test")
        plan = process.plan((process.live.remove_forwarding("neu@a.test"),))
        assert plan.targets[0].change is None


def test_a_change_explains_itself_by_the_ways_of_before(tmp_path: Path) -> None:
    process = staying(tmp_path, Stream(Random(1), calm=True))  # noqa: S311 (repeatable, not secret)
    first = process.live.set_forwarding("neu@a.test", "x@far.test")
    pipeline.apply(process.plan((first,)), first=True)
    gone = process.live.remove_forwarding("neu@a.test")
    change = process.plan((gone,)).targets[0].change
    assert isinstance(change, Change)
    assert [each.summary for each in change.causes] == ["neu@a.test no longer -> x@far.test: -1"]
    assert [each.way for each in change.removed] == [("neu@a.test", "x@far.test")]


def test_what_a_target_holds_that_nobody_here_has_put_is_read(tmp_path: Path) -> None:
    process = staying(tmp_path, Stream(Random(2), calm=True))  # noqa: S311 (repeatable, not secret)
    pipeline.apply(process.plan(), first=True)
    target = process.host.config.targets[0].target
    plan = process.plan((process.live.set_forwarding("neu@a.test", "x@far.test"),))
    pipeline.apply(plan)
    older = Following(process.host.config, LiveResolution(Stream(Random(3), calm=True).host.graph()))  # noqa: S311 (as above)
    wanted = older.made().wanted[0][1]
    target.put(wanted, target.holding(wanted.digests))
    plan, fresh = process.plan(), process.fresh()
    assert said(plan) == said(fresh)
    assert plan.targets[0].patches is None
    assert plan.targets[0].held == Holding(wanted.digests, 3)


def test_without_steps_everything_is_read(tmp_path: Path) -> None:
    process = staying(tmp_path, Stream(Random(2), calm=True))  # noqa: S311 (repeatable, not secret)
    pipeline.apply(process.plan(), first=True)
    process.live.set_forwarding("neu@a.test", "x@far.test")
    given = attrs.evolve(read_all(process.host.config), graph=process.live.graph)
    made = pipeline.make(process.host.config, resolve(process.live.graph))
    plan = pipeline.compare(process.host.config, given, made, process.recent)
    assert said(plan) == said(process.fresh())
    assert [each.patches for each in plan.targets] == [None, None, None]


def test_what_is_followed_ends_with_the_last_hosted_domain(tmp_path: Path) -> None:
    process = staying(tmp_path, Stream(Random(2), calm=True))  # noqa: S311 (repeatable, not secret)
    deltas = [process.live.remove_domain(name) for name in [*process.live.graph.rows.domains]]
    assert any(deltas)
    assert not process.following.follow(deltas, process.live)
    with pytest.raises(BackendIncomplete):
        Following(process.host.config, process.live)


def test_only_so_many_earlier_generations_are_known(tmp_path: Path) -> None:
    process = staying(tmp_path, Stream(Random(1), calm=True), TARGETS[:1])  # noqa: S311 (repeatable, not secret)
    digests = [process.following.made().wanted[0][1].digest]
    for number in range(20):
        delta = process.live.set_forwarding(f"neu{number}@a.test", "x@far.test")
        assert process.following.follow((delta,), process.live)
        digests.append(process.following.made().wanted[0][1].digest)
    made = process.following.made()
    assert [made.steps(digest, digests[-1]) is not None for digest in digests] == [False] * 4 + [
        True
    ] * 16 + [False]
    assert made.steps(digests[-2], digests[0]) is None
