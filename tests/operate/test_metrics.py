"""The metrics: what Prometheus reads is what the runs have left."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from forwardresolve import __version__
from forwardresolve.deploy.state import State
from forwardresolve.errors import TargetError
from forwardresolve.operate.metrics import metrics, write_metrics
from operate.states import HOLD, NOW, a_run, a_source, a_state, a_target, ago, verified

if TYPE_CHECKING:
    from pathlib import Path

SAMPLE = re.compile(r'(\w+)(?:\{(\w+="(?:[^"\\\n]|\\.)*"(?:,\w+="(?:[^"\\\n]|\\.)*")*)\})? (\S+)')


def samples(text: str) -> dict[str, float]:
    """Read the text format: every value by its name and labels."""
    found = {}
    families = []
    for line in text.splitlines():
        if line.startswith("# HELP "):
            families.append(line.split(" ")[2])
        elif line.startswith("# TYPE "):
            assert line == f"# TYPE {families[-1]} gauge"
        else:
            sample = SAMPLE.fullmatch(line)
            assert sample is not None, line
            assert sample[1] == families[-1]
            found[line.rpartition(" ")[0].removeprefix("forwardresolve_")] = float(sample[3])
    assert len(families) == len(set(families))
    return found


def test_everything_that_is_known_is_told() -> None:
    now = NOW.timestamp()
    state = a_state(
        run=a_run(outcome="partly", success=ago(600)),
        targets={"mx1": a_target(), "mx2": a_target(held="b" * 64, error="no answer")},
        sources={"panel": a_source(last_good_from=ago(7200))},
        hold=HOLD,
    )

    assert samples(metrics(state, [verified(), verified(name="mx2", protects=None)])) == {
        f'info{{version="{__version__}"}}': 1,
        "run_timestamp_seconds": now - 60,
        "run_duration_seconds": 1.5,
        'run_outcome{outcome="partly"}': 1,
        "success_timestamp_seconds": now - 600,
        "held": 1,
        'source_domains{source="panel"}': 4,
        'source_forwardings{source="panel"}': 8,
        'source_last_good{source="panel"}': 1,
        'source_read_timestamp_seconds{source="panel"}': now - 7200,
        'target_generation_info{target="mx1",generation="aaaaaaaaaaaa"}': 1,
        'target_generation_info{target="mx2",generation="bbbbbbbbbbbb"}': 1,
        'target_current{target="mx1"}': 1,
        'target_current{target="mx2"}': 0,
        'target_timestamp_seconds{target="mx1"}': now - 3600,
        'target_timestamp_seconds{target="mx2"}': now - 3600,
        'target_answered_timestamp_seconds{target="mx1"}': now - 60,
        'target_answered_timestamp_seconds{target="mx2"}': now - 60,
        'protected{target="mx1"}': 1,
        'protected{target="mx2"}': 0,
        'verified_timestamp_seconds{target="mx1"}': now - 600,
        'verified_timestamp_seconds{target="mx2"}': now - 600,
    }


def test_what_is_not_known_is_left_out() -> None:
    assert samples(metrics(State(), ())) == {f'info{{version="{__version__}"}}': 1, "held": 0}
    told = samples(metrics(a_state(run=a_run(success=""), targets={"mx1": a_target(held="", at="")}), ()))
    assert "success_timestamp_seconds" not in told
    assert not any(name.startswith(("target_generation", "target_timestamp")) for name in told)


def test_a_source_that_answered_itself_is_no_stand_in() -> None:
    told = samples(metrics(a_state(), ()))

    assert told['source_last_good{source="panel"}'] == 0
    assert told['source_read_timestamp_seconds{source="panel"}'] == NOW.timestamp() - 60


def test_names_cannot_break_the_format() -> None:
    state = a_state(sources={'a"b\\c\nd': a_source()})

    assert samples(metrics(state, ()))['source_domains{source="a\\"b\\\\c\\nd"}'] == 4


def test_the_file_is_put_in_place_whole_and_readable_for_others(tmp_path: Path) -> None:
    path = tmp_path / "x.prom"
    path.write_text("old\n")
    before = path.stat().st_ino

    write_metrics(path, "new\n")

    assert path.read_text() == "new\n"
    assert path.stat().st_ino != before
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_a_directory_that_refuses_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="cannot be written"):
        write_metrics(tmp_path / "none" / "x.prom", "")
