"""When a source is asked, when it is due, and how asking one that is down slows down."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import TYPE_CHECKING

import attrs

from forwardresolve import file_versions
from forwardresolve.errors import BackendUnavailable
from forwardresolve.pace import Pace
from forwardresolve.watch.backoff import Backoff
from forwardresolve.watch.polling import Polling
from forwardresolve_backends.csv_files import CsvFiles

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

PACE = Pace(poll=10, reread=100)


@attrs.define
class Source:
    said: str = "1"
    asked: int = 0
    is_down: bool = False

    def records(self) -> tuple[()]:
        return ()

    def version(self) -> str:
        self.asked += 1
        if self.is_down:
            msg = "nobody answers"
            raise BackendUnavailable(msg)
        return self.said


class Mute:
    def records(self) -> tuple[()]:
        return ()


def test_another_version_is_a_change_and_the_same_one_is_none() -> None:
    source = Source()
    polling = Polling({"panel": source}, PACE)
    assert polling.look(0).changed == ()
    source.said = "2"
    assert polling.look(9).changed == ()
    assert polling.due == 10
    assert polling.look(10).changed == ("panel",)
    assert polling.look(20).changed == ()


def test_a_source_that_cannot_tell_is_due_now_and_then() -> None:
    polling = Polling({"files": Mute(), "silent": Source("")}, PACE)
    assert polling.look(0).changed == ("files", "silent")
    polling.was_read(1)
    assert polling.look(90).changed == ()
    assert polling.look(101).changed == ("files", "silent")


def test_a_source_that_is_down_for_an_hour_is_asked_ever_less_often_and_is_read_when_it_is_up() -> None:
    source = Source(is_down=True)
    polling = Polling({"panel": source, "other": Source()}, PACE)
    looks = [polling.look(float(second)) for second in range(3600)]
    errors = [str(look.failed["panel"]) for look in looks if look.failed]
    assert errors == ["source panel: nobody answers"] * source.asked
    assert 12 <= source.asked <= 20
    source.is_down = False
    assert polling.look(3600 + 300).changed == ("panel",)


def test_waiting_begins_short_after_a_success() -> None:
    backoff = Backoff(first=1, most=8)
    waits = []
    for _ in range(6):
        backoff.failed(100)
        waits.append(backoff.at - 100)
    assert waits == [1, 2, 4, 8, 8, 8]
    backoff.succeeded()
    backoff.failed(100)
    assert backoff.at == 101


def test_a_source_that_answers_slowly_is_asked_less_often() -> None:
    times = itertools.count(0, 3)  # each answer takes three seconds
    slow, quick = Source(), Source()
    polling = Polling({"slow": slow}, PACE, lambda: float(next(times)))
    beside = Polling({"quick": quick}, PACE, lambda: 0.0)
    for second in range(0, 130, 10):
        polling.look(second)
        beside.look(second)
    assert (slow.asked, quick.asked) == (3, 13)


def test_sources_that_change_all_the_time_are_read_a_fifth_of_the_time() -> None:
    source = Source()
    polling = Polling({"panel": source}, Pace(poll=10, reread=200), lambda: 0.0)
    read = []
    now = 0.0
    while now < 1000:
        source.said = f"{now}"
        if polling.look(now).changed:
            read.append(now)
            now += 30  # a long reading
            polling.was_read(now)
        now += 1
    assert 6 <= len(read) <= 8
    polling.was_read(now)  # for another reason
    assert polling.due < now + 30 * 4


def test_nobody_looks_while_what_has_changed_is_read() -> None:
    source = Source()
    polling = Polling({"files": Mute(), "panel": source}, PACE)
    assert polling.look(0).changed == ("files",)
    assert polling.look(30).changed == ()  # it is being read
    polling.was_read(40)
    source.said = "2"
    assert polling.look(139).changed == ()
    assert polling.look(140).changed == ("files", "panel")
    assert polling.look(240).changed == ("files",)  # a reading that never ends does not blind it


def test_the_pause_after_an_outage_is_bounded() -> None:
    source = Source()
    polling = Polling({"panel": source}, PACE)
    polling.look(0)
    source.said = "2"
    assert polling.look(10).changed == ("panel",)
    polling.was_read(10_000)  # nobody could read it any sooner
    assert polling.due == 10_000 + PACE.reread


def test_what_changes_while_a_source_is_read_is_seen_by_the_next_look() -> None:
    source = Source()
    polling = Polling({"panel": source}, PACE)
    polling.look(0)
    source.said = "2"
    assert polling.look(10).changed == ("panel",)
    source.said = "3"  # too late for the reading that follows the look
    polling.was_read(11)
    assert polling.look(20).changed == ("panel",)


def test_a_file_that_was_written_in_the_moment_in_which_it_was_read_is_read_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "forwards.csv"
    path.write_text("source,destination\na@a.example,b@b.example\n")
    written, now = path.stat().st_ctime, [0.0]
    clock = SimpleNamespace(time=lambda: written + now[0])
    monkeypatch.setattr(file_versions, "time", clock)
    polling = Polling({"files": CsvFiles(forwards=path)}, PACE)
    looks = []
    for now[0] in (0, 10, 20):
        looks.append(polling.look(now[0]).changed)
    assert looks == [(), ("files",), ()]


def test_a_source_that_cannot_tell_is_named_once_while_it_is_being_read() -> None:
    polling = Polling({"panel": Mute()}, PACE)
    assert [polling.look(now).changed for now in (0, 10, 20, 90, 100, 110)] == [
        ("panel",),
        (),
        (),
        (),
        ("panel",),
        (),
    ]
