"""The guard of a front end, which looks at what a sender wants to put there."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Protocol

import attrs

from forwardresolve.deploy.counted import Counted, said_by
from forwardresolve.deploy.guard import unusual
from forwardresolve.errors import UnsafeChange
from forwardresolve.rspamd.parts import is_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forwardresolve.deploy.generation import Generation
    from forwardresolve.deploy.guard import Amounts, Limits
    from forwardresolve.deploy.patching import Patch

_LOG: Final = logging.getLogger(__name__)


class Judge(Protocol):
    """The guard of a front end."""

    def __call__(
        self,
        before: Generation,
        after: Generation,
        release: str,
        patches: Mapping[str, Patch] | None = None,
    ) -> None:
        """Look at a change.

        Args:
            before: What is held.
            after: What is to be held.
            release: Why the sender says that somebody released it; empty where nobody did.
            patches: What leads from one to the other, by the paths of the maps that change; None
                where nobody says.

        Raises:
            UnsafeChange: It goes too far.
        """
        ...


@attrs.frozen
class OwnGuard:
    """The guard of a front end that trusts no sender further than it must.

    Args:
        limits: How much the list may change at once.
        takes_release: Whether a change goes through that somebody released on the sender's side.
    """

    limits: Limits
    takes_release: bool = True
    _known: dict[str, Counted] = attrs.field(factory=dict, init=False, eq=False, repr=False)
    """What is held, by its digest: a long conversation reads it once."""

    def __call__(
        self,
        before: Generation,
        after: Generation,
        release: str,
        patches: Mapping[str, Patch] | None = None,
    ) -> None:
        """Look at a change; see `Judge`. An empty front end takes any list."""
        if not before.maps:
            return
        had = self._known.get(before.digest) or Counted.of(each.content for each in before.maps)
        self._known.clear()
        self._known[before.digest] = had
        said = None if patches is None else _said(before, after, patches)
        if said is not None:
            self._judge(had.changed_by(said), release)
            had.follow(said)
        else:
            has = Counted.of(each.content for each in after.maps)
            self._judge(had.followed_by(has.keys), release)
            had = has
        self._known.clear()
        self._known[after.digest] = had

    def _judge(self, amounts: Amounts, release: str) -> None:
        problems = "; ".join(unusual(amounts, self.limits))
        if not problems:
            return
        if release and self.takes_release:
            _LOG.warning("released (%s): %s", release, problems)
            return
        advice = "nobody has released it" if self.takes_release else "it takes no release"
        msg = f"the guard of the front end refuses the change, and {advice}: {problems}"
        raise UnsafeChange(msg)


def _said(before: Generation, after: Generation, patches: Mapping[str, Patch]) -> Mapping[str, int] | None:
    """Count what patches say; None where one makes a map mean something else as a whole."""
    was = {each.path: is_table(each.content) for each in before.maps if each.path in patches}
    will = {each.path: is_table(each.content) for each in after.maps if each.path in patches}
    return said_by((patch, was[path]) for path, patch in patches.items()) if was == will else None
