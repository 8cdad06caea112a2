"""What a deployment would change: computed, compared, and not yet done."""

from __future__ import annotations

import hashlib
import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.deploy.guard import shrunk, unusual

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from forwardresolve.deploy.change import Cause, Change
    from forwardresolve.deploy.front_end import FrontEnd
    from forwardresolve.deploy.generation import Generation
    from forwardresolve.deploy.guard import Amounts, Guard, Tally
    from forwardresolve.deploy.history import History
    from forwardresolve.deploy.patching import Patch
    from forwardresolve.deploy.policy import Deploy
    from forwardresolve.deploy.target import Holding
    from forwardresolve.deploy.ways import Ways

NOTHING_BEFORE: Final = (
    "no target holds a list and none was kept, so nothing can be compared; look at forwardresolve plan, "
    "then run: forwardresolve apply --first"
)
SHORT: Final = 12
"""How many digits of a digest are shown, and are enough to name it."""

_SHOWN_CAUSES: Final = 3
_LOCAL_PARTS: Final = re.compile(r"[^\s@]+@(?=\S)")


@attrs.frozen
class TargetPlan:
    """What would change on one target.

    Args:
        front_end: The target.
        wanted: What it is to hold.
        held: What it holds; None where it cannot be asked.
        change: What that means for its list; None where nothing changes, or nobody knows.
        judged: The numbers that the guard judges: against what the target holds, or against what
            was kept where it holds nothing; None where others are judged in its place.
        patches: What changes in each map, by its path; None where that is not known part by part.
        error: Why it cannot be asked; empty where it can.
    """

    front_end: FrontEnd
    wanted: Generation
    held: Holding | None
    change: Change | None = None
    judged: Amounts | None = None
    patches: Mapping[str, Patch] | None = None
    error: str = ""

    @property
    def name(self) -> str:
        """The admin's name for the target."""
        return self.front_end.name

    @property
    def changes(self) -> bool:
        """Whether the target would be written to."""
        return self.held is not None and self.held.digest != self.wanted.digest


@attrs.frozen(slots=False, kw_only=True)
class Plan:
    """What a deployment would change.

    Args:
        targets: What would change on each target, in the order of the configuration.
        ways: How everything that is listed reaches the outside.
        listed: How many addresses and catch-alls are listed.
        sources: How much each source gave.
        sources_before: How much each gave in the last good run, where that is known.
        last_good: The sources that are down, with the time of the read that stands in for each.
        spools: Where the reads were written down that a later run may need.
        is_first: Whether nothing is known of an earlier list.
        guard: Which changes have to be released.
        deploy: How the deployment behaves.
        state_dir: Where the state is.
        history: What was deployed before.
    """

    targets: tuple[TargetPlan, ...]
    ways: Ways
    listed: int
    sources: Mapping[str, Tally]
    sources_before: Mapping[str, Tally]
    last_good: Mapping[str, str]
    spools: Mapping[str, Path]
    is_first: bool
    guard: Guard
    deploy: Deploy
    state_dir: Path
    history: History

    @property
    def changes(self) -> bool:
        """Whether any target would be written to."""
        return any(each.changes for each in self.targets)

    @cached_property
    def digest(self) -> str:
        """What names the plan: what every target holds and is to hold, and what the guard says."""
        lines = [
            f"{each.name} {each.held.digest if each.held else '?'} {each.wanted.digest}"
            for each in self.targets
        ]
        return hashlib.sha256("\n".join([*lines, *self.check()]).encode()).hexdigest()

    def check(self, guard: Guard | None = None, *, first: bool = False) -> tuple[str, ...]:
        """Ask the guard.

        Args:
            guard: The guard; None for that of the configuration.
            first: Whether somebody has said that this is the first list.

        Returns:
            A sentence for everything that has to be released; none where the plan is safe.
        """
        return tuple(self._unsafe(self.guard if guard is None else guard, first=first))

    @property
    def causes(self) -> tuple[Cause, ...]:
        """The causes on the target that changes most, the biggest first."""
        changes = [each.change for each in self.targets if each.change is not None]
        most = max(changes, key=lambda each: each.amounts.added + each.amounts.removed, default=None)
        return most.causes if most else ()

    def refusal(self, refusals: tuple[str, ...]) -> str:
        """Write down why the guard refuses the plan, and how to release it; addresses are left out.

        Args:
            refusals: From `check`.
        """
        short = self.digest[:SHORT]
        causes = "; ".join(each.summary for each in _hidden(self.causes)[:_SHOWN_CAUSES])
        advice = (
            "nothing was touched; look at forwardresolve plan, and if it is right, run: "
            f'forwardresolve approve {short} --reason "..."'
        )
        return "\n".join([*refusals, *([f"the biggest causes: {causes}"] if causes else []), advice])

    def _unsafe(self, guard: Guard, *, first: bool) -> Iterator[str]:
        if self.is_first and not first:
            yield NOTHING_BEFORE
        for each in self.targets:
            if each.judged is not None:
                for sentence in unusual(each.judged, guard.limits(each.name)):
                    yield f"target {each.name}: {sentence}"
        for name, before in self.sources_before.items():
            if name in self.sources:
                yield from shrunk(name, before, self.sources[name], guard.losses(name))


def _hidden(causes: Iterable[Cause]) -> list[Cause]:
    """Leave the local parts of addresses out, and put together what looks alike then.

    A log is read by more people than the list.
    """
    found: dict[str, Cause] = {}
    for each in causes:
        text = _LOCAL_PARTS.sub("...@", each.text)
        known = found.get(text)
        added, removed = (known.added, known.removed) if known else (0, 0)
        found[text] = attrs.evolve(each, text=text, added=added + each.added, removed=removed + each.removed)
    return sorted(found.values(), key=lambda each: -each.added - each.removed)
