"""Write a constant database, the file format ``cdb`` of D. J. Bernstein.

Rspamd maps such a file into memory and reads none of it at a change, so a long list costs no pause
in scanning. The layout: 256 pointers to hash tables, the records, the tables; all numbers are 32
bits, little-endian (https://cr.yp.to/cdb/cdb.txt).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST_KEY: Final = 2048 + 8
"""Where the bytes of the first key stand."""

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
    parts = [bytes(_PAIR.size * _TABLES)]
    place = len(parts[0])
    tables: list[list[tuple[int, int]]] = [[] for _ in range(_TABLES)]
    for key, value in records:
        digest = _hash(key)
        tables[digest % _TABLES].append((digest, place))
        parts.append(_PAIR.pack(len(key), len(value)) + key + value)
        place += _PAIR.size + len(key) + len(value)
    pointers = []
    for table in tables:
        slots = [(0, 0)] * (2 * len(table))
        for digest, record in table:
            at = (digest // _TABLES) % len(slots)
            while slots[at][1]:
                at = (at + 1) % len(slots)
            slots[at] = (digest, record)
        pointers.append((place, len(slots)))
        parts += (_pack(*slot) for slot in slots)
        place += _PAIR.size * len(slots)
    parts[0] = b"".join(_pack(*pointer) for pointer in pointers)
    return b"".join(parts)


def _pack(first: int, second: int) -> bytes:
    try:
        return _PAIR.pack(first, second)
    except struct.error:
        msg = "the list is too long for a constant database, which ends at 4 GiB"
        raise ValueError(msg) from None


def _hash(key: bytes) -> int:
    digest = 5381
    for byte in key:
        digest = digest * 33 ^ byte
    return digest & 0xFFFFFFFF  # cut once: no higher bit ever comes down into these
