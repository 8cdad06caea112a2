"""Changes of the rows, each of which can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forwardresolve.records import ForwardTable, Origin
    from forwardresolve.rows import Rejected, Rows

Fact = Literal["domains", "domain_aliases", "mailboxes", "shields", "overruled"]
"""The attributes of `Rows` that map a name to a fact about it."""
_NOTHING: Any = object()
"""What stands for the absence of a fact: the value of one may be None."""


@attrs.frozen
class RowEdit:
    """Another row for a key, or none.

    Args:
        table: The table it stands in.
        key: Its key.
        arrows: The destinations, and where each comes from; None for no row.
    """

    table: ForwardTable
    key: str
    arrows: Mapping[str, Origin] | None

    def undoing(self, rows: Rows) -> RowEdit:
        """Return the edit that brings back what is there now."""
        return RowEdit(self.table, self.key, rows.tables[self.table].arrows(self.key))

    def make(self, rows: Rows) -> None:
        """Change the rows."""
        rows.tables[self.table].replace(self.key, self.arrows)


@attrs.frozen
class FactEdit:
    """Another fact about a name, or none.

    Args:
        fact: Which one.
        name: The name.
        value: The fact; without it there is none any more.
    """

    fact: Fact
    name: str
    value: Any = _NOTHING

    def undoing(self, rows: Rows) -> FactEdit:
        """Return the edit that brings back what is there now."""
        facts: dict[str, Any] = getattr(rows, self.fact)
        return FactEdit(self.fact, self.name, facts.get(self.name, _NOTHING))

    def make(self, rows: Rows) -> None:
        """Change the rows."""
        facts: dict[str, Any] = getattr(rows, self.fact)
        before = len(facts)
        if self.value is _NOTHING:
            facts.pop(self.name, None)
        else:
            facts[self.name] = self.value
        if self.fact == "domains":
            rows.domain_records += len(facts) - before


@attrs.frozen
class RejectedEdit:
    """What could not take part, before and after.

    Args:
        rejected: All of it.
    """

    rejected: tuple[Rejected, ...]

    def undoing(self, rows: Rows) -> RejectedEdit:
        """Return the edit that brings back what is there now."""
        return RejectedEdit(tuple(rows.rejected))

    def make(self, rows: Rows) -> None:
        """Change the rows."""
        rows.rejected[:] = self.rejected


Edit = RowEdit | FactEdit | RejectedEdit
"""Any of them."""
