"""When a source is asked, when it is due, and how asking one that is down slows down."""

from __future__ import annotations

import attrs

from forwardresolve.errors import BackendUnavailable
from forwardresolve.pace import Pace
from forwardresolve.watch.backoff import Backoff
from forwardresolve.watch.polling import Polling

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
