"""What is deployed, what is refused, who lets it through, and the way back."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING

import attrs
import pytest

from deploy.hosts import PLUGIN, forwards, site
from forwardresolve import pipeline
from forwardresolve.deploy import releasing
from forwardresolve.deploy.front_end import FrontEnd
from forwardresolve.deploy.guard import Guard, Limits
from forwardresolve.deploy.policy import Deploy
from forwardresolve.deploy.state import locked, read_state
from forwardresolve.errors import ConfigError, TargetError, UnsafeChange
from forwardresolve.rspamd import RspamdSettings
from forwardresolve.sdk import Domain, Forward

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from deploy.hosts import Site


@pytest.fixture
def deployed(tmp_path: Path) -> Site:
    """A hundred forwardings in two domains, on both front ends."""
    made = site(tmp_path, (*forwards(60), *forwards(40, "b.example")))
    made.apply(first=True)
    return made


def outcome(made: Site) -> str:
    run = read_state(made.config.state_dir).run
    return run.outcome if run else ""


def test_a_first_list_has_to_be_called_so(tmp_path: Path) -> None:
    made = site(tmp_path, forwards(1))

    with pytest.raises(UnsafeChange, match=r"no target holds a list and none was kept.*apply --first"):
        made.apply()
    assert not made.root("mx1").exists()
    assert [each.changed for each in made.apply(first=True)] == [True, True]
    assert made.map().endswith("u0@a.example\n")


def test_a_second_run_changes_nothing(deployed: Site) -> None:
    before = {path: path.stat().st_mtime_ns for path in deployed.path.rglob("*inc.local")}

    plan = deployed.plan()

    assert not plan.changes
    assert {each.changed for each in pipeline.apply(plan)} == {False}
    assert {path: path.stat().st_mtime_ns for path in deployed.path.rglob("*inc.local")} == before
    assert outcome(deployed) == "unchanged"


def test_a_change_comes_to_every_target(deployed: Site) -> None:
    deployed.panel.set(*deployed.panel.given, Forward("new@a.example", "x@gmail.example"))

    assert [each.changed for each in deployed.apply()] == [True, True]
    assert "new@a.example\n" in deployed.map()
    assert outcome(deployed) == "done"


def test_the_sudden_loss_of_half_the_domains_is_refused(deployed: Site) -> None:
    digests = [deployed.held("mx1"), deployed.held("mx2")]
    deployed.panel.set(*forwards(60))

    with pytest.raises(UnsafeChange) as caught:
        deployed.apply()
    told = str(caught.value)
    assert "target mx1: 40 addresses of 100 (40%) would go" in told
    assert "source panel has 60 forwardings, and 100 in its last good run (-40%)" in told
    assert "the biggest causes: domain b.example no longer hosted: -40" in told
    assert f"forwardresolve approve {deployed.plan().digest[:12]} --reason" in told
    assert [deployed.held("mx1"), deployed.held("mx2")] == digests
    assert outcome(deployed) == "refused"


def test_a_list_of_domains_that_is_read_short_is_refused(tmp_path: Path) -> None:
    inside = [Domain("x.example"), *(forwards(60, to="box@x.example"))]
    made = site(tmp_path, (*inside, Forward("old@a.example", "out@elsewhere.example")))
    made.apply(first=True)
    made.panel.set(*made.panel.given[1:])

    with pytest.raises(UnsafeChange, match=r"60 addresses of 1 .* would come"):
        made.apply()
    assert made.map().count("\n") == 2


def test_no_address_stands_in_a_refusal(deployed: Site) -> None:
    deployed.panel.set(*forwards(60), Domain("b.example"))

    with pytest.raises(UnsafeChange) as caught:
        deployed.apply()
    assert "...@b.example no longer -> ...@elsewhere.example: -40" in str(caught.value)
    assert "u1" not in str(caught.value)


def test_an_approval_releases_exactly_that_plan_and_only_once(deployed: Site, now: dt.datetime) -> None:
    all_of_it = deployed.panel.given
    deployed.panel.set(*forwards(60))
    digest = deployed.plan().digest

    assert releasing.approve(deployed.config.state_dir, digest[:12], "moved away", now) is False
    deployed.panel.set(*forwards(59))
    with pytest.raises(UnsafeChange):
        deployed.apply()
    deployed.panel.set(*forwards(60))
    assert [each.changed for each in deployed.apply()] == [True, True]
    state = read_state(deployed.config.state_dir)
    assert state.approvals == ()
    assert [(each.how, each.reason) for each in state.releases][-1] == ("approved", "moved away")
    deployed.panel.set(*all_of_it)
    deployed.apply()
    deployed.panel.set(*forwards(60))
    with pytest.raises(UnsafeChange):
        deployed.apply()


def test_an_approval_of_the_plan_of_the_last_run_is_known(deployed: Site, now: dt.datetime) -> None:
    deployed.panel.set(*forwards(60))
    with pytest.raises(UnsafeChange):
        deployed.apply()

    assert releasing.approve(deployed.config.state_dir, deployed.plan().digest, "moved", now) is True


@pytest.mark.parametrize(
    ("digest", "reason"), [("no digest", "x"), ("abc", "x"), ("AB" * 32, "x"), ("ab" * 32, " ")]
)
def test_an_approval_needs_a_digest_and_a_reason(
    digest: str, reason: str, tmp_path: Path, now: dt.datetime
) -> None:
    with pytest.raises(UnsafeChange):
        releasing.approve(tmp_path, digest, reason, now)


def test_force_needs_a_reason_and_is_remembered(deployed: Site) -> None:
    deployed.panel.set(*forwards(60))

    with pytest.raises(UnsafeChange, match="force needs a reason"):
        deployed.apply(force=True)
    assert [each.changed for each in deployed.apply(force=True, reason="it is right")] == [True, True]
    assert read_state(deployed.config.state_dir).releases[-1].how == "forced"


def test_the_loss_of_a_source_is_refused_even_where_no_address_goes(tmp_path: Path) -> None:
    domains = [Domain(f"d{number}.example") for number in range(40)]
    made = site(tmp_path, (*forwards(1), *domains))
    made.apply(first=True)
    made.panel.set(*made.panel.given[:-10])

    with pytest.raises(UnsafeChange, match="source panel has 31 domains, and 41"):
        made.apply()


def test_a_new_target_never_trips_the_guard(deployed: Site) -> None:
    config = deployed.config
    third = FrontEnd(target=attrs.evolve(config.targets[0].target, name="mx3", root=deployed.root("mx3")))  # type: ignore[misc] # a Directory
    bigger = attrs.evolve(deployed, config=attrs.evolve(config, targets=(*config.targets, third)))

    assert [each.changed for each in bigger.apply()] == [False, False, True]
    assert bigger.map("mx3") == bigger.map("mx1")


def test_a_lost_state_is_no_first_run(deployed: Site) -> None:
    shutil.rmtree(deployed.config.state_dir)
    assert [each.changed for each in deployed.apply()] == [False, False]
    shutil.rmtree(deployed.config.state_dir)
    deployed.panel.set(*forwards(60))

    with pytest.raises(UnsafeChange, match="target mx1: 40 addresses of 100"):
        deployed.apply()


def test_lost_targets_are_judged_by_what_was_kept(deployed: Site) -> None:
    shutil.rmtree(deployed.root("mx1"))
    shutil.rmtree(deployed.root("mx2"))
    all_of_it = deployed.panel.given
    deployed.panel.set(*forwards(60))

    with pytest.raises(UnsafeChange, match="target mx1: 40 addresses of 100"):
        deployed.apply()
    deployed.panel.set(*all_of_it)
    assert [each.changed for each in deployed.apply()] == [True, True]


def test_where_the_newest_kept_list_is_damaged_the_one_before_is_the_measure(deployed: Site) -> None:
    changed(deployed, "new")
    for kept in pipeline.status(deployed.config).kept[:2]:
        (deployed.config.state_dir / "generations" / kept.digest / "0.map.gz").write_bytes(b"")
    shutil.rmtree(deployed.root("mx1"))
    shutil.rmtree(deployed.root("mx2"))
    deployed.panel.set(*forwards(60))

    with pytest.raises(UnsafeChange, match="target mx1: 40 addresses of 100"):
        deployed.apply()


def test_a_source_that_is_not_configured_any_more_is_not_missed(deployed: Site) -> None:
    other = attrs.evolve(deployed.config, sources={"office": deployed.panel})

    assert pipeline.plan(other).check() == ()


def test_a_target_whose_map_is_damaged_is_judged_by_the_others(deployed: Site) -> None:
    path = deployed.root("mx1") / "local.d/maps.d/forwardings.inc.local"
    path.write_bytes(path.read_bytes()[:200])

    assert [each.changed for each in deployed.apply()] == [True, False]
    assert deployed.map().count("\n") == 101


def test_a_target_may_have_limits_of_its_own(tmp_path: Path) -> None:
    guard = Guard(target={"mx2": Limits(added=100)})
    made = site(tmp_path, forwards(1), guard=guard)
    made.apply(first=True)
    made.panel.set(*forwards(99))

    with pytest.raises(UnsafeChange) as caught:
        made.apply()
    assert "target mx1: 98" in str(caught.value)
    assert "target mx2" not in str(caught.value)
    assert made.plan().check(Guard(added=100)) == ()


def test_a_failing_target_does_not_stop_the_others_and_is_tried_again(deployed: Site) -> None:
    stranger = deployed.root("mx1") / "local.d/maps.d/forwardings.inc.local"
    before = stranger.read_bytes()
    stranger.write_text("mine\n")
    deployed.panel.set(*deployed.panel.given, Forward("new@a.example", "x@gmail.example"))

    outcomes = deployed.apply()

    assert [each.changed for each in outcomes] == [False, True]
    assert "was not written by forwardresolve" in outcomes[0].error
    assert outcome(deployed) == "partly"
    stranger.write_bytes(before)
    assert [each.changed for each in deployed.apply()] == [True, False]
    assert "new@a.example\n" in deployed.map()


def test_a_failure_may_stop_those_behind_it(tmp_path: Path) -> None:
    made = site(tmp_path, forwards(1), deploy=Deploy(on_failure="stop"))
    (made.root("mx1")).write_text("a file in its place")

    outcomes = made.apply(first=True)

    assert [bool(each.error) for each in outcomes] == [True, True]
    assert outcomes[1].error == "target mx2: not tried, because one before it failed"
    assert not made.root("mx2").exists()


def test_a_target_that_has_moved_since_the_plan_is_left(deployed: Site) -> None:
    deployed.panel.set(*deployed.panel.given, Forward("new@a.example", "x@gmail.example"))
    plan = deployed.plan()
    deployed.panel.set(*deployed.panel.given, Forward("newer@a.example", "x@gmail.example"))
    deployed.apply()

    outcomes = pipeline.apply(plan)

    assert all("holds something else than when the change was planned" in each.error for each in outcomes)
    assert "newer@a.example\n" in deployed.map()


def test_two_runs_at_once_are_one_run(deployed: Site) -> None:
    plan = deployed.plan()

    with locked(deployed.config.state_dir), pytest.raises(TargetError, match="another run is under way"):
        pipeline.apply(plan)


def test_a_run_that_fails_before_it_deploys_is_remembered(deployed: Site) -> None:
    pipeline.note_failure(deployed.config, TargetError("the reason"))

    run = read_state(deployed.config.state_dir).run
    assert run is not None
    assert (run.outcome, run.text, bool(run.success)) == ("failed", "the reason", True)


def test_a_failure_that_cannot_be_remembered_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "state").touch()

    pipeline.note_failure(site(tmp_path).config, TargetError("the reason"))


def test_without_a_target_there_is_nothing_to_plan(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"^target: there is none; name a front end in a table \[\[target\]\]"
    ):
        site(tmp_path, forwards(1), targets=()).plan()


def test_the_ways_of_before_are_told_even_where_only_they_had_changed(deployed: Site) -> None:
    moved = [
        attrs.evolve(each, destinations="y@yahoo.example") if isinstance(each, Forward) else each
        for each in deployed.panel.given
    ]
    deployed.panel.set(*moved)
    assert {each.changed for each in deployed.apply()} == {False}
    deployed.panel.set(*(each for each in moved if getattr(each, "source", "") != "u1@a.example"))

    change = deployed.plan().targets[0].change

    assert change is not None
    (gone,) = change.removed
    assert gone.way == ("u1@a.example", "y@yahoo.example")


def changed(made: Site, *names: str) -> None:
    """Deploy one more address after the other."""
    for name in names:
        made.panel.set(*made.panel.given, Forward(f"{name}@a.example", "x@gmail.example"))
        made.apply()


def test_a_rollback_brings_back_what_was_held_and_holds_it(deployed: Site) -> None:
    before = deployed.map(), deployed.held("mx2")
    changed(deployed, "new")

    outcomes = pipeline.roll_back(deployed.config, reason="it refuses good mail")

    assert [each.changed for each in outcomes] == [True, True]
    assert (deployed.map(), deployed.held("mx2")) == before
    with pytest.raises(UnsafeChange, match=r"nothing is deployed since the rollback .*it refuses good mail"):
        deployed.apply()
    assert outcome(deployed) == "held"
    assert (deployed.map(), deployed.held("mx2")) == before
    deployed.apply(resume=True)
    assert "new@a.example\n" in deployed.map()
    assert [each.changed for each in deployed.apply()] == [False, False]


def test_each_rollback_goes_further(deployed: Site) -> None:
    maps = [deployed.map()]
    for name in ("one", "two", "three"):
        changed(deployed, name)
        maps.append(deployed.map())

    for wanted in (maps[2], maps[1], maps[0]):
        pipeline.roll_back(deployed.config, reason="further")
        assert deployed.map() == wanted
    with pytest.raises(UnsafeChange, match="no target has an earlier generation that is kept"):
        pipeline.roll_back(deployed.config, reason="further")


def test_a_rollback_may_name_a_generation_and_leaves_targets_of_another_profile(deployed: Site) -> None:
    first, wanted = deployed.map(), deployed.held("mx1")
    changed(deployed, "one", "two")
    plugin = deployed.held("mx2")

    outcomes = pipeline.roll_back(deployed.config, reason="back", to=wanted[:12])

    assert deployed.map() == first
    assert [each.changed for each in outcomes] == [True, False]
    assert outcomes[1].error == "target mx2: has no such generation to go back to; it stays as it is"
    assert deployed.held("mx2") == plugin


def test_a_generation_of_the_same_profile_may_come_to_a_target_that_never_held_it(tmp_path: Path) -> None:
    made = site(tmp_path, forwards(1), targets=(("mx1", RspamdSettings()), ("mx2", RspamdSettings())))
    made.apply(first=True)
    only = attrs.evolve(made, config=attrs.evolve(made.config, targets=made.config.targets[:1]))
    changed(only, "one")
    wanted = made.held("mx1")
    changed(made, "two")

    assert [each.error for each in pipeline.roll_back(made.config, reason="back", to=wanted)] == ["", ""]
    assert made.held("mx1") == made.held("mx2") == wanted


@pytest.mark.parametrize(("to", "said"), [("f" * 64, "no generation that is kept"), ("", "needs a reason")])
def test_a_rollback_to_nowhere_is_refused(to: str, said: str, deployed: Site) -> None:
    with pytest.raises(UnsafeChange, match=said):
        pipeline.roll_back(deployed.config, reason="why" if to else " ", to=to)
    assert read_state(deployed.config.state_dir).hold is None


def test_a_digest_that_begins_several_generations_is_refused(deployed: Site) -> None:
    changed(deployed, *(f"n{number}" for number in range(9)))
    begins = Counter(each.digest[0] for each in pipeline.status(deployed.config).kept)

    with pytest.raises(UnsafeChange, match="begins the digest of several generations"):
        pipeline.roll_back(deployed.config, reason="why", to=begins.most_common(1)[0][0])


def test_a_target_that_is_down_is_no_obstacle_to_a_rollback(deployed: Site) -> None:
    before = deployed.held("mx2")
    changed(deployed, "new")
    path = deployed.root("mx1") / "local.d/maps.d/forwardings.inc.local"
    path.write_text("mine\n")

    outcomes = pipeline.roll_back(deployed.config, reason="back")

    assert [each.changed for each in outcomes] == [False, True]
    assert "was not written by forwardresolve" in outcomes[0].error
    assert deployed.held("mx2") == before


def test_a_profile_that_changes_is_a_new_list_and_no_flood(deployed: Site) -> None:
    targets = tuple(attrs.evolve(each, rspamd=PLUGIN) for each in deployed.config.targets)
    other = attrs.evolve(deployed, config=attrs.evolve(deployed.config, targets=targets))

    assert [each.changed for each in other.apply()] == [True, False]
