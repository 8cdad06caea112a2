"""A plan is read in a hurry, by a program, or next to a ticket; and it is the one that was looked at."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import attrs
import pytest

from deploy.hosts import forwards, site
from forwardresolve.deploy.policy import Fallback
from forwardresolve.deploy.saved import save, still_holds
from forwardresolve.deploy.showing import as_json, as_markdown, as_text
from forwardresolve.errors import TargetError, UnsafeChange
from forwardresolve.rspamd import RspamdSettings
from forwardresolve.sdk import Domain, Forward, Mailbox

if TYPE_CHECKING:
    from pathlib import Path

    from deploy.hosts import Site

ALIKE = (("mx1", RspamdSettings()), ("mx2", RspamdSettings()))


@pytest.fixture
def deployed(tmp_path: Path) -> Site:
    made = site(tmp_path, (*forwards(60), Domain("b.example")), targets=ALIKE)
    made.apply(first=True)
    return made


def test_a_text_names_every_change_under_its_cause_with_its_way(deployed: Site) -> None:
    deployed.panel.set(
        *deployed.panel.given[2:],
        Domain("a.example"),
        Forward("team@b.example", "x@gmail.example"),
        Forward("sales@a.example", "team@b.example"),
    )
    plan = deployed.plan()
    held, wanted = plan.targets[0].held, plan.targets[0].wanted
    assert held is not None

    assert [*as_text(plan)] == [
        f"mx1, mx2: {held.digest[:12]} -> {wanted.digest[:12]}; +2 -1, then 61 keys",
        "  team@b.example now -> x@gmail.example: +2",
        "  + sales@a.example  now: sales@a.example -> team@b.example -> x@gmail.example",
        "  + team@b.example  now: team@b.example -> x@gmail.example",
        "  u0@a.example no longer -> out@elsewhere.example: -1",
        "  - u0@a.example  was: u0@a.example -> out@elsewhere.example",
        "the guard lets it pass",
        f"plan {plan.digest[:12]}",
    ]


def test_a_long_cause_is_cut_short_unless_all_is_wanted(deployed: Site) -> None:
    deployed.panel.set(*forwards(60), *forwards(45, "c.example", to="hub@b.example"), Domain("b.example"))
    deployed.panel.set(*deployed.panel.given, Forward("hub@b.example", "x@gmail.example"))
    plan = deployed.plan()

    short, full = [*as_text(plan)], [*as_text(plan, full=True)]

    assert "    ... and 36 more" in short
    assert len([line for line in short if line.startswith("  + ")]) == 10
    assert len([line for line in full if line.startswith("  + ")]) == 46


def test_very_many_causes_are_cut_short(deployed: Site) -> None:
    deployed.panel.set(*deployed.panel.given, *(Forward(f"n{n}@b.example", "x@y.example") for n in range(40)))

    assert "  ... and 10 more causes: +10 -0" in [*as_text(deployed.plan())]
    assert [*as_markdown(deployed.plan(), full=True)].count(
        "| `n7@b.example now -> x@y.example` | 1 | 0 |"
    ) == 1


def test_exceptions_settings_and_what_is_down_are_said(tmp_path: Path) -> None:
    plugin = RspamdSettings(profile="plugin", protect=("box@a.example",))
    inside = (Mailbox("ann@a.example"), Forward("ann@a.example", "ann@a.example"), Mailbox("box@a.example"))
    made = site(
        tmp_path,
        (Domain("a.example"), Forward("@a.example", "x@gmail.example"), *inside),
        targets=(("mx1", plugin),),
        fallbacks={"panel": Fallback(on_unavailable="last-good")},
    )
    text = [*as_text(made.plan())]
    assert "  + ann@a.example -  now: stays inside, though its domain is listed" in text
    assert any(line.startswith("the guard refuses: no target holds a list") for line in text)
    made.apply(first=True)
    made.panel.is_down = True
    plan = made.plan()
    assert [*as_text(plan)] == [
        f"mx1: holds {plan.targets[0].wanted.digest[:12]}, nothing to do",
        f"source panel is down; its read of {plan.last_good['panel']} stands in for it",
        f"plan {plan.digest[:12]}",
    ]
    assert [*as_markdown(plan)][-1].startswith("- source panel is down")


def test_a_protected_address_without_a_way_stands_alone(tmp_path: Path) -> None:
    made = site(
        tmp_path,
        (*forwards(1), Mailbox("box@a.example")),
        targets=(("mx1", RspamdSettings(protect=("box@a.example",))),),
    )

    assert "  + box@a.example" in [*as_text(made.plan())]


def test_a_target_that_cannot_be_asked_is_said(deployed: Site) -> None:
    path = deployed.root("mx2") / "local.d/maps.d/forwardings.inc.local"
    path.write_text("mine\n")

    plan = deployed.plan()

    first, second, *_ = as_text(plan)
    assert first.startswith("mx1: holds ")
    assert second.startswith(f"mx2: cannot be asked (target mx2: {path}: was not written by forwardresolve")
    told = as_json(plan)["targets"][1]
    assert (told["held"], told["amounts"], bool(told["error"])) == (None, None, True)


def test_markdown_has_a_table_of_causes_and_a_difference(deployed: Site) -> None:
    deployed.panel.set(*deployed.panel.given, Forward("team@b.example", "x@gmail.example"))

    text = "\n".join(as_markdown(deployed.plan()))

    assert "\n## mx1, mx2\n" in text
    assert "\n| `team@b.example now -> x@gmail.example` | 1 | 0 |\n" in text
    assert "```diff\n  team@b.example now -> x@gmail.example: +1\n  + team@b.example" in text


def test_markdown_without_a_change_is_short(deployed: Site) -> None:
    plan = deployed.plan()

    assert [line for line in as_markdown(plan) if line] == [
        f"# Plan {plan.digest[:12]}",
        "## mx1, mx2",
        f"holds {plan.targets[0].wanted.digest[:12]}, nothing to do.",
    ]


def test_json_has_all_of_it(deployed: Site) -> None:
    deployed.panel.set(*deployed.panel.given, Forward("team@b.example", "x@gmail.example"))

    told = json.loads(json.dumps(as_json(deployed.plan())))

    assert (told["schema_version"], told["changes"], told["refusals"]) == (1, True, [])
    assert told["sources"]["panel"]["before"] == {"domains": 2, "forwardings": 60}
    assert told["targets"][0]["added"] == [
        {
            "key": "team@b.example",
            "way": ["team@b.example", "x@gmail.example"],
            "cause": "team@b.example now -> x@gmail.example",
        }
    ]
    assert told["targets"][0]["amounts"] == {"held": 60, "removed": 0, "added": 1, "listed": 61}


def test_a_saved_plan_is_the_plan_until_something_moves(deployed: Site, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    deployed.panel.set(*deployed.panel.given, Forward("team@b.example", "x@gmail.example"))
    save(deployed.plan(), path, "1.0")
    assert path.stat().st_mode & 0o777 == 0o600

    still_holds(deployed.plan(), path, "1.0")
    with pytest.raises(
        UnsafeChange, match=r"was made by forwardresolve 1\.0, and this is 2\.0; make the plan"
    ):
        still_holds(deployed.plan(), path, "2.0")
    deployed.panel.set(*deployed.panel.given, Forward("more@b.example", "x@gmail.example"))
    with pytest.raises(UnsafeChange, match="the sources have changed for target mx1"):
        still_holds(deployed.plan(), path, "1.0")
    deployed.apply()
    with pytest.raises(UnsafeChange, match="target mx1 holds something else"):
        still_holds(deployed.plan(), path, "1.0")


def test_a_plan_that_only_the_guard_sees_otherwise_is_another_one(deployed: Site, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    save(deployed.plan(), path, "1.0")
    deployed.panel.set(Domain("b.example"), *deployed.panel.given)
    plan = attrs.evolve(deployed.plan(), sources_before={})
    still_holds(plan, path, "1.0")

    with pytest.raises(UnsafeChange, match="the sources gave something else"):
        still_holds(attrs.evolve(plan, is_first=True), path, "1.0")


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"targets": 3}', "\udcff"])
def test_a_file_that_is_no_plan_is_refused(text: str, deployed: Site, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(text.encode(errors="surrogateescape"))

    with pytest.raises(UnsafeChange, match="is no plan of forwardresolve"):
        still_holds(deployed.plan(), path, "1.0")


def test_files_that_cannot_be_used_are_told(deployed: Site, tmp_path: Path) -> None:
    with pytest.raises(UnsafeChange, match="cannot be read: No such file"):
        still_holds(deployed.plan(), tmp_path / "nothing", "1.0")
    with pytest.raises(TargetError, match="cannot be written: No such file"):
        save(deployed.plan(), tmp_path / "no" / "where", "1.0")
