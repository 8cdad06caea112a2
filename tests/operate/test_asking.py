"""Every front end is asked, whatever becomes of the others, and a change on its way gets its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import pytest

from forwardresolve import Domain, Forward, ForwardingGraph, Mailbox, Resolution, resolve
from forwardresolve.errors import TargetError
from forwardresolve.operate.asking import Asked, ask
from forwardresolve.rspamd import RspamdSettings
from forwardresolve.rspamd.probing import Door
from forwardresolve.rspamd.verifying import Protection
from rspamd.doors import FakeDoor

if TYPE_CHECKING:
    from collections.abc import Callable

SETTINGS = RspamdSettings()


class Deaf(Door):
    """Nobody answers."""

    def version(self) -> str:
        msg = "http://mx2: cannot be asked"
        raise TargetError(msg)


def door(lists: Callable[[str], bool], settings: RspamdSettings = SETTINGS) -> Door:
    return FakeDoor(lists=lists, settings=settings)


def knows(address: str) -> bool:
    return address.partition("+")[0].partition("@")[0] == "info"


def reading() -> Resolution:
    return resolve(
        ForwardingGraph.from_records(
            [Domain("a.example"), Mailbox("ann@a.example"), Forward("info@a.example", "x@b.example")]
        )
    )


def no_pause(_: float) -> None:
    pytest.fail("it waits")


def test_one_that_cannot_be_asked_does_not_stop_the_others() -> None:
    asked = [
        Asked("mx2", Deaf("http://mx2"), SETTINGS),
        Asked("mx1", door(knows), SETTINGS),
        Asked("mx3", door(lambda _: False), SETTINGS),
    ]

    answers = ask(asked, reading, sleep=no_pause)

    assert isinstance(answers["mx2"], TargetError)
    assert {name: each.protects for name, each in answers.items() if isinstance(each, Protection)} == {
        "mx1": True,
        "mx3": False,
    }


def test_a_change_that_was_on_its_way_is_no_alarm() -> None:
    arrived: list[float] = []
    asked = [Asked("mx1", door(lambda address: bool(arrived) and knows(address)), SETTINGS)]

    answers = ask(asked, reading, again=420, sleep=arrived.append)

    found = answers["mx1"]
    assert isinstance(found, Protection)
    assert found.protects
    assert arrived == [420]


def test_only_those_in_doubt_are_asked_again() -> None:
    scans: list[str] = []

    def counted(address: str) -> bool:
        scans.append(address)
        return knows(address)

    first = [Asked("mx1", door(counted), SETTINGS)]
    ask(first, reading)
    once = len(scans)
    scans.clear()

    ask([*first, Asked("mx2", Deaf("http://mx2"), SETTINGS)], reading, again=1, sleep=lambda _: None)

    assert len(scans) == once


def test_an_observing_rspamd_is_not_asked_again_for_that() -> None:
    observing = attrs.evolve(SETTINGS, mode="observe")

    answers = ask([Asked("mx1", door(knows, observing), observing)], reading, again=1, sleep=no_pause)

    found = answers["mx1"]
    assert isinstance(found, Protection)
    assert not found.protects
