"""What a deployment would change: computed, compared, and not yet done."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from forwardresolve.deploy.front_end import FrontEnd
    from forwardresolve.deploy.generation import Generation
    from forwardresolve.deploy.guard import Guard
    from forwardresolve.deploy.policy import Deploy
    from forwardresolve.deploy.target import Holding


@attrs.frozen
class TargetPlan:
    """What would change on one target.

    Args:
        front_end: The target.
        wanted: What it is to hold.
        held: What it holds; None where it cannot be asked.
        error: Why it cannot be asked; empty where it can.
    """

    front_end: FrontEnd
    wanted: Generation
    held: Holding | None
    error: str = ""

    @property
    def name(self) -> str:
        """The admin's name for the target."""
        return self.front_end.name

    @property
    def changes(self) -> bool:
        """Whether the target would be written to."""
        return self.held is not None and self.held.digest != self.wanted.digest


@attrs.frozen(slots=False)
class Plan:
    """What a deployment would change.

    Args:
        targets: What would change on each target, in the order of the configuration.
        guard: Which changes have to be released.
        deploy: How the deployment behaves.
    """

    targets: tuple[TargetPlan, ...]
    guard: Guard
    deploy: Deploy

    @property
    def changes(self) -> bool:
        """Whether any target would be written to."""
        return any(each.changes for each in self.targets)

    @cached_property
    def digest(self) -> str:
        """What names the plan: what every target holds and is to hold."""
        lines = (
            f"{each.name} {each.held.digest if each.held else '?'} {each.wanted.digest}\n"
            for each in self.targets
        )
        return hashlib.sha256("".join(lines).encode()).hexdigest()
