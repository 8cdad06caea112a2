"""What changes in a map: the parts that go and those that come. Pure.

A map is the set of its parts (see `forwardresolve.rspamd.parts`), so a patch is as short as the
change, whatever the length of the list, and the other side makes the same bytes of it.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import attrs

from forwardresolve.errors import TargetError
from forwardresolve.rspamd.parts import changed, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterable


def _once(parts: Iterable[bytes]) -> tuple[bytes, ...]:
    return tuple(sorted({*parts}))


@attrs.frozen
class Patch:
    """How one map changes.

    Args:
        goes: The parts that go; they are kept sorted.
        comes: The parts that come, others than those; they are kept sorted.
    """

    goes: tuple[bytes, ...] = attrs.field(default=(), converter=_once)
    comes: tuple[bytes, ...] = attrs.field(default=(), converter=_once)

    @comes.validator
    def _are_others(self, _: object, comes: tuple[bytes, ...]) -> None:
        if not {*self.goes}.isdisjoint(comes):
            msg = "a part cannot go and come"
            raise ValueError(msg)

    def __bool__(self) -> bool:
        """Tell whether it changes anything."""
        return bool(self.goes or self.comes)

    def then(self, other: Patch) -> Patch:
        """Put another patch behind this one.

        Args:
            other: What changes afterwards.

        Returns:
            What changes by both: a part that comes and goes again is in neither.

        Raises:
            ValueError: The other one cannot follow: a part would go or come twice.
        """
        goes, comes = {*self.goes}, {*self.comes}
        if not goes.isdisjoint(other.goes) or not comes.isdisjoint(other.comes):
            msg = "the patch does not follow: a part would go or come twice"
            raise ValueError(msg)
        return Patch(
            goes=(goes - {*other.comes}) | ({*other.goes} - comes),
            comes=(comes - {*other.goes}) | ({*other.comes} - goes),
        )

    def encode(self) -> bytes:
        """Write it down as `decode` reads it; ASCII only."""
        parts = [[part.decode("latin-1") for part in each] for each in (self.goes, self.comes)]
        return json.dumps(parts, separators=(",", ":")).encode()

    @classmethod
    def decode(cls, written: bytes) -> Patch:
        """Read what `encode` has written.

        Raises:
            TargetError: It is something else.
        """
        try:
            goes, comes = map(_parts, json.loads(written))
            return cls(goes, comes)
        except (ValueError, TypeError, AttributeError, RecursionError):
            msg = "what came is no patch of a map"
            raise TargetError(msg) from None


def patch_between(before: bytes, after: bytes) -> Patch:
    """Say how one content of a map becomes another.

    Args:
        before: A content that `is_whole`.
        after: Another one, of the same format.
    """
    had, has = {*parts_of(before)}, {*parts_of(after)}
    return Patch(had - has, has - had)


def patched(before: bytes, patch: Patch) -> bytes:
    """Make the content that a patch leads to. Whether it is the right one, its digest says.

    Args:
        before: The content that it was made for.
        patch: What changes.

    Raises:
        TargetError: It is for another content.
    """
    try:
        return changed(before, patch.goes, patch.comes) if patch else before
    except ValueError as error:
        msg = f"the patch does not fit: {error}"
        raise TargetError(msg) from error


def _parts(given: Any) -> list[bytes]:  # noqa: ANN401 (whatever came)
    """Read the parts of one side.

    Raises:
        ValueError: It is something else, or they are not sorted; some other errors say the same.
    """
    parts = [part.encode("latin-1") for part in given]
    if type(given) is not list or any(one >= other for one, other in pairwise(parts)):
        raise ValueError
    return parts
