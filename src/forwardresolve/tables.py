"""One lookup table: source keys, their destinations, and where each arrow comes from."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Final

from forwardresolve.records import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

NO_ORIGIN: Final = Origin()


class Table:
    """The forwardings of one table.

    Attributes:
        rows: Key to destinations, each once, in the order they came. A destination is a
            normalised address, a bare name, an opaque text, or, in the row of a catch-all,
            ``@domain`` (keep the local part). A row that lists only its key has none here: it
            forwards nothing, but it shields its address from a catch-all.
        catch_alls: The keys among them that are catch-alls: there are few, and they are asked for often.

    Most rows of a source share one origin, so only those of the others are kept: one for a row, or
    one for each destination where they differ. Rows of one key are united by `settle`, once all
    have come.
    """

    __slots__ = ("_growing", "_origins", "_repeats", "_usual", "catch_alls", "rows")

    def __init__(self) -> None:
        self.rows: dict[str, tuple[str, ...]] = {}
        self.catch_alls: dict[str, None] = {}
        self._usual: Origin | None = None
        self._origins: dict[str, Origin | dict[str, Origin]] = {}
        self._repeats: dict[str, list[Origin]] = {}
        self._growing: dict[str, dict[str, None]] = {}

    def __contains__(self, key: str) -> bool:
        """Tell whether a row has this key."""
        return key in self.rows

    def __len__(self) -> int:
        """Count the keys."""
        return len(self.rows)

    def __iter__(self) -> Iterator[str]:
        """Walk the keys."""
        return iter(self.rows)

    def forwarding(self) -> Iterator[str]:
        """Walk the keys whose row lists more than the key."""
        return (key for key, row in self.rows.items() if row)

    def rewriting(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Walk the catch-alls that send their addresses on to another domain, with their rows."""
        for key in self.catch_alls:
            row = self.rows[key]
            if row and row[0][0] == "@":
                yield key, row

    def get(self, key: str) -> tuple[str, ...] | None:
        """Return the destinations of a key, or None where no row has it."""
        row = self.rows.get(key)
        return (key,) if row == () else row

    def put(self, key: str, destinations: tuple[str, ...], origin: Origin) -> None:
        """Add destinations to the row of a key; none stand for the key itself."""
        if key in self.rows:
            self._unite(key, destinations or (key,), origin)
        else:
            self._store(key, destinations)
            if self._usual is None:
                self._usual = origin
            elif origin is not self._usual:
                self._origins[key] = origin

    def _unite(self, key: str, destinations: tuple[str, ...], origin: Origin) -> None:
        """Add destinations to a row that is there already."""
        united = self._growing.get(key)
        known = united if united is not None else self.get(key) or ()
        added = tuple(each for each in destinations if each not in known)
        if added and united is None:
            united = self._growing[key] = dict.fromkeys(known)
        if united is not None:
            united.update(dict.fromkeys(added))
        if not added or origin is not self._usual:
            self._repeats.setdefault(key, []).append(origin)
        origins = self._origins.get(key, self._usual)
        if added and origin is not origins:
            if not isinstance(origins, dict):
                origins = self._origins[key] = {each: self.origin(key, each) for each in known}
            origins.update(dict.fromkeys(added, origin))

    def settle(self) -> None:
        """Unite the rows of each key; sorted, because the order of rows says nothing."""
        for key, destinations in self._growing.items():
            self._store(key, tuple(sorted(destinations)))
        self._growing.clear()

    def change(self, key: str, change: Callable[[str], str]) -> None:
        """Replace each destination of a key by what ``change`` makes of it."""
        before = self.rows.get(key) or (key,)
        origins = self._origins.get(key)
        if isinstance(origins, dict):
            self._origins[key] = {change(each): origin for each, origin in origins.items()}
        self._store(key, tuple(dict.fromkeys(change(each) for each in before)))

    def arrows(self, key: str) -> dict[str, Origin] | None:
        """Return the destinations of a key, each with where it comes from; None where no row has it."""
        row = self.get(key)
        return None if row is None else {each: self.origin(key, each) for each in row}

    def replace(self, key: str, arrows: Mapping[str, Origin] | None) -> None:
        """Put a row in the place of the one that a key has.

        Args:
            key: The key of the row.
            arrows: Its destinations, and where each comes from; None for no row.
        """
        self._origins.pop(key, None)
        self._repeats.pop(key, None)
        if not arrows:
            self._drop(key)
        else:
            if self._usual is None:
                self._usual = next(iter(arrows.values()))
            first = next(iter(arrows.values()))
            if any(origin is not first and origin != first for origin in arrows.values()):
                self._origins[key] = dict(arrows)
            elif first != self._usual:
                self._origins[key] = first
            self._store(key, tuple(arrows))

    def with_row(self, key: str, arrows: Mapping[str, Origin]) -> Table:
        """Return a table that differs in one row; this one stays as it is.

        Args:
            key: The key of the row.
            arrows: Its destinations, and where each comes from; without any there is no row.
        """
        changed = copy(self)
        changed.rows, changed.catch_alls = dict(self.rows), dict(self.catch_alls)
        changed._origins = {**self._origins, key: dict(arrows)}  # noqa: SLF001 (its own kind)
        if arrows:
            changed._store(key, tuple(arrows))  # noqa: SLF001 (its own kind)
        else:
            changed._drop(key)  # noqa: SLF001 (its own kind)
        return changed

    def origin(self, key: str, destination: str) -> Origin:
        """Return where the arrow from a key to one of its destinations comes from."""
        origin = self._origins.get(key)
        if isinstance(origin, dict):
            origin = origin.get(destination)
        return origin or self._usual or NO_ORIGIN

    def repeated(self) -> Iterator[tuple[str, tuple[Origin, ...]]]:
        """Walk the keys that more than one row, or more than one source, has written.

        Yields:
            The key and the origins of all its rows, the first row's first.
        """
        for key, later in self._repeats.items():
            origins = (self.origin(key, each) for each in self.get(key) or ())
            yield key, (next((origin for origin in origins if origin not in later), later[0]), *later)

    def _store(self, key: str, destinations: tuple[str, ...]) -> None:
        self.rows[key] = () if destinations == (key,) else destinations
        if key[0] == "@":
            self.catch_alls[key] = None

    def _drop(self, key: str) -> None:
        self.rows.pop(key, None)
        self.catch_alls.pop(key, None)
