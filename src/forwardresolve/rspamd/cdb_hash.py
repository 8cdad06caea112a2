"""The hash of a constant database, by which a key is looked up (https://cr.yp.to/cdb/cdb.txt)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_START: Final = 5381
_FACTOR: Final = 33
_BITS: Final = 0xFFFFFFFF
_LANE: Final = 8
"""Bytes between two numbers in a long integer: room for a hash and what a step makes of it."""


def hash_of(key: bytes) -> int:
    """Return the hash of a key, 32 bits."""
    digest = _START
    for byte in key:
        digest = digest * _FACTOR ^ byte
    return digest & _BITS  # cut once: no higher bit ever comes down into these


def hashes_of(keys: Sequence[bytes]) -> list[int]:
    """Return the hash of each key.

    Keys of one length go together: their numbers stand side by side in one long integer, so that
    each step of the hash is a single operation for all of them.
    """
    by_length: dict[int, list[int]] = {}
    for at, key in enumerate(keys):
        by_length.setdefault(len(key), []).append(at)
    found = [_START] * len(keys)
    for length, places in by_length.items():
        size = _LANE * len(places)
        joined = b"".join([keys[at] for at in places])
        one_each = int.from_bytes(b"\1".ljust(_LANE, b"\0") * len(places), "little")
        digests, kept = one_each * _START, one_each * _BITS
        column = bytearray(size)
        for at in range(length):
            column[::_LANE] = joined[at::length]
            digests = (digests * _FACTOR ^ int.from_bytes(column, "little")) & kept
        numbers = struct.unpack(f"<{len(places)}Q", digests.to_bytes(size, "little"))
        for at, digest in zip(places, numbers, strict=True):
            found[at] = digest
    return found
