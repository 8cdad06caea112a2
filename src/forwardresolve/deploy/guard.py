"""The guard: which changes are so unusual that somebody has to release them. Pure.

It works both ways. A source that comes back short takes addresses out of the list, and the spam
for them leaves; a list of domains that comes back short makes everything external.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 (cattrs reads the annotations)
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator


def _is_count(_: Any, attribute: attrs.Attribute[Any], value: float) -> None:  # noqa: ANN401 (the instance)
    if value < 0:
        msg = f"{attribute.name} must be 0 or more, not {value}"
        raise ValueError(msg)


@attrs.frozen(kw_only=True, slots=False)
class Limits:
    """How much a list may change at once.

    Args:
        removed: So many addresses may always go.
        removed_percent: So many may go when the list is long, in per cent of what is held.
        added: So many addresses may always come.
        added_percent: So many may come when the list is long, in per cent of what is held.
        allow_empty: Whether a list may become empty.
    """

    removed: int = attrs.field(default=20, validator=_is_count)
    removed_percent: float = attrs.field(default=5, validator=_is_count)
    added: int = attrs.field(default=50, validator=_is_count)
    added_percent: float = attrs.field(default=10, validator=_is_count)
    allow_empty: bool = False


@attrs.frozen(kw_only=True, slots=False)
class Losses:
    """How much a source may lose between two good runs.

    Args:
        lost: So many domains, and so many forwardings, may always go: one of five is daily life.
        lost_percent: So many may go when there are many, in per cent of the last good run.
    """

    lost: int = attrs.field(default=2, validator=_is_count)
    lost_percent: float = attrs.field(default=10, validator=_is_count)


@attrs.frozen(kw_only=True, slots=False)
class Guard(Limits, Losses):
    """The table ``[guard]``.

    Args:
        removed: As in `Limits`, for every target.
        removed_percent: As in `Limits`.
        added: As in `Limits`.
        added_percent: As in `Limits`.
        allow_empty: As in `Limits`.
        lost: As in `Losses`, for every source.
        lost_percent: As in `Losses`.
        source: Other limits for single sources, by name.
        target: Other limits for single targets, by name.
    """

    source: Mapping[str, Losses] = attrs.field(factory=dict)
    target: Mapping[str, Limits] = attrs.field(factory=dict)

    def limits(self, target: str) -> Limits:
        """Return what holds for a target."""
        return self.target.get(target, self)

    def losses(self, source: str) -> Losses:
        """Return what holds for a source."""
        return self.source.get(source, self)


@attrs.frozen
class Amounts:
    """How a list changes, in numbers.

    Args:
        held: Addresses that are held now.
        removed: Addresses that go.
        added: Addresses that come.
        listed: Addresses that are held afterwards.
    """

    held: int
    removed: int
    added: int
    listed: int


@attrs.frozen
class Tally:
    """How much a source gave.

    Args:
        domains: Hosted domains.
        forwardings: Forwardings, catch-alls included.
    """

    domains: int
    forwardings: int


def unusual(amounts: Amounts, limits: Limits) -> Iterator[str]:
    """Say what is unusual about a change of a list.

    Args:
        amounts: The change.
        limits: How much may change.

    Yields:
        A sentence for each limit that is passed.
    """
    if amounts.held and not amounts.listed and not limits.allow_empty:
        yield f"the list becomes empty, and {amounts.held} addresses are held (allow_empty)"
    ways = (
        ("go", amounts.removed, limits.removed, limits.removed_percent, "removed"),
        ("come", amounts.added, limits.added, limits.added_percent, "added"),
    )
    for verb, count, floor, percent, key in ways:
        if _exceeds(count, amounts.held, floor, percent):
            of = f" of {amounts.held} ({count / amounts.held:.0%})" if amounts.held else ""
            yield (
                f"{count} addresses{of} would {verb}; at once may {verb} {floor} or {percent:g} % "
                f"({key}, {key}_percent)"
            )


def shrunk(name: str, before: Tally, now: Tally, losses: Losses) -> Iterator[str]:
    """Say what a source has lost since its last good run.

    A source that had something and has nothing is always told.

    Args:
        name: The admin's name for it.
        before: What it gave then.
        now: What it gives.
        losses: How much it may lose.

    Yields:
        A sentence each for domains and forwardings, where too many are gone.
    """
    for kind in ("domains", "forwardings"):
        had, has = getattr(before, kind), getattr(now, kind)
        if has < had and (not has or _exceeds(had - has, had, losses.lost, losses.lost_percent)):
            yield (
                f"source {name} has {has} {kind}, and {had} in its last good run ({has / had - 1:.0%}); "
                f"it may lose {losses.lost} or {losses.lost_percent:g} % (lost, lost_percent)"
            )


def _exceeds(count: int, of: int, floor: int, percent: float) -> bool:
    return count > max(floor, of * percent / 100)
