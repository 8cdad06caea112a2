"""Write and read a constant database, the file format ``cdb`` of D. J. Bernstein.

Rspamd maps such a file into memory and reads none of it at a change, so a long list costs no pause
in scanning. The layout: 256 pointers to hash tables, the records, the tables; all numbers are 32
bits, little-endian (https://cr.yp.to/cdb/cdb.txt).
"""

from __future__ import annotations

import struct
from array import array
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FIRST_KEY: Final = 2048 + 8
"""Where the bytes of the first key stand."""

LARGEST: Final = 2**32 - 1
"""The largest place in a file that its numbers can say."""

_TABLES: Final = 256
_PAIR: Final = struct.Struct("<II")


def cdb(records: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the bytes of a constant database.

    Args:
        records: Keys and values, in the order in which the file has them. Of a key that comes
            twice the first value counts.

    Raises:
        ValueError: The file would be longer than its numbers can say, 4 GiB.
    """
    content = bytearray(_PAIR.size * _TABLES)
    tables = [array("Q") for _ in range(_TABLES)]  # of each record its hash, then its place
    for key, value in records:
        digest = _hash(key)
        tables[digest % _TABLES].extend((digest, len(content)))
        content += _PAIR.pack(len(key), len(value))
        content += key
        content += value
    if len(content) + _PAIR.size * sum(map(len, tables)) > LARGEST:
        msg = "the list is too long for a constant database, which ends at 4 GiB"
        raise ValueError(msg)
    for number, table in enumerate(tables):
        _PAIR.pack_into(content, _PAIR.size * number, len(content), len(table))
        content += _slots(table)
    return bytes(content)


def cdb_records(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of a constant database, in the order of the file.

    Args:
        content: Its bytes. Of a file that breaks off come the records that are whole.
    """
    if len(content) < _PAIR.size:
        return
    place = _PAIR.size * _TABLES
    end = min(_PAIR.unpack_from(content)[0], len(content))
    while place + _PAIR.size <= end:
        key_length, value_length = _PAIR.unpack_from(content, place)
        key = place + _PAIR.size
        value = key + key_length
        place = value + value_length
        if place > end:
            return
        yield content[key:value], content[value:place]


def _slots(table: array[int]) -> bytes:
    """Lay out one table, twice as long as its records are many: each comes as near its place as it can."""
    count = len(table)
    slots = [0] * (2 * count)
    for digest, place in zip(table[::2], table[1::2], strict=True):
        at = (digest // _TABLES) % count
        while slots[2 * at + 1]:
            at = (at + 1) % count
        slots[2 * at : 2 * at + 2] = digest, place
    return struct.pack(f"<{2 * count}I", *slots)


def _hash(key: bytes) -> int:
    digest = 5381
    for byte in key:
        digest = digest * 33 ^ byte
    return digest & 0xFFFFFFFF  # cut once: no higher bit ever comes down into these
