"""What is known of a generation that is kept: its name, when it came, and where it came from."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 (cattrs reads the annotations)

import attrs


@attrs.frozen(kw_only=True)
class Kept:
    """What is known of a kept generation.

    Args:
        digest: Its digest.
        number: It counts up, whatever the clock does.
        at: When it was first deployed, ISO 8601.
        reason: Why, where somebody said so.
        causes: What it came from: the biggest causes, in words.
        keys: How many addresses it has.
        maps: The path of each map, and the file that holds it; empty for a step.
        since: The generation that is kept whole and that this one descends from; empty where it
            is kept whole itself.
    """

    digest: str
    number: int
    at: str
    reason: str = ""
    causes: tuple[str, ...] = ()
    keys: int = 0
    maps: Mapping[str, str] = attrs.field(factory=dict)
    since: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it is kept with all its maps, and not as what changes from another one."""
        return not self.since
