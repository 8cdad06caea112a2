"""Lists that change by a few addresses at a time, as maps of both kinds, and what is kept of them."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from forwardresolve.deploy.generation import Generation
from forwardresolve.deploy.patching import Patch, patch_between
from forwardresolve.deploy.ways import Ways
from forwardresolve.rspamd.artifact import LISTED, database_artifact, map_artifact

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from forwardresolve.deploy.history import History

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
WAYS = Ways({"a@a.example": "x@gmail.example"}, frozenset({"a.example"}))
TEXT: Final = "local.d/maps.d/addresses"
DATABASE: Final = "local.d/maps.d/addresses.cdb"


def listing(*names: str) -> Generation:
    """Make the maps of a list: the same addresses, as a text and as a constant database."""
    keys = sorted(f"{name}@a.example" for name in names)
    return Generation(
        (
            map_artifact(TEXT, "".join(f"{key}\n" for key in keys)),
            database_artifact(DATABASE, ((key, LISTED) for key in keys)),
        )
    )


def clicks(count: int, start: int = 0) -> list[Generation]:
    """Make lists of which each has one address more than the one before."""
    return [listing("always", *(f"u{number}" for number in range(at))) for at in range(start, start + count)]


def between(before: Generation, after: Generation) -> dict[str, Patch]:
    """Say what changes in each map that changes."""
    was = {each.path: each.content for each in before.maps}
    return {
        each.path: patch_between(was[each.path], each.content)
        for each in after.maps
        if was[each.path] != each.content
    }


def digests(generations: Iterable[Generation]) -> list[str]:
    """Name generations, the last one first."""
    return [each.digest for each in generations][::-1]


def step(
    history: History, before: Generation, after: Generation, now: dt.datetime = NOW, *, reason: str = ""
) -> bool:
    """Keep a list as a step."""
    return history.keep_step(
        before.digest,
        after.digest,
        between(before, after),
        now,
        keys=1,
        causes=("a click: +1",),
        reason=reason,
    )


def walk(history: History, made: Sequence[Generation], now: dt.datetime = NOW) -> None:
    """Keep the first one whole, the others as steps."""
    history.keep(made[0], WAYS, now, keys=1)
    for before, after in pairwise(made):
        assert step(history, before, after, now)


def lines(state_dir: Path, whole: Generation) -> Path:
    """Return the file of the steps since a whole one."""
    return state_dir / "generations" / whole.digest / "since.jsonl"


def told(history: History) -> list[str]:
    """Return the digests of what is kept, the newest first."""
    return [each.digest for each in history.kept()]
