"""What is read when: touched addresses at once, everything beside it, and nothing is forgotten."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from forwardresolve import pipeline
from forwardresolve.config import Config
from forwardresolve.deploy.directory import Directory
from forwardresolve.deploy.front_end import FrontEnd
from forwardresolve.deploy.policy import Fallback
from forwardresolve.live import SetForwarding
from forwardresolve.reachability import resolve
from forwardresolve.sdk import BackendUnavailable, Domain, Forward, Record, Scope, Secret, Site, Transport
from forwardresolve.watch.current import Current
from forwardresolve.watch.reading import Came, Reading
from forwardresolve_backends.sql import Sql
from watch.panel import PATIENCE, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOST: tuple[Record, ...] = (Domain("a.example"), Forward("ann@a.example", "out@b.example"))
BEN = Forward("ben@a.example", "out@b.example")


def _set() -> threading.Event:
    event = threading.Event()
    event.set()
    return event


@attrs.define
class Store:
    """A source in memory, and what was asked of it."""

    rows: tuple[Record, ...] = HOST
    wholes: int = 0
    parts: list[frozenset[str]] = attrs.field(factory=list)
    is_down: bool = False
    may_go_on: threading.Event = attrs.field(factory=_set)

    def records(self) -> Iterator[Record]:
        self.wholes += 1
        rows = self.rows
        assert self.may_go_on.wait(PATIENCE)
        self._answer()
        yield from rows

    def _answer(self) -> None:
        if self.is_down:
            msg = "nobody answers"
            raise BackendUnavailable(msg)


@attrs.define
class Table(Store):
    """One that can be read by addresses."""

    def records_of(self, scope: Scope) -> Any:  # noqa: ANN401 (a backend may be wrong)
        self._answer()
        self.parts.append(scope.keys)
        return self.rows


@attrs.define
class Desk:
    """A reading, and a clock that only a test moves."""

    config: Config
    current: Current = attrs.field(factory=Current)
    now: float = 100.0
    reading: Reading = attrs.field(init=False)

    @reading.default
    def _reading(self) -> Reading:
        return Reading(self.current, lambda: None, lambda: self.now)

    def go_on(self, *, compares: bool = False) -> list[Came]:
        return [*self.reading.go_on(self.config, compares=compares)]

    def settle(self) -> list[Came]:
        """Go on until nothing is left to do."""
        came = self.go_on()
        deadline = time.monotonic() + PATIENCE
        while self.reading.is_under_way or not self.reading.is_idle(compares=False):
            assert time.monotonic() < deadline
            came += self.go_on()
        return came

    @property
    def listed(self) -> tuple[str, ...]:
        return self.current.live.addresses


def desk(*sources: Store, **options: Any) -> Desk:  # noqa: ANN401 (of Config)
    named = {f"panel{number}": source for number, source in enumerate(sources)}
    made = Desk(Config(sources=named, **options))
    made.reading.touch()
    made.settle()
    return made


@pytest.fixture
def table() -> Table:
    return Table()


def test_touched_addresses_are_read_together_and_nothing_else(table: Table) -> None:
    made = desk(table)
    table.rows = (*HOST, BEN)
    made.reading.touch(["ben@a.example"])
    made.reading.touch(["cat@a.example"])
    assert not made.reading.is_idle(compares=False)
    assert made.settle() == [Came(has_changed=True)]
    assert made.listed == ("ann@a.example", "ben@a.example")
    assert table.wholes == 1
    assert table.parts == [{"ben@a.example", "cat@a.example", "@a.example"}]


def test_a_touch_that_changes_nothing_is_no_reason_to_deploy(table: Table) -> None:
    made = desk(table)
    made.reading.touch(["ann@a.example"])
    assert made.settle() == [Came()]


def test_a_touch_without_an_address_reads_everything(table: Table) -> None:
    made = desk(table)
    made.reading.touch()
    made.settle()
    assert (table.wholes, table.parts) == (2, [])


def test_a_touched_address_does_not_wait_for_everything_that_is_touched_with_it(table: Table) -> None:
    made = desk(table)
    table.rows = (*HOST, BEN)
    table.may_go_on.clear()
    made.reading.touch(["ben@a.example"])
    made.reading.touch()
    assert [came.has_changed for came in made.go_on()] == [True]
    assert made.listed == ("ann@a.example", "ben@a.example")
    assert made.reading.is_under_way
    table.may_go_on.set()
    made.settle()


def test_many_addresses_are_a_reason_to_read_everything(table: Table) -> None:
    made = desk(table)
    for number in range(201):
        made.reading.touch([f"u{number}@a.example"])
    made.settle()
    assert (table.wholes, table.parts) == (2, [])


def test_a_part_that_a_source_cannot_tell_from_the_rest_is_read_whole(table: Table) -> None:
    made = desk(table)
    made.config = Config(sources={"panel0": Sql(url=Secret("sqlite:///none"), preset="mailcow")})
    made.reading.touch(["ann@a.example"])
    assert "none" in str(made.settle()[-1].error)
    made.config = Config(sources={"panel0": table})
    made.now += 5
    assert [each.is_whole for each in made.settle()] == [True]


def test_a_source_that_has_no_parts_is_read_whole(table: Table) -> None:
    other = Store((BEN,))
    made = desk(table, other)
    other.rows = ()
    made.reading.touch(["ben@a.example"])
    made.settle()
    assert made.listed == ("ann@a.example",)
    assert (table.wholes, other.wholes) == (2, 2)


@pytest.mark.parametrize(
    "rows",
    [
        (*HOST, Transport("a.example", "discard")),
        (*HOST, Site(recipient_delimiter="-")),
        (*HOST, Forward("ann@a.example", "ben@b.example", "sieve")),
    ],
)
def test_what_changes_cannot_say_is_read_whole(rows: tuple[Record, ...], table: Table) -> None:
    made = desk(table)
    table.rows = rows
    made.reading.touch(["ann@a.example"])
    made.settle()
    assert table.wholes == 2
    assert made.current.live.addresses == desk(Store(rows)).listed


def test_the_last_domain_goes_only_where_a_whole_reading_lets_it(table: Table) -> None:
    made = desk(table)
    table.rows = HOST[1:]
    made.reading.touch(["ann@a.example"])
    came = made.settle()
    assert "names a hosted domain" in str(came[-1].error)
    assert made.listed == ("ann@a.example",)


def test_a_source_that_is_down_is_asked_again_for_the_same_addresses(table: Table) -> None:
    made = desk(table)
    table.rows, table.is_down = (*HOST, BEN), True
    made.reading.touch(["ben@a.example"])
    came = made.settle()
    assert "source panel0: nobody answers" in str(came[0].error)
    assert made.go_on() == []
    table.is_down = False
    assert made.go_on() == []
    made.now += 5
    assert made.settle() == [Came(has_changed=True)]
    assert made.listed == ("ann@a.example", "ben@a.example")
    assert table.wholes == 1


def test_an_end_of_an_outage_is_told_though_nothing_has_changed(table: Table) -> None:
    made = desk(table)
    table.is_down = True
    made.reading.touch(["ann@a.example"])
    made.settle()
    table.is_down = False
    made.now += 5
    assert made.settle() == [Came(has_changed=True)]


def test_a_last_good_read_stands_in_for_a_source_that_is_down(table: Table, tmp_path: Path) -> None:
    kept = {"panel0": Fallback(on_unavailable="last-good", max_age="1h")}
    made = desk(table, fallbacks=kept, state_dir=tmp_path)
    [spool] = made.current.given.spools.values()
    spool.rename(spool.with_name("panel0.jsonl.gz"))
    table.is_down = True
    made.reading.touch(["ann@a.example"])
    assert [each.error for each in made.settle()] == [None]
    assert [*made.current.given.last_good] == ["panel0"]
    made.reading.touch(["ann@a.example"])
    table.is_down = False
    made.settle()
    assert not made.current.given.last_good
    assert table.wholes == 3


def test_a_touched_address_does_not_wait_for_a_whole_reading_and_outlives_it(table: Table) -> None:
    made = desk(table)
    table.may_go_on.clear()
    made.reading.touch()
    made.go_on()
    wait_until(lambda: table.wholes == 2)
    table.rows = (*HOST, BEN)
    made.reading.touch(["ben@a.example"])
    assert made.go_on() == [Came(has_changed=True)]
    assert made.listed == ("ann@a.example", "ben@a.example")
    table.may_go_on.set()
    wait_until(lambda: not made.reading.is_idle(compares=False))
    made.go_on()
    assert made.listed == ("ann@a.example", "ben@a.example")
    made.settle()
    assert made.listed == ("ann@a.example", "ben@a.example")
    assert table.wholes == 2


def test_what_is_pushed_while_a_part_is_read_is_read_again(table: Table) -> None:
    made = desk(table)
    read = table.records_of

    def records_of(scope: Scope) -> Any:  # noqa: ANN401 (as of the table)
        if not table.parts:
            made.current.push([SetForwarding("cat@a.example", "out@b.example")])
        return read(scope)

    table.rows = (*HOST, BEN)
    other = Overtaken(records_of)
    made.config = Config(sources={"panel0": other})
    made.reading.touch(["ben@a.example", "cat@a.example"])
    made.go_on()
    assert "cat@a.example" in made.listed
    made.settle()
    assert made.listed == ("ann@a.example", "ben@a.example")


@attrs.frozen
class Overtaken:
    """A source that tells somebody before it answers."""

    records_of: Callable[[Scope], Any]

    def records(self) -> Iterator[Record]:
        raise NotImplementedError


def test_a_comparison_is_made_beside_it(table: Table) -> None:
    made = desk(table)
    made.go_on(compares=True)
    wait_until(lambda: not made.reading.is_idle(compares=False))
    [came] = made.go_on(compares=True)
    assert came.difference == ""
    assert not made.reading.is_under_way
    assert made.settle() == []
    assert table.wholes == 2


def test_a_comparison_says_which_maps_a_new_process_would_make_and_when_that_held(
    table: Table, tmp_path: Path
) -> None:
    mx1 = FrontEnd(target=Directory(name="mx1", root=tmp_path))
    made = desk(table, targets=(mx1,))
    made.go_on(compares=True)
    (came,) = made.settle()
    wanted = pipeline.make(made.config, resolve(made.current.live.graph))
    assert came.maps == (wanted.digests, made.current.moment)
    table.may_go_on.clear()
    made.go_on(compares=True)
    made.current.push([SetForwarding("ben@a.example", "ann@a.example")])
    table.may_go_on.set()
    assert made.settle()[0].maps is None


def test_a_reading_that_is_given_up_leaves_nothing(table: Table, tmp_path: Path) -> None:
    kept = {"panel0": Fallback(on_unavailable="last-good", max_age="1h")}
    made = desk(table, fallbacks=kept, state_dir=tmp_path)
    for left in (tmp_path / "reads").iterdir():
        left.unlink()
    table.may_go_on.clear()
    made.reading.touch()
    made.go_on()
    wait_until(lambda: table.wholes == 2)
    table.rows = tuple(Forward(f"u{number}@a.example", "out@b.example") for number in range(5000))
    stopper = threading.Thread(target=made.reading.stop)
    stopper.start()
    time.sleep(0.05)
    table.may_go_on.set()
    stopper.join(PATIENCE)
    assert not made.reading.is_under_way
    assert [*(tmp_path / "reads").iterdir()] == []
    made.reading.stop()


def test_a_fault_of_our_own_ends_the_process(table: Table) -> None:
    made = desk(table)
    table.rows = (1,)  # type: ignore[assignment]
    made.reading.touch()
    assert "no record" in str(made.settle()[-1].error)
    made.config = Config(sources={"panel0": Overtaken(table.records_of)})
    made.now += 5
    with pytest.raises(NotImplementedError):
        made.settle()


def test_a_backend_that_gives_no_records_is_told(table: Table) -> None:
    made = desk(table)
    table.rows = 1  # type: ignore[assignment]
    made.reading.touch(["ann@a.example"])
    assert "its records_of() gave 1 and no records" in str(made.settle()[0].error)
