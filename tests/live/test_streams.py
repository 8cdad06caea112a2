"""After every change of a random stream the answer is that of a full resolution, and the delta is exact."""

from __future__ import annotations

import os
from typing import Final

import pytest

from live import streams

FIXED_SEED: Final = 7
SEEDS: Final = (FIXED_SEED, *map(int, os.environ.get("FORWARDRESOLVE_SEEDS", "").split()))
"""One seed for every run, so that a run says the same twice; more by name, or with the script."""
WORLDS: Final = 50


def test_two_thousand_changes_are_made() -> None:
    assert WORLDS * streams.CHANGES_A_WORLD >= 2000


@pytest.mark.parametrize("seed", SEEDS)
def test_every_delta_is_exact_and_everything_equals_a_full_resolution(seed: int) -> None:
    assert "\n\n".join(each for number in range(WORLDS) for each in streams.wrong(seed, number)) == ""


def test_the_script_repeats_one_world(capsys: pytest.CaptureFixture[str]) -> None:
    assert streams.main(["--seed", str(FIXED_SEED), "--world", "3"]) == 0
    assert capsys.readouterr().out.startswith(f"0 differences, {streams.CHANGES_A_WORLD} changes")


def test_a_planted_bug_is_seen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(streams, "with_delta", lambda before, _: before)
    assert streams.main(["--seed", str(FIXED_SEED), "--changes", "40"]) == 1
    assert "the delta is wrong" in capsys.readouterr().out
