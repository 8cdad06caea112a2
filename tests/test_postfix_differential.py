"""On random mail hosts the resolver says what a real Postfix does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from differential import Difference, compare, question, questions
from forwardresolve import ForwardingGraph
from worlds import RECIPIENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("private_postfix")]

FIXED_SEED = 20
SEEDS = (FIXED_SEED, *map(int, os.environ.get("FORWARDRESOLVE_SEEDS", "").split()))
"""One seed for every run, so that a run says the same twice; more by name, or with the script."""


def differences(seed: int, count: int) -> Iterator[Difference]:
    for asked in questions(seed, count):
        yield from compare(asked)


@pytest.mark.parametrize("seed", SEEDS)
def test_random_recipients_get_the_verdict_that_postfix_gives(seed: int) -> None:
    print(f"python tests/differential.py --seed {seed} --count 200")  # noqa: T201 (pytest shows it on failure)
    found = [*differences(seed, 200)]
    assert not found, "\n\n".join(map(str, found))


def test_a_planted_bug_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    find = ForwardingGraph.find

    def forget_extension(self: ForwardingGraph, *args: object) -> object:
        found = find(self, *args)  # type: ignore[arg-type]  # passed on as they come
        return found and (found[0], "")

    healthy = {str(difference) for difference in differences(FIXED_SEED, 200)}
    monkeypatch.setattr(ForwardingGraph, "find", forget_extension)
    found = {str(difference) for difference in differences(FIXED_SEED, 200)} - healthy
    assert found
    assert all("postfix:" in each and f"--seed {FIXED_SEED} --world" in each for each in found)


def test_a_seed_makes_the_same_world_again() -> None:
    assert question(FIXED_SEED, 3) == question(FIXED_SEED, 3)
    assert question(FIXED_SEED, 3) != question(FIXED_SEED, 4)
    assert len(question(FIXED_SEED, 3).recipients) <= RECIPIENTS
