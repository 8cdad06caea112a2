"""The answer for a graph that changes."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING

import attrs

from forwardresolve.graph import ForwardingGraph
from forwardresolve.live.changes import (
    RemoveDomain,
    RemoveDomainAlias,
    RemoveForwarding,
    RemoveMailbox,
    SetDomain,
    SetDomainAlias,
    SetForwarding,
    SetMailbox,
)
from forwardresolve.live.delta import Delta
from forwardresolve.live.edits import RejectedEdit
from forwardresolve.live.reading import check, edits_of
from forwardresolve.live.telling import Telling
from forwardresolve.live.told import addresses_in, catch_alls_in, delta_of, differences, entries_in, marks_of
from forwardresolve.live.upkeep import Upkeep
from forwardresolve.reach import Reach
from forwardresolve.reachability import Resolution, Verdict
from forwardresolve.scripts import stop_scripts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from forwardresolve.entries import Entry
    from forwardresolve.hops import Hop
    from forwardresolve.live.changes import Change
    from forwardresolve.live.edits import Edit
    from forwardresolve.records import DomainKind, ForwardTable, Origin
    from forwardresolve.rows import Rejected


class LiveResolution(Resolution):
    """The answer for a graph, kept up to date change by change.

    It is always exactly what `forwardresolve.resolve` would say of the rows as they are now. It may
    be read from several threads while one changes it: a change is seen wholly or not at all. Whoever
    asks several questions that have to fit together asks them inside `steady`.

    Args:
        graph: The graph. It belongs to the live resolution from now on and changes with it; a
            resolution that was made of it before is no longer right.
    """

    def __init__(self, graph: ForwardingGraph) -> None:
        self._lock = RLock()
        super().__init__(graph)
        self._telling = Telling(self.reach)
        self._upkeep = Upkeep(self.reach, self._telling)
        self._right = True

    @property
    def addresses(self) -> tuple[str, ...]:
        """The exact addresses that are listed now, sorted; names of domain-alias twins included."""
        with self._lock:
            return addresses_in(self._telling.marks)

    @property
    def catch_alls(self) -> Mapping[str, tuple[str, ...]]:
        """Each hosted domain whose unknown addresses are listed now, to the names in it that are not."""
        with self._lock:
            return catch_alls_in(self._telling.marks)

    def entries(self) -> Iterator[Entry]:
        """Walk the finite table as it is now, sorted by key."""
        with self._lock:
            return entries_in(self._telling.marks)

    def __contains__(self, address: object) -> bool:
        """Tell whether an address is listed now; a text that is no address is not."""
        with self._lock:
            return super().__contains__(address)

    def verdict(self, address: str) -> Verdict:
        """Say what becomes of mail to an address now; see `Resolution.verdict`."""
        with self._lock:
            return super().verdict(address)

    def path(self, address: str) -> tuple[str, ...] | None:
        """Return one shortest way out now; see `Resolution.path`."""
        with self._lock:
            return super().path(address)

    def hops(self, address: str) -> Iterator[Hop]:
        """Walk every hop that mail to a normalised address takes now, nearest first, each once."""
        with self._lock:
            return iter(tuple(super().hops(address)))

    def steady(self) -> AbstractContextManager[object]:
        """Hold changes of other threads back while several questions are asked."""
        return self._lock

    def set_forwarding(
        self,
        source: str,
        destinations: str | Sequence[str],
        table: ForwardTable = "virtual",
        origin: Origin | None = None,
    ) -> Delta:
        """Let a source forward to these destinations and to no others; see `SetForwarding`."""
        return self.apply((SetForwarding(source, destinations, table, origin),))

    def remove_forwarding(self, source: str, table: ForwardTable = "virtual") -> Delta:
        """Let a source forward nothing any more; see `RemoveForwarding`."""
        return self.apply((RemoveForwarding(source, table),))

    def set_mailbox(self, address: str, *, shields: bool = False, origin: Origin | None = None) -> Delta:
        """Give an address a mailbox; see `SetMailbox`."""
        return self.apply((SetMailbox(address, shields, origin),))

    def remove_mailbox(self, address: str) -> Delta:
        """Take the mailbox of an address away; see `RemoveMailbox`."""
        return self.apply((RemoveMailbox(address),))

    def set_domain(self, name: str, kind: DomainKind = "mailbox") -> Delta:
        """Host a domain; see `SetDomain`."""
        return self.apply((SetDomain(name, kind),))

    def remove_domain(self, name: str) -> Delta:
        """Host a domain no longer; see `RemoveDomain`."""
        return self.apply((RemoveDomain(name),))

    def set_domain_alias(self, alias: str, target: str) -> Delta:
        """Let a domain stand for another; see `SetDomainAlias`."""
        return self.apply((SetDomainAlias(alias, target),))

    def remove_domain_alias(self, alias: str) -> Delta:
        """Let a domain stand for no other any more; see `RemoveDomainAlias`."""
        return self.apply((RemoveDomainAlias(alias),))

    def apply(self, changes: Iterable[Change]) -> Delta:
        """Make several changes as one, in their order.

        Args:
            changes: The changes.

        Returns:
            What they do to the answer together.

        Raises:
            AddressError: A change names no address, or no domain; nothing is changed then.
        """
        changes = tuple(changes)
        for change in changes:
            check(change)
        with self._lock:
            return self._make(changes)[0]

    def preview(self, changes: Iterable[Change]) -> Delta:
        """Say what `apply` would do, and keep everything as it is.

        Args:
            changes: The changes.

        Raises:
            AddressError: As in `apply`.
        """
        changes = tuple(changes)
        for change in changes:
            check(change)
        with self._lock:
            delta, undoing = self._make(changes)
            self._undo(undoing)
            return delta

    def delta_to(self, resolution: Resolution) -> Delta:
        """Say what would change if a resolution were the answer: nothing, where it is one of the same rows.

        Args:
            resolution: The other answer; it does not change meanwhile.
        """
        marks = marks_of(resolution._survey)  # noqa: SLF001 (both are resolutions)
        with self._lock:
            now = self._telling.marks
            return Delta() if now == marks else delta_of(differences(now, marks), marks)

    def _make(self, changes: Iterable[Change]) -> tuple[Delta, list[Edit]]:
        """Make changes; return what they do, and the edits that undo them."""
        rows, settings = self.graph.rows, self.graph.settings
        self._stop_scripts()
        undoing: list[Edit] = []
        rejected: list[Rejected] = []
        try:
            for change in changes:
                for edit in edits_of(change, rows, settings):
                    before = edit.undoing(rows)
                    if before == edit:
                        continue
                    undoing.insert(0, before)
                    if isinstance(edit, RejectedEdit):
                        rejected += [each for each in edit.rejected if each not in rows.rejected]
                    self._edit(edit)
            delta = self._tell()
        except BaseException:
            # Whatever stops it in the middle, an interrupt for one: as it was before.
            self._right = False
            self._undo(undoing)
            raise
        return attrs.evolve(delta, rejected=tuple(rejected)) if rejected else delta, undoing

    def _undo(self, edits: Iterable[Edit]) -> None:
        self._stop_scripts()
        for edit in edits:
            self._edit(edit)
        self._tell()

    def _stop_scripts(self) -> None:
        """Show changes the rows of the sources; which scripts run is found out anew behind them."""
        if self.graph.rows.scripted or self.graph.rows.tables["sieve"]:
            stop_scripts(self.graph.rows)
            self._right = False

    def _edit(self, edit: Edit) -> None:
        """Make one edit, and keep the answer up with it as far as that goes."""
        if self._right and self._upkeep.reaches(edit):
            self._right = False
            self._right = self._upkeep.make(edit)
        else:
            self._right = False
            edit.make(self.graph.rows)

    def _tell(self) -> Delta:
        """Tell what has changed since this was asked last."""
        before, changed = self._telling.marks, self._telling.changed
        if not self._right:
            # The old indexes go before the new ones come: only one set of them is ever held.
            self.__dict__.pop("_upkeep", None)
            self._telling.release()
            graph = ForwardingGraph(self.graph.rows, self.graph.settings)
            graph.run_scripts()
            reach = Reach(graph)
            telling = Telling(reach)
            self._upkeep = Upkeep(reach, telling)
            self.graph, self.reach, self._telling = graph, reach, telling
            self._right = True
            changed = differences(before, telling.marks) | changed
        self._telling.changed = {}
        return delta_of(changed, self._telling.marks)
