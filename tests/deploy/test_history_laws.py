"""Whatever is done, and killed: what is listed comes back."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deploy.clicks import NOW, WAYS, clicks, digests, listing, step, told, walk
from deploy.killing import dies_at
from forwardresolve.deploy.history import History
from forwardresolve.deploy.policy import Deploy

if TYPE_CHECKING:
    from forwardresolve.deploy.generation import Generation


def copy(source: Path, to: Path) -> None:
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(source, to)


@pytest.mark.parametrize("count", [1, 3])
def test_a_step_that_is_killed_anywhere_is_kept_or_is_not(count: int, tmp_path: Path) -> None:
    made = clicks(count + 1)
    state, before = tmp_path / "state", tmp_path / "before"
    walk(History(state), made[:count])
    copy(state, before)
    at, died = 0, True
    while died:
        at += 1
        copy(before, state)
        died = dies_at(at, lambda: step(History(state), made[-2], made[-1]))
        history = History(state)
        assert told(history) in (digests(made[:count]), digests(made))
        assert step(history, made[-2], made[-1])
        assert [History(state).generation(each.digest) for each in made] == made
    assert at > 3, "so few steps are no step"


def test_to_keep_and_to_forget_may_be_killed_anywhere(tmp_path: Path) -> None:
    one, two, three = (clicks(3, start=10 * at) for at in range(3))
    state, before = tmp_path / "state", tmp_path / "before"
    for made in (one, two):
        walk(History(state), made)
    copy(state, before)

    def work() -> None:
        history = History(state)
        history.keep(three[0], WAYS, NOW, keys=1)
        history.prune(Deploy(generations=2), NOW, spared=())

    at, died = 0, True
    while died:
        at += 1
        copy(before, state)
        died = dies_at(at, work)
        history = History(state)
        kept = told(history)
        assert kept in [digests(each) for each in ([*one, *two], [*one, *two, three[0]], [*two, three[0]])]
        assert all(history.generation(each) for each in kept)
        work()
        assert told(History(state)) == digests([*two, three[0]])
        assert sorted(path.name for path in (state / "generations").iterdir()) == sorted(
            [two[0].digest, three[0].digest]
        )
    assert at > 20, "so few steps are no deployment"


NAMES = st.frozensets(st.sampled_from("abcdefgh"), max_size=8)


CHOICE = st.integers(min_value=0, max_value=99)


@attrs.frozen
class Keep:
    names: frozenset[str]


@attrs.frozen
class Click:
    before: int
    names: frozenset[str]


@attrs.frozen
class Prune:
    generations: int
    days: int
    spared: tuple[int, ...]


@attrs.frozen
class Later:
    hours: int


@attrs.frozen
class Restart:
    torn: bytes
    where: int


DONE = st.one_of(
    st.builds(Keep, NAMES),
    st.builds(Click, CHOICE, NAMES),
    st.builds(Click, st.just(0), NAMES),
    st.builds(
        Prune,
        st.integers(min_value=2, max_value=4),
        st.integers(min_value=1, max_value=3),
        st.tuples() | st.tuples(CHOICE, CHOICE),
    ),
    st.builds(Later, st.integers(min_value=-30, max_value=30)),
    st.builds(Restart, st.sampled_from([b"", b"{", b"\0\0"]), CHOICE),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(done=st.lists(DONE, min_size=10, max_size=30))
def test_whatever_is_done_everything_that_is_listed_comes_back(done: list[object], tmp_path: Path) -> None:
    state_dir = Path(tempfile.mkdtemp(dir=tmp_path))
    World(state_dir, History(state_dir)).live(done)


@attrs.define
class World:
    """A history, and what it should say."""

    path: Path
    history: History
    now: dt.datetime = NOW
    made: dict[str, Generation] = attrs.field(factory=dict)

    def live(self, done: list[object]) -> None:
        for each in done:
            self.do(each)
            self.check()
        for kept in self.history.kept():
            assert self.history.generation(kept.digest) == self.made[kept.digest]
            assert self.history.ways(kept.digest) == WAYS

    def do(self, what: object) -> None:
        kept = told(self.history)
        match what:
            case Keep(names):
                after = self.listing(names)
                self.history.keep(after, WAYS, self.now, keys=1)
                assert after.digest in told(self.history)
            case Click(before, names) if kept:
                after = self.listing(names)
                if step(self.history, self.made[kept[before % len(kept)]], after, self.now):
                    assert after.digest in told(self.history)
                    assert set(kept) <= set(told(self.history))
                else:
                    assert told(self.history) == kept
            case Prune(generations, days, spared):
                chosen = {kept[each % len(kept)] for each in spared} if kept else set()
                policy = Deploy(generations=generations, days=days)
                self.history.prune(policy, self.now, chosen)
                assert chosen <= set(told(self.history)) <= set(kept)
                whole = [each for each in self.history.kept() if each.is_whole]
                assert len(whole) <= generations + len(chosen)
            case Later(hours):
                self.now += dt.timedelta(hours=hours)
            case Restart(torn, where):
                files = sorted(self.path.glob("generations/*/since.jsonl"))
                if files:
                    with files[where % len(files)].open("ab") as file:
                        file.write(torn)
                self.history = History(self.path)

    def listing(self, names: frozenset[str]) -> Generation:
        made = listing(*names)
        return self.made.setdefault(made.digest, made)

    def check(self) -> None:
        kept = self.history.kept()
        assert kept == History(self.path).kept()
        numbers = [each.number for each in kept]
        assert numbers == sorted({*numbers}, reverse=True)
