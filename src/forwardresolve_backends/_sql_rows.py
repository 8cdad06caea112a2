"""The rows of a database on their way: fixed columns, portable truth values, nothing lost silently."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.sdk import BackendMisconfigured, Origin, Remark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve_backends._sql_connection import Chunks, Database, Query, Row

ON: Final = frozenset({"1", "2", "y", "yes", "t", "true", "on"})
"""What switches a row on, unless the options say otherwise (2: mailcow's "receives, no log-in")."""

OFF: Final = frozenset({"", "0", "n", "no", "f", "false", "off"})
"""What switches a row off without a remark; NULL counts as the empty text."""

_SPACE: Final = 0x20
_SHOWN: Final = 5


@attrs.frozen
class Contract:
    """The columns of one kind of row; the switch ``active`` stands behind them.

    Args:
        needed: Columns that must be there.
        optional: Columns that may be there.
    """

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()

    def arrange(self, columns: tuple[str, ...], query: Query) -> tuple[str, ...]:
        """Return the columns in the order of the contract.

        Args:
            columns: The folded names that the database gives.
            query: What gave them.

        Raises:
            BackendMisconfigured: A column is missing, unknown or there twice.
        """
        needed = (*self.needed, "active")
        wanted = tuple(name for name in (*self.needed, *self.optional, "active") if name in columns)
        if len(wanted) == len(columns) and set(needed) <= set(wanted):
            return wanted
        optional = f" and may give {', '.join(self.optional)}" if self.optional else ""
        msg = (
            f"{query} gives the columns {', '.join(columns)}; it must give {', '.join(needed)}{optional}, "
            "each once: rename a column with AS, and write 1 AS active where every row counts"
        )
        raise BackendMisconfigured(msg)


class Switch(dict[object, bool]):
    """What the values of a column ``active`` mean; each value is thought about once.

    Args:
        on: Words that switch a row on; None: whatever commonly does.
    """

    def __init__(self, on: frozenset[str] | None = None) -> None:
        super().__init__()
        self.unknown: set[str] = set()
        self._on = ON if on is None else on
        self._off = OFF if on is None else None

    def __missing__(self, value: object) -> bool:
        """Think about a value that comes for the first time."""
        said = word(value)
        on = said in self._on
        if not on and self._off is not None and said not in self._off:
            self.unknown.add(said)
        self[value] = on
        return on


@attrs.define
class Rows:
    """The rows of one query, on their way.

    Args:
        origin: Where the records come from; one for all of them.
        columns: The names of the columns, in the order of the contract.
        chunks: The rows in that order.
        switch: What ``active`` means.
        undecodable: How many texts were not UTF-8.
    """

    origin: Origin
    columns: tuple[str, ...]
    chunks: Chunks
    switch: Switch
    undecodable: int = 0
    _places: dict[str, Origin] = attrs.field(factory=dict, init=False)

    def live(self) -> Chunks:
        """Give the rows that are switched on."""
        switch = self.switch
        for chunk in self.chunks:
            try:
                live = [row for row in chunk if switch[row[-1]]]
            except TypeError:  # an array or JSON: it cannot be remembered
                live = [row for row in chunk if self.is_on(row)]
            yield live

    def is_on(self, row: Row) -> bool:
        """Tell whether one row is switched on."""
        return self.switch[word(row[-1])]

    def text(self, value: object) -> str:
        """Return what a column holds as text, NULL as an empty one."""
        if value is None:
            return ""
        if not isinstance(value, bytes):
            return str(value)
        try:
            return value.decode()
        except UnicodeDecodeError:
            self.undecodable += 1
            return value.decode(errors="replace")

    def origin_at(self, place: object) -> Origin:
        """Return the one origin of all rows of a place, where the query names places."""
        name = self.text(place)
        return self._places.setdefault(name, Origin(name)) if name else self.origin

    def texts(self, value: object) -> str | tuple[str, ...]:
        """Return what a column of destinations holds; an array gives several texts."""
        return tuple(map(self.text, value)) if isinstance(value, list | tuple) else self.text(value)

    def remarks(self) -> Iterator[Remark]:
        """Say what was odd, once all rows have gone by."""
        if self.switch.unknown:
            seen = sorted(self.switch.unknown)
            shown = ", ".join(map(repr, seen[:_SHOWN])) + (", ..." if len(seen) > _SHOWN else "")
            text = (
                f"The column active holds {shown}, which says neither yes nor no; these rows count as "
                "switched off. Say with active_values, or in the query, what switches a row on."
            )
            yield Remark("unclear-active", text, origin=self.origin)
        if self.undecodable:
            text = (
                f"{self.undecodable} texts are not UTF-8; what cannot be read in them is replaced. "
                "Write them anew in the panel."
            )
            yield Remark("not-utf8", text, origin=self.origin)


def read(database: Database, query: Query, contract: Contract, switch: Switch | None = None) -> Rows:
    """Put a query and see that its columns keep the contract.

    Args:
        database: The open database.
        query: What to read.
        contract: The columns it must give, in any order and case.
        switch: What ``active`` means; None: whatever commonly does.

    Raises:
        BackendMisconfigured: The database refuses the query, or the columns are others.
        BackendUnavailable: The database does not answer.
    """
    given, chunks = database.ask(query)
    folded = tuple(name.casefold() for name in given)
    columns = contract.arrange(folded, query)
    if columns != folded:
        pick = itemgetter(*map(folded.index, columns))
        chunks = (list(map(pick, chunk)) for chunk in chunks)
    return Rows(Origin(query.place), columns, chunks, Switch() if switch is None else switch)


def word(value: object) -> str:
    """Return what a value says, whatever its type: TRUE, 1, '1', b'1' and a BIT of 1 all say 1."""
    match value:
        case None:
            return ""
        case bool():
            return str(int(value))
        case float() if value.is_integer():
            return str(int(value))
        case bytes() if value and max(value) < _SPACE:  # BIT(n) of MariaDB
            return str(int.from_bytes(value))
        case bytes():
            return value.decode(errors="replace").strip().casefold()
        case _:
            return str(value).strip().casefold()
