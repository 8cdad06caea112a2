"""The check: the worst decides, every problem is told, and the line is one that plugins may print."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs
import pytest

from forwardresolve.deploy.state import State
from forwardresolve.operate.nagios import Level, Limits, judge, unknown
from forwardresolve.operate.watching import Watched
from operate.states import HOLD, NOW, a_run, a_source, a_state, a_target, ago, verified

if TYPE_CHECKING:
    from forwardresolve.operate.protection import Verified

PERFORMANCE = re.compile(r"('[^'=]+'|[^\s'=]+)=-?\d+(\.\d+)?[a-z]*(;[\d.]*){0,4}")


def judged(state: State, *found: Verified, limits: Limits | None = None) -> tuple[Level, str]:
    judgement = judge(state, found, NOW, limits or Limits())
    text, _, data = judgement.line.partition(" | ")
    assert "\n" not in judgement.line
    assert "|" not in text + data
    assert data == "" or all(
        PERFORMANCE.fullmatch(each) for each in re.split(r" (?=(?:[^']*'[^']*')*[^']*$)", data)
    )
    assert text.startswith(f"FORWARDRESOLVE {judgement.level.name} - ")
    return judgement.level, text.partition(" - ")[2]


def test_where_all_is_well_the_numbers_are_told() -> None:
    line = judge(a_state(), [verified()], NOW, Limits()).line

    assert line == (
        "FORWARDRESOLVE OK - 2 targets hold what they should | age=60s;1800;7200;0 duration=1.500s;;;0 "
        "targets=2;;;0 behind=0;0;;0;2 unprotected=0;;0;0;1 'panel forwardings'=8;;;0"
    )


@pytest.mark.parametrize(
    ("state", "found", "level", "said"),
    [
        (State(), [], Level.UNKNOWN, "no run is known"),
        (a_state(run=a_run(success="")), [], Level.CRITICAL, "no run has succeeded yet"),
        (a_state(run=a_run(success=ago(1800))), [], Level.WARNING, "the last good run was"),
        (a_state(run=a_run(success=ago(7200))), [], Level.CRITICAL, "the last good run was"),
        (
            a_state(run=a_run(outcome="refused", digest="c" * 64)),
            [],
            Level.CRITICAL,
            "the guard refuses plan cccccccccccc",
        ),
        (
            a_state(run=a_run(outcome="failed", text="source panel: no answer")),
            [],
            Level.WARNING,
            "the last run has failed: source panel: no answer",
        ),
        (a_state(run=a_run(outcome="partly", text="1 failed")), [], Level.WARNING, "1 failed"),
        (a_state(hold=HOLD), [], Level.WARNING, "deployments rest since a rollback (a wrong list)"),
        (
            a_state(sources={"panel": a_source(last_good_from=ago(9999))}),
            [],
            Level.WARNING,
            "source panel is down",
        ),
        (
            a_state(targets={"mx1": a_target(error="target mx1: no answer")}),
            [],
            Level.WARNING,
            "target mx1: no answer",
        ),
        (
            a_state(targets={"mx1": a_target(held="b" * 64)}),
            [],
            Level.WARNING,
            "target mx1 does not hold what it should",
        ),
        (
            a_state(),
            [verified(protects=False, problems=("rspamd-map-empty",))],
            Level.CRITICAL,
            "mx1 does NOT PROTECT the list (rspamd-map-empty)",
        ),
        (
            a_state(),
            [verified(protects=False, problems=("rspamd-observing",))],
            Level.WARNING,
            'mx1 refuses nothing, because of mode = "observe"',
        ),
        (
            a_state(),
            [verified(protects=None, problems=("no answer",))],
            Level.WARNING,
            "mx1 cannot be verified: no answer",
        ),
        (a_state(), [verified(when=NOW.timestamp() - 3 * 3600)], Level.WARNING, "mx1 was verified"),
    ],
)
def test_every_problem_has_its_level(state: State, found: list[Verified], level: Level, said: str) -> None:
    assert judged(state, *found)[0] == level
    assert said in judged(state, *found)[1]


def test_the_worst_decides_and_comes_first() -> None:
    state = a_state(run=a_run(outcome="refused", digest="c" * 64), hold=HOLD)

    level, text = judged(state, verified(protects=None, problems=("no|answer",)))

    assert level == Level.CRITICAL
    assert text.startswith("the guard refuses")
    assert text.count("; ") == 2


def test_a_clock_that_was_moved_back_is_no_alarm() -> None:
    assert judged(a_state(run=a_run(success=ago(-9000))))[0] == Level.OK


def test_limits_are_those_of_the_site() -> None:
    assert judged(a_state(), limits=Limits(warning=10, critical=50))[0] == Level.CRITICAL
    assert judged(a_state(), limits=Limits(warning=10, critical=500))[0] == Level.WARNING


def test_what_cannot_be_judged_is_unknown_in_one_line() -> None:
    assert unknown("a\nb|c").line == "FORWARDRESOLVE UNKNOWN - a b/c"


def test_a_difference_that_watch_has_found_is_told_for_a_day() -> None:
    fresh = Watched(compared=ago(60), differences=1, differed=ago(3600), text="2 addresses")
    old = attrs.evolve(fresh, differed=ago(90_000))
    assert judge(a_state(), [verified()], NOW, Limits(), old).level is Level.OK
    said = judge(a_state(), [verified()], NOW, Limits(), fresh)
    assert said.level is Level.WARNING
    assert "60 min ago the answer of watch differed from a new one in 2 addresses" in said.line
