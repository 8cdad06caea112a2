"""Write and read a constant database, the file format ``cdb`` of D. J. Bernstein.

Rspamd maps such a file into memory and reads none of it at a change, so a long list costs no pause
in scanning. The layout: 256 pointers to hash tables, the records, the tables; all numbers are 32
bits, little-endian (https://cr.yp.to/cdb/cdb.txt).

The format leaves the order of the records free. Here the first one says whose file it is and names
the digest of all other bytes. Behind it stand the records of the first table, sorted, then those of
the second. So the same records make the same bytes, and what one more changes is found without
reading the others: its table, and in the tables behind it the places, all by the same number.
"""

from __future__ import annotations

import struct
import sys
from array import array
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Final

from forwardresolve.rspamd.cdb_hash import hash_of, hashes_of
from forwardresolve.rspamd.marker import MARKER, generation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

TABLES: Final = 256
"""How many tables there are; the lowest byte of the hash of a key tells which one is its own."""

PAIR: Final = struct.Struct("<II")
"""The lengths of a key and its value, the place of a table and its slots, or a hash and a place."""

_POINTERS: Final = PAIR.size * TABLES
FIRST_KEY: Final = _POINTERS + PAIR.size
"""Where the bytes of the first key stand."""

_MARKER: Final = MARKER.encode()
RECORDS: Final = FIRST_KEY + len(_MARKER) + len(generation())
"""Where the records of the list begin."""

_AT_ONCE: Final = 8192
"""How many records are held while they are hashed together."""

LARGEST: Final = 2**32 - 1
"""The largest place in a file that its numbers can say."""


def cdb(records: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the bytes of a constant database.

    Args:
        records: Keys and values in any order. Of two values of one key a reader finds one.

    Raises:
        ValueError: The file would be longer than its numbers can say, 4 GiB.
    """
    heaps = [bytearray() for _ in range(TABLES)]
    ends = [array("Q", [0]) for _ in range(TABLES)]
    digests = [array("I") for _ in range(TABLES)]
    given = iter(records)
    while some := [*islice(given, _AT_ONCE)]:
        for (key, value), digest in zip(some, hashes_of([key for key, _ in some]), strict=True):
            number = digest % TABLES
            heap = heaps[number]
            heap += PAIR.pack(len(key), len(value)) + key + value
            ends[number].append(len(heap))
            digests[number].append(digest)
    blocks: list[bytes] = []
    tables: list[bytes] = []
    place = RECORDS
    for number in range(TABLES):
        heap = heaps[number]
        found = (bytes(heap[start:end]) for start, end in pairwise(ends[number]))
        block, table = laid_out(dict(zip(found, digests[number], strict=True)), number, place)
        heaps[number] = bytearray()  # what is laid out is not held twice
        blocks.append(block)
        tables.append(table)
        place += len(block)
    return put_together(blocks, tables)


def cdb_records(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of a constant database, in the order of the file.

    Args:
        content: Its bytes. Of a file that breaks off come the records that are whole.
    """
    if len(content) < PAIR.size:
        return
    place = _POINTERS
    end = min(PAIR.unpack_from(content)[0], len(content))
    while place + PAIR.size <= end:
        key_length, value_length = PAIR.unpack_from(content, place)
        key = place + PAIR.size
        value = key + key_length
        place = value + value_length
        if place > end:
            return
        yield content[key:value], content[value:place]


def cdb_value(content: bytes, key: bytes) -> bytes | None:
    """Look a key up.

    Args:
        content: The bytes of a constant database.
        key: The key.

    Returns:
        Its value; None where it has none, or the file breaks off before it.
    """
    digest = hash_of(key)
    try:
        table, slots = PAIR.unpack_from(content, PAIR.size * (digest % TABLES))
        for step in range(slots):
            at = (digest // TABLES + step) % slots
            found, place = PAIR.unpack_from(content, table + PAIR.size * at)
            if not place:
                break
            lengths = PAIR.unpack_from(content, place)
            start = place + PAIR.size
            end = start + sum(lengths)
            if found == digest and content[start : end - lengths[1]] == key:
                return content[end - lengths[1] : end]
    except struct.error:
        pass
    return None


def is_whole_cdb(content: bytes) -> bool:
    """Tell whether a constant database is as it was written: its first record names the digest."""
    view = memoryview(content)
    return content[_POINTERS:RECORDS] == _first(view[:_POINTERS], view[RECORDS:])


def laid_out(records: Mapping[bytes, int], number: int, place: int) -> tuple[bytes, bytes]:
    """Lay out the records of one table, and the table.

    Each record comes as near its slot as it can; there are twice as many as records.

    Args:
        records: As the file has them, their lengths included, and the hash of each key.
        number: Which table it is.
        place: Where the first record will stand.

    Returns:
        The bytes of the records and those of the table.
    """
    at_once = sorted(records.items())
    entries = [(hash_of(_MARKER), _POINTERS)] * (number == hash_of(_MARKER) % TABLES)
    for record, digest in at_once:
        entries.append((digest, place))
        place += len(record)
    if place > LARGEST:
        raise _too_long()
    count = 2 * len(entries)
    hashes, places = [0] * count, [0] * count
    for digest, each in entries:
        at = digest // TABLES % count
        while places[at]:
            at = (at + 1) % count
        hashes[at] = digest
        places[at] = each
    slots = array("I", bytes(PAIR.size * count))
    slots[::2], slots[1::2] = array("I", hashes), array("I", places)
    return b"".join([record for record, _ in at_once]), bytes_of(slots)


def put_together(blocks: Sequence[bytes], tables: Iterable[bytes]) -> bytes:
    """Make a file of its records and tables.

    Args:
        blocks: The bytes of all records but the first one, in any pieces.
        tables: The 256 tables, in any pieces; see `laid_out`.

    Raises:
        ValueError: It would be too long.
    """
    pointers = []
    place = RECORDS + sum(map(len, blocks))
    for table in tables:
        pointers += [place, len(table) // PAIR.size]
        place += len(table)
    if place > LARGEST:
        raise _too_long()
    header = struct.pack(f"<{2 * TABLES}I", *pointers)
    return b"".join([header, _first(header, *blocks, *tables), *blocks, *tables])


def numbers_of(content: bytes) -> array[int]:
    """Return the numbers of a table, hash and place in turn.

    Raises:
        ValueError: It breaks off in a number.
    """
    numbers = array("I")
    numbers.frombytes(content)
    return _turned(numbers)


def bytes_of(numbers: array[int]) -> bytes:
    """Return the bytes of numbers as a file has them; the numbers are used up."""
    return _turned(numbers).tobytes()


def _turned(numbers: array[int]) -> array[int]:
    """Turn the bytes of each number round where this machine has them the other way."""
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _first(*pieces: bytes | memoryview) -> bytes:
    """Return the first record of a file whose other bytes are these."""
    value = generation(*pieces)
    return PAIR.pack(len(_MARKER), len(value)) + _MARKER + value


def _too_long() -> ValueError:
    return ValueError("the list is too long for a constant database, which ends at 4 GiB")
