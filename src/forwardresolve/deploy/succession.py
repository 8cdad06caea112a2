"""The generations of one list, each with what leads to it from those that targets still hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.deploy.generation import Generation
from forwardresolve.deploy.patching import Patch
from forwardresolve.rspamd import Artifact
from forwardresolve.rspamd.parts import meaning

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forwardresolve.deploy.live_ways import Earlier
    from forwardresolve.rspamd.live_maps import Exchange

_MOST: Final = 16
"""From so many earlier generations on the oldest is forgotten: a target that holds it is read."""


@attrs.frozen
class Step:
    """What leads from one generation to a later one.

    Args:
        before: The digest of the earlier one.
        patches: What changes in each map, by its path.
        removed: The keys that go, as `read_keys` gives them.
        added: The keys that come.
        earlier: How the ways were.
    """

    before: str
    patches: Mapping[str, Patch]
    removed: frozenset[str]
    added: frozenset[str]
    earlier: Earlier

    def then(self, later: Step) -> Step:
        """Return the step over both."""
        both = {
            path: self.patches.get(path, Patch()).then(later.patches.get(path, Patch()))
            for path in self.patches.keys() | later.patches.keys()
        }
        return Step(
            self.before,
            {path: patch for path, patch in both.items() if patch},
            (self.removed - later.added) | (later.removed - self.added),
            (self.added - later.removed) | (later.added - self.removed),
            self.earlier.then(later.earlier),
        )


class Succession:
    """The generation of now, and the steps that lead to it.

    Args:
        generation: The first one.
        is_table: Whether its map is that of the plugin profile.

    Attributes:
        generation: The one of now.
    """

    def __init__(self, generation: Generation, *, is_table: bool) -> None:
        self.generation = generation
        self._is_table = is_table
        self._steps: dict[str, Step] = {}

    def step_from(self, digest: str) -> Step | None:
        """Return what leads from an earlier generation to that of now; None where that is not known."""
        return self._steps.get(digest)

    def follow(
        self, contents: Mapping[str, bytes], exchanges: Mapping[str, Exchange], earlier: Earlier
    ) -> None:
        """Take the next generation.

        Args:
            contents: Its maps, by their paths.
            exchanges: What has changed in them.
            earlier: How the ways were.
        """
        before = self.generation.digest
        self.generation = Generation(
            tuple(Artifact(path, content, "map") for path, content in contents.items())
        )
        goes, comes = (
            meaning(
                (part for each in exchanges.values() for part in getattr(each, side)), is_table=self._is_table
            )
            for side in ("goes", "comes")
        )
        patches = {path: Patch(each.goes, each.comes) for path, each in exchanges.items()}
        step = Step(before, patches, frozenset(goes - comes), frozenset(comes - goes), earlier)
        steps = {digest: known.then(step) for digest, known in self._steps.items()} | {before: step}
        steps.pop(self.generation.digest, None)
        self._steps = dict([*steps.items()][-_MOST:])
