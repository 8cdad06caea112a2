"""Ask the Rspamd of every front end whether it protects the list, one after the other."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import attrs

from forwardresolve.errors import TargetError
from forwardresolve.rspamd.diagnosis import OBSERVING
from forwardresolve.rspamd.verifying import Protection, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from forwardresolve.reachability import Resolution
    from forwardresolve.rspamd import RspamdSettings
    from forwardresolve.rspamd.probing import Door

Answer = Protection | TargetError
"""What a Rspamd does, or why it could not be asked."""


@attrs.frozen
class Asked:
    """A Rspamd to be asked.

    Args:
        name: What people call it.
        door: Where it listens.
        settings: What its maps and rules were made with.
    """

    name: str
    door: Door
    settings: RspamdSettings


def ask(
    asked: Iterable[Asked],
    resolution: Callable[[], Resolution],
    *,
    again: float = 0,
    sleep: Callable[[float], object] = time.sleep,
) -> dict[str, Answer]:
    """Ask every Rspamd; one that cannot be asked does not keep the others from being asked.

    Args:
        asked: Whom.
        resolution: Reads the sources.
        again: Seconds after which those are asked once more, about sources that are read anew, that
            do not protect the list: a change may have been on its way to them. 0: not at all.
        sleep: Waits for a number of seconds.

    Returns:
        The answers by name.

    Raises:
        ForwardResolveError: The sources cannot be read.
    """
    asked = tuple(asked)
    answers = _ask_once(asked, resolution())
    doubtful = [each for each in asked if again and _may_change(answers[each.name])]
    if doubtful:
        sleep(again)
        answers |= _ask_once(doubtful, resolution())
    return answers


def _ask_once(asked: Iterable[Asked], resolution: Resolution) -> dict[str, Answer]:
    answers: dict[str, Answer] = {}
    for each in asked:
        try:
            answers[each.name] = verify(each.door, resolution, each.settings)
        except TargetError as error:
            answers[each.name] = error
    return answers


def _may_change(answer: Answer) -> bool:
    if isinstance(answer, TargetError):
        return True
    return any(each.severity == "error" and each.id != OBSERVING for each in answer.findings)
