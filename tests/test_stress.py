"""On nasty random mail hosts everything says what a plain search says; and a bug would be seen."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

import pytest

from forwardresolve import Entry, lookup, survey
from forwardresolve.addresses import split_address, split_extension
from forwardresolve.graph import ForwardingGraph
from forwardresolve.nodes import Nodes
from stress import RECIPIENTS, differences, main

if TYPE_CHECKING:
    from collections.abc import Callable

FIXED_SEED: Final = 7
SEEDS: Final = (FIXED_SEED, *map(int, os.environ.get("FORWARDRESOLVE_SEEDS", "").split()))
"""One seed for every run, so that a run says the same twice; more by name, or with the script."""
WORLDS: Final = 130
WORLDS_UNTIL_A_BUG_SHOWS: Final = 600


def test_five_thousand_recipients_are_asked_about() -> None:
    assert WORLDS * RECIPIENTS >= 5000


@pytest.mark.parametrize("seed", SEEDS)
def test_every_answer_is_that_of_a_plain_search(seed: int) -> None:
    assert "\n\n".join(map(str, differences(seed, range(WORLDS)))) == ""


def forget_extension(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(lookup, "append_extension", lambda address, _: address)


def compute_no_stars(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Nodes, "star", lambda *_: None)


def compute_nothing_derived(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Nodes, "_derive", lambda *_: None)


def flip_the_sign_of_exceptions(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(survey, "Entry", lambda key, listed=True: Entry(key, listed=listed or key[0] != "@"))


def ask_an_own_row_before_the_catch_all_of_a_target(patch: pytest.MonkeyPatch) -> None:
    find = ForwardingGraph.find

    def find_own(self: ForwardingGraph, address: str, *args: Any) -> tuple[str, str] | None:  # noqa: ANN401 (passed on)
        found = find(self, address, *args)
        local, domain = split_address(address)
        if found and found[0][0] == "@" and found[0] != f"@{domain}":
            base, extension = split_extension(local, self.settings.recipient_delimiter)
            if extension and f"{base}@{domain}" in self.rows.tables["virtual"]:
                return f"{base}@{domain}", extension
        return found

    patch.setattr(ForwardingGraph, "find", find_own)


def forget_copies_by_bcc(patch: pytest.MonkeyPatch) -> None:
    enter = ForwardingGraph.enter
    patch.setattr(ForwardingGraph, "enter", lambda self, address: enter(self, address)[:1])


def forget_kept_copies(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ForwardingGraph, "keeps", lambda *_: False)


PLANTED: Final = [
    forget_extension,
    compute_no_stars,
    compute_nothing_derived,
    flip_the_sign_of_exceptions,
    ask_an_own_row_before_the_catch_all_of_a_target,
    forget_copies_by_bcc,
    forget_kept_copies,
]


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__.replace("_", " "))
def test_a_planted_bug_is_seen(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        plant(patch)
        found = next(differences(FIXED_SEED, range(WORLDS_UNTIL_A_BUG_SHOWS)), None)
    assert found is not None
    assert f"--seed {FIXED_SEED} --world {found.number}" in str(found)
    assert [*differences(FIXED_SEED, [found.number])] == []


def test_the_script_repeats_one_world(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seed", str(FIXED_SEED), "--world", "3"]) == 0
    assert capsys.readouterr().out.startswith(f"0 differences, {RECIPIENTS} recipients")


def test_the_script_fails_when_there_is_a_difference(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    forget_extension(monkeypatch)
    assert main(["--seed", str(FIXED_SEED), "--worlds", "20"]) == 1
    assert "by a plain search, but" in capsys.readouterr().out
