"""What would come and what would go, each with its way, and what all of it comes from. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.addresses import domain_of
from forwardresolve.deploy.guard import Amounts
from forwardresolve.deploy.ways import Ways

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

EXCEPTION: Final = " -"
"""What ends a key that a wider one does not cover."""

BY_SETTINGS: Final = "the settings: exempt, protect, [resolve], the profile"
BY_EXCEPTIONS: Final = "exceptions from catch-alls"
UNKNOWN: Final = "not known: no record of what was there before"
FIRST: Final = "the first list of this target"

_NOTHING: Final = Ways({}, frozenset())


@attrs.frozen
class Line:
    """One key that comes or goes.

    Args:
        key: As in `Entry`; an exception from a wider key has `EXCEPTION` behind it.
        way: How it reaches the outside, itself first; alone where that is not known, or where it
            is listed without a way.
        cause: What the change comes from.
    """

    key: str
    way: tuple[str, ...]
    cause: str


@attrs.frozen
class Cause:
    """What several changes have in common.

    Args:
        text: In words.
        added: How many addresses come by it.
        removed: How many go by it.
    """

    text: str
    added: int
    removed: int

    @property
    def summary(self) -> str:
        """The cause with its numbers: ``domain x.example no longer hosted: +512``."""
        numbers = [f"+{self.added}"] * bool(self.added) + [f"-{self.removed}"] * bool(self.removed)
        return f"{self.text}: {' '.join(numbers)}"


@attrs.frozen
class Change:
    """What a list would become.

    Args:
        amounts: The numbers. An exception that comes counts among the addresses that go.
        added: The keys that come, sorted, with their ways from now on.
        removed: The keys that go, sorted, with their ways until now.
        causes: What it all comes from, the biggest first; their numbers sum up to the amounts.
    """

    amounts: Amounts
    added: tuple[Line, ...]
    removed: tuple[Line, ...]
    causes: tuple[Cause, ...]


def compare(before: AbstractSet[str], after: AbstractSet[str], was: Ways | None, now: Ways) -> Change:
    """Compare two lists.

    Args:
        before: The keys that are held, as `read_keys` gives them.
        after: The keys to come.
        was: The ways until now; None where nobody has kept them.
        now: The ways from now on.
    """
    return change_of(before - after, after - before, count(before), was, now)


def change_of(
    removed: AbstractSet[str], added: AbstractSet[str], held: int, was: Ways | None, now: Ways
) -> Change:
    """Explain what changes in a list.

    Args:
        removed: The keys that go.
        added: The keys that come.
        held: The `count` of the keys that are held.
        was: As in `compare`.
        now: As in `compare`.
    """
    come = _lines(added, now, was, "now", first="" if held else FIRST)
    go = _lines(removed, was or _NOTHING, now, "no longer", first="" if was else UNKNOWN)
    comes = Counter(line.cause for line in come if not line.key.endswith(EXCEPTION))
    comes.update(line.cause for line in go if line.key.endswith(EXCEPTION))
    goes = Counter(line.cause for line in go if not line.key.endswith(EXCEPTION))
    if held:  # nothing goes from a list that was not there
        goes.update(line.cause for line in come if line.key.endswith(EXCEPTION))
    causes = (Cause(text, comes[text], goes[text]) for text in comes.keys() | goes.keys())
    listed = held + count(added) - count(removed)
    return Change(
        amounts=Amounts(held=held, removed=goes.total(), added=comes.total(), listed=listed),
        added=come,
        removed=go,
        causes=tuple(sorted(causes, key=lambda each: (-each.added - each.removed, each.text))),
    )


def count(keys: AbstractSet[str]) -> int:
    """Count the keys that are listed: exceptions are none."""
    return sum(not key.endswith(EXCEPTION) for key in keys)


def _lines(
    keys: AbstractSet[str], ways: Ways, others: Ways | None, verb: str, *, first: str
) -> tuple[Line, ...]:
    """Explain keys by the ways that they have on their side, against those of the other side."""
    if others is None and not first:
        first = UNKNOWN
    causes = _Causes(ways, others or _NOTHING, verb)
    return tuple(
        Line(
            key,
            (key,) if key.endswith(EXCEPTION) else ways.of(key),
            first or (BY_EXCEPTIONS if key.endswith(EXCEPTION) else causes.of(key)),
        )
        for key in sorted(keys)
    )


class _Causes:
    """Finds what a key comes from: on its way, seen from outside, the first that is new.

    Args:
        ways: Where the keys are.
        others: Where they are not.
        verb: ``now`` where the ways are those of now, ``no longer`` where they were.
    """

    def __init__(self, ways: Ways, others: Ways, verb: str) -> None:
        self._ways = ways
        self._others = others
        self._verb = verb
        self._opposite = "no longer" if verb == "now" else "now"
        self._found: dict[str, str] = {}

    def of(self, key: str) -> str:
        """Return the cause of one key, in words."""
        known = self._found
        way = self._ways.of(key)
        here = ""
        for place in reversed(way):
            here = here or known.get(place) or self._at(place)
            known[place] = here
        return here or self._of_the_domain(key) or BY_SETTINGS

    def _at(self, place: str) -> str:
        """Say what is new about a place; empty where nothing is."""
        onto = self._ways.onward.get(place)
        if onto is None:
            domain = domain_of(place)
            was_inside = domain in self._others.hosted and domain not in self._ways.hosted
            return f"domain {domain} {self._opposite} hosted" if was_inside else ""
        if place in self._others.onward:
            return ""
        return self._of_the_domain(place) or f"{place} {self._verb} -> {onto}"

    def _of_the_domain(self, place: str) -> str:
        domain = domain_of(place)
        is_new = domain in self._ways.hosted and domain not in self._others.hosted
        return f"domain {domain} {self._verb} hosted" if is_new else ""
