"""Change a few records of a constant database without reading the others.

What is read is the tables that change, with their records; what is behind them moves as a whole, and
its places are counted on. So the cost is that of copying the file and taking its digest.
"""

from __future__ import annotations

import struct
from array import array
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.rspamd.cdb import (
    PAIR,
    RECORDS,
    TABLES,
    bytes_of,
    laid_out,
    numbers_of,
    put_together,
)
from forwardresolve.rspamd.cdb_hash import hash_of
from forwardresolve.rspamd.marker import MARKER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Pair = tuple[bytes, bytes]

_OWN: Final = hash_of(MARKER.encode()) % TABLES
"""The table that holds the first record, too, which never moves."""


def cdb_changed(content: bytes, goes: Iterable[Pair], comes: Iterable[Pair]) -> bytes:
    """Take records out of a constant database and put others in.

    Args:
        content: What `forwardresolve.rspamd.cdb.cdb` returns.
        goes: Keys and values.
        comes: Keys and values.

    Returns:
        What that function returns for the records that it has then.

    Raises:
        ValueError: One that goes is not there, one that comes is there already, the content is
            laid out in another way, or it would be longer than 4 GiB.
    """
    try:
        return _changed(_Tables(content), _by_table(goes), _by_table(comes))
    except (struct.error, IndexError, OverflowError) as error:
        msg = "it is no constant database as forwardresolve lays one out"
        raise ValueError(msg) from error


@attrs.frozen
class _Tables:
    """A content, and where its tables are."""

    content: bytes
    _pointers: tuple[int, ...] = attrs.field(init=False)

    @_pointers.default
    def _unpack(self) -> tuple[int, ...]:
        return struct.unpack_from(f"<{2 * TABLES}I", self.content)

    @property
    def end(self) -> int:
        """Where the records end."""
        return self._pointers[0]

    def slots(self, number: int) -> bytes:
        """Return the bytes of a table."""
        place, slots = self._pointers[2 * number : 2 * number + 2]
        return self.content[place : place + PAIR.size * slots]

    def records(self, number: int) -> dict[int, tuple[bytes, int]]:
        """Return the records of a table and their hashes, by their places."""
        numbers = numbers_of(self.slots(number))
        places = zip(numbers[1::2], numbers[::2], strict=True)
        return {place: (self._record(place), digest) for place, digest in places if place >= RECORDS}

    def begin(self, number: int) -> int:
        """Return where the records of a table begin, or would begin."""
        for each in range(number, TABLES):
            places = [place for place in numbers_of(self.slots(each))[1::2] if place >= RECORDS]
            if places:
                return min(places)
        return self.end

    def _record(self, place: int) -> bytes:
        return self.content[place : place + PAIR.size + sum(PAIR.unpack_from(self.content, place))]


def _changed(
    old: _Tables, goes: Mapping[int, Mapping[bytes, int]], comes: Mapping[int, Mapping[bytes, int]]
) -> bytes:
    touched = goes.keys() | comes.keys() | {_OWN}
    blocks: list[bytes] = []
    tables: list[bytes] = []
    done, moved = RECORDS, 0
    for number in range(TABLES):
        if number not in touched:
            tables.append(_moved(old.slots(number), moved))
            continue
        begin = old.begin(number)
        held = dict(old.records(number).values())
        length = sum(map(len, held))
        made = _exchanged(held, goes.get(number, {}), comes.get(number, {}))
        block, table = laid_out(made, number, begin + moved)
        blocks += [old.content[done:begin], block]
        tables.append(table)
        done = begin + length
        moved += len(block) - length
    blocks.append(old.content[done : old.end])
    return put_together(blocks, tables)


def _exchanged(
    held: Mapping[bytes, int], goes: Mapping[bytes, int], comes: Mapping[bytes, int]
) -> Mapping[bytes, int]:
    if not goes.keys() <= held.keys():
        msg = "a record that goes is not there"
        raise ValueError(msg)
    if not comes.keys().isdisjoint(held.keys()):
        msg = "a record that comes is there already"
        raise ValueError(msg)
    return {record: digest for record, digest in held.items() if record not in goes} | {**comes}


def _moved(slots: bytes, by: int) -> bytes:
    """Count on the places of a table; an empty slot has none."""
    if not by:
        return slots
    numbers = numbers_of(slots)
    numbers[1::2] = array("I", [place and place + by for place in numbers[1::2]])
    return bytes_of(numbers)


def _by_table(pairs: Iterable[Pair]) -> dict[int, dict[bytes, int]]:
    """Write records as a file has them, and sort them by their tables."""
    found: dict[int, dict[bytes, int]] = {}
    for key, value in pairs:
        digest = hash_of(key)
        record = PAIR.pack(len(key), len(value)) + key + value
        found.setdefault(digest % TABLES, {})[record] = digest
    return found
