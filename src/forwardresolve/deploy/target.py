"""What every kind of target can do: say what it holds, give it out, and take a generation whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import attrs

from forwardresolve.deploy.generation import digest_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from forwardresolve.deploy.generation import Generation
    from forwardresolve.deploy.patching import Patch


@attrs.frozen
class Holding:
    """What a target holds.

    Args:
        digests: Each map of ours with the SHA-256 of its content, in hexadecimal; none on a new
            target.
        sequence: How many generations it has taken; the next one must be one higher.
    """

    digests: Mapping[str, str]
    sequence: int = 0

    @property
    def digest(self) -> str:
        """The digest of the generation, as `Generation.digest`; empty on a new target."""
        return digest_of(self.digests) if self.digests else ""


class Target(Protocol):
    """A place that maps are deployed to.

    Every method opens and closes what it needs, and raises TargetError with a sentence that names
    the target, says what happened and what to do.
    """

    @property
    def name(self) -> str:
        """The admin's name for it."""
        ...

    def holding(self, paths: Collection[str]) -> Holding:
        """Say what the target holds.

        Args:
            paths: The maps that are asked for, relative to its root.

        Raises:
            TargetError: It cannot be asked, or a file in a place of ours is somebody else's.
        """
        ...

    def fetch(self, path: str) -> bytes:
        """Return the content of a map that it holds.

        Raises:
            TargetError: It has no such map, or cannot be asked.
        """
        ...

    def put(
        self,
        generation: Generation,
        held: Holding,
        *,
        release: str = "",
        patches: Mapping[str, Patch] | None = None,
    ) -> Holding:
        """Take a generation whole, or leave everything as it was.

        Args:
            generation: The maps to hold from now on.
            held: What it held when the change was planned.
            release: Why somebody let an unusual change through, for a target with a guard of its
                own; empty where nobody had to.
            patches: What changes in the maps that it held, by their paths, for a target that need
                not be sent more; None where that is not known.

        Returns:
            What it holds now.

        Raises:
            TargetError: It holds something else by now, or cannot be written; what was there stays.
        """
        ...
