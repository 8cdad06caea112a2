"""What has been told about every name: the list, the exceptions and the finite table in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forwardresolve.entries import Entry
from forwardresolve.live.delta import Delta, Difference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from forwardresolve.survey import Survey

LISTED: Final = 1
"""The address stands on the list."""
EXCEPTION: Final = 2
"""The address is known and not listed, though its domain's unknown addresses are."""
POSITIVE: Final = 4
"""The finite table has the name as an entry."""
NEGATIVE: Final = 8
"""The finite table has the name as an exception."""
CATCH_ALL: Final = 16
"""The unknown addresses of ``@domain`` are listed."""

Marks = dict[str, int]
"""Name to what holds of it; a name of which nothing holds is not there."""


def marks_of(survey: Survey) -> Marks:
    """Write down what a survey says."""
    marks: Marks = dict.fromkeys(survey.addresses, LISTED)
    for domain, exceptions in survey.catch_alls.items():
        marks[f"@{domain}"] = CATCH_ALL
        marks.update(dict.fromkeys(exceptions, EXCEPTION))
    for keys, mark in ((survey.positive, POSITIVE), (survey.negative, NEGATIVE)):
        for key in keys:
            marks[key] = marks.get(key, 0) | mark
    return marks


def addresses_in(marks: Marks) -> tuple[str, ...]:
    """Return the addresses that are listed, sorted."""
    return tuple(sorted(name for name, mark in marks.items() if mark & LISTED))


def catch_alls_in(marks: Marks) -> dict[str, tuple[str, ...]]:
    """Return each domain whose unknown addresses are listed, to the names in it that are not."""
    found: dict[str, list[str]] = {
        name[1:]: [] for name in sorted(name for name, mark in marks.items() if mark & CATCH_ALL)
    }
    for name in sorted(name for name, mark in marks.items() if mark & EXCEPTION):
        found[name.rpartition("@")[2]].append(name)
    return {domain: tuple(names) for domain, names in found.items()}


def entries_in(marks: Marks) -> Iterator[Entry]:
    """Walk the finite table, sorted by key."""
    keys = sorted(name for name, mark in marks.items() if mark & (POSITIVE | NEGATIVE))
    return iter(tuple(Entry(key, listed=bool(marks[key] & POSITIVE)) for key in keys))


def differences(before: Marks, after: Marks) -> dict[str, int]:
    """Return what held before of each name of which something else holds after."""
    changed = {name: mark for name, mark in before.items() if after.get(name, 0) != mark}
    changed.update((name, 0) for name in after if name not in before)
    return changed


def delta_of(changed: Mapping[str, int], marks: Marks) -> Delta:
    """Tell what has changed.

    Args:
        changed: What held of the changed names before.
        marks: What holds now.
    """
    if not changed:
        return Delta()
    names = sorted(changed)
    bits = 0
    for name in names:
        bits |= changed[name] ^ marks.get(name, 0)

    def difference(bit: int) -> Difference[str]:
        if not bits & bit:
            return Difference()
        return Difference(
            tuple(name for name in names if marks.get(name, 0) & bit and not changed[name] & bit),
            tuple(name for name in names if changed[name] & bit and not marks.get(name, 0) & bit),
        )

    domains = difference(CATCH_ALL)
    return Delta(
        addresses=difference(LISTED),
        catch_alls=Difference(
            tuple(name[1:] for name in domains.appear), tuple(name[1:] for name in domains.vanish)
        ),
        exceptions=difference(EXCEPTION),
        entries=_entries(names, changed, marks),
    )


def _entries(names: Iterable[str], changed: Mapping[str, int], marks: Marks) -> Difference[Entry]:
    appear, vanish = [], []
    for name in names:
        before, after = (mark & (POSITIVE | NEGATIVE) for mark in (changed[name], marks.get(name, 0)))
        if before != after:
            appear += [Entry(name, listed=after == POSITIVE)] if after else []
            vanish += [Entry(name, listed=before == POSITIVE)] if before else []
    return Difference(tuple(appear), tuple(vanish))
