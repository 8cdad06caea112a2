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

    def make(self, rows: Rows) -> RowEdit:
        """Change the rows; return what undoes it."""
        table = rows.tables[self.table]
        before = table.arrows(self.key)
        table.replace(self.key, self.arrows)
        return RowEdit(self.table, self.key, before)


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

    @property
    def removes(self) -> bool:
        """Tell whether the fact goes."""
        return self.value is _NOTHING

    def make(self, rows: Rows) -> FactEdit:
        """Change the rows; return what undoes it."""
        facts: dict[str, Any] = getattr(rows, self.fact)
        undone = FactEdit(self.fact, self.name, facts.get(self.name, _NOTHING))
        if self.removes:
            facts.pop(self.name, None)
        else:
            facts[self.name] = self.value
        if self.fact == "domains":
            rows.domain_records += int(undone.removes) - int(self.removes)
        return undone


@attrs.frozen
class RejectedEdit:
    """What could not take part, before and after.

    Args:
        rejected: All of it.
    """

    rejected: tuple[Rejected, ...]

    def make(self, rows: Rows) -> RejectedEdit:
        """Change the rows; return what undoes it."""
        undone = RejectedEdit(tuple(rows.rejected))
        rows.rejected[:] = self.rejected
        return undone


Edit = RowEdit | FactEdit | RejectedEdit
"""Any of them."""
