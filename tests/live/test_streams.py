"""After every change of a random stream the answer is that of a full resolution, and the delta is exact."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

import pytest

from forwardresolve.live.edges import Edges
from forwardresolve.live.extensions import Extensions
from forwardresolve.live.forest import Forest
from forwardresolve.live.known import Known
from forwardresolve.live.upkeep import Upkeep
from live import streams

if TYPE_CHECKING:
    from collections.abc import Callable

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


def look_at_no_row_that_names_the_address(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Upkeep, "_watching", lambda *_: [])


def forget_the_domains_above(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Known, "above_all", lambda _, domain: (domain,))


def forget_the_names_of_a_domain(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Known, "groups_in", lambda *_: ())


def cut_no_more_than_the_row_itself(patch: pytest.MonkeyPatch) -> None:
    def cut(self: Forest, loose: list[str]) -> dict[str, None]:
        for name in loose:
            del self.via[name]
        return dict.fromkeys(loose)

    patch.setattr(Forest, "_cut", cut)


def hang_nothing_on_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Forest, "_hang", lambda *_: [])


def believe_that_extensions_stay_as_they_are(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Extensions, "facts", lambda *_: frozenset())


def forget_that_mailboxes_keep_copies(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Edges, "_stays", lambda *_: False)


PLANTED: Final = [
    look_at_no_row_that_names_the_address,
    forget_the_domains_above,
    forget_the_names_of_a_domain,
    cut_no_more_than_the_row_itself,
    hang_nothing_on_again,
    believe_that_extensions_stay_as_they_are,
    forget_that_mailboxes_keep_copies,
]


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__.replace("_", " "))
def test_a_planted_bug_is_seen(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        plant(patch)
        assert any(is_wrong(number) for number in range(2 * WORLDS))


def is_wrong(number: int) -> bool:
    try:
        return any(streams.wrong(FIXED_SEED, number))
    except (AssertionError, KeyError):  # a bug may break more than the answer
        return True


def test_the_script_fails_when_there_is_a_difference(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(streams, "with_delta", lambda before, _: before)
    assert streams.main(["--seed", str(FIXED_SEED), "--changes", "40"]) == 1
    assert "wrongly said:" in capsys.readouterr().out
