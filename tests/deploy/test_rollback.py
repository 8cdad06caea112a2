"""A click that is kept as a step is rolled back like any other generation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deploy.clicks import between
from deploy.hosts import forwards, site
from forwardresolve import pipeline
from forwardresolve.deploy.history import History
from forwardresolve.deploy.state import read_state
from forwardresolve.errors import UnsafeChange
from forwardresolve.rspamd import RspamdSettings
from forwardresolve.sdk import Forward

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from deploy.hosts import Site
    from forwardresolve.deploy.generation import Generation
    from forwardresolve.deploy.ways import Ways


@pytest.fixture
def clicked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A list, and three clicks since, each of which is kept as a step."""
    whole = History.keep
    last: dict[frozenset[str], Generation] = {}

    def keep(  # noqa: PLR0913 (as History.keep)
        self: History,
        generation: Generation,
        ways: Ways,
        now: dt.datetime,
        *,
        keys: int,
        causes: tuple[str, ...] = (),
        reason: str = "",
    ) -> None:
        profile = frozenset(generation.digests)
        before = last.get(profile)
        if before is None:
            whole(self, generation, ways, now, keys=keys, causes=causes, reason=reason)
        else:
            changes = between(before, generation)
            assert self.keep_step(
                before.digest, generation.digest, changes, now, keys=keys, causes=causes, reason=reason
            )
        last[profile] = generation

    monkeypatch.setattr(History, "keep", keep)
    made = site(tmp_path, forwards(3))
    made.apply(first=True)
    for name in ("one", "two", "three"):
        made.panel.set(*made.panel.given, Forward(f"{name}@a.example", "x@gmail.example"))
        made.apply()
    return made


def clicks(made: Site) -> list[bool]:
    return [name in made.map() for name in ("one@", "two@", "three@")]


def test_the_clicks_are_kept_as_steps(clicked: Site) -> None:
    kept = pipeline.status(clicked.config).kept

    assert [each.is_whole for each in kept] == [False] * 6 + [True] * 2


def test_each_rollback_goes_a_click_further(clicked: Site) -> None:
    for left in ([True, True, False], [True, False, False], [False, False, False]):
        outcomes = pipeline.roll_back(clicked.config, reason="further")
        assert [(each.changed, each.error) for each in outcomes] == [(True, "")] * 2
        assert clicks(clicked) == left
    with pytest.raises(UnsafeChange, match="no target has an earlier generation that is kept"):
        pipeline.roll_back(clicked.config, reason="further")


def test_a_rollback_may_name_a_click_and_go_forwards_again(clicked: Site) -> None:
    _, _, second, third = read_state(clicked.config.state_dir).target("mx1").history

    outcomes = pipeline.roll_back(clicked.config, reason="back", to=second[:12])

    assert [each.changed for each in outcomes] == [True, False]
    assert clicks(clicked) == [True, True, False]
    assert outcomes[1].error == "target mx2: has no such generation to go back to; it stays as it is"
    pipeline.roll_back(clicked.config, reason="that was right", to=third[:12])
    assert clicks(clicked) == [True, True, True]


def test_what_several_targets_go_back_to_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = site(tmp_path, forwards(1), targets=(("mx1", RspamdSettings()), ("mx2", RspamdSettings())))
    made.apply(first=True)
    made.panel.set(*forwards(2))
    made.apply()
    read: list[str] = []
    generation = History.generation

    def counted(self: History, digest: str) -> Generation | None:
        read.append(digest)
        return generation(self, digest)

    monkeypatch.setattr(History, "generation", counted)

    outcomes = pipeline.roll_back(made.config, reason="back")

    assert [each.changed for each in outcomes] == [True, True]
    assert len(read) == 1
