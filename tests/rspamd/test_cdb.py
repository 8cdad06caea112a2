"""The writer of constant databases, read back by a reader that follows the format's own words."""

from __future__ import annotations

import struct
import sys
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwardresolve.rspamd import MARKER
from forwardresolve.rspamd import cdb as written
from forwardresolve.rspamd.cdb import FIRST_KEY, bytes_of, cdb, cdb_value, numbers_of
from forwardresolve.rspamd.cdb_hash import hash_of, hashes_of


def look_up(content: bytes, key: bytes) -> bytes | None:
    """Find the value of a key as the format says it is to be found."""
    digest = 5381
    for byte in key:
        digest = ((digest << 5) + digest) % 2**32 ^ byte
    table, slots = struct.unpack_from("<II", content, digest % 256 * 8)
    for step in range(slots):
        slot = (digest // 256 + step) % slots
        found, place = struct.unpack_from("<II", content, table + slot * 8)
        if place == 0:
            return None
        key_length, value_length = struct.unpack_from("<II", content, place)
        start = place + 8
        if found == digest and content[start : start + key_length] == key:
            return content[start + key_length : start + key_length + value_length]
    return None


@given(st.dictionaries(st.binary(max_size=6), st.binary(max_size=3), max_size=60), st.binary(max_size=6))
def test_every_key_is_found_and_no_other(records: dict[bytes, bytes], other: bytes) -> None:
    content = cdb(records.items())
    for key, value in records.items():
        assert look_up(content, key) == cdb_value(content, key) == value
    assert look_up(content, other) == cdb_value(content, other) == records.get(other)


@given(st.lists(st.binary(max_size=40)))
def test_many_keys_at_once_have_the_hashes_of_each(keys: list[bytes]) -> None:
    assert hashes_of(keys) == [hash_of(key) for key in keys]


def test_of_two_values_of_a_key_one_is_found() -> None:
    assert look_up(cdb([(b"k", b"two"), (b"k", b"one")]), b"k") == b"one"


def test_an_empty_database_answers_nothing() -> None:
    assert look_up(cdb([]), b"k") is None


def test_the_first_key_stands_where_it_is_looked_for() -> None:
    assert cdb([(b"other", b"")])[FIRST_KEY:].startswith(MARKER.encode())


def test_a_list_that_is_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for largest in (100_000, 122_200):
        monkeypatch.setattr(written, "LARGEST", largest)
        with pytest.raises(ValueError, match="ends at 4 GiB"):
            cdb((bytes([number]), b"x" * 40_000) for number in range(3))


def test_keys_of_one_table_are_told_apart() -> None:
    keys = [b"%d" % number for number in range(3000)]
    content = cdb((key, key) for key in keys[::2])
    assert [cdb_value(content, key) for key in keys] == [key if key in {*keys[::2]} else None for key in keys]


def test_numbers_are_the_same_on_a_machine_that_writes_them_the_other_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = "big" if sys.byteorder == "little" else "little"
    monkeypatch.setattr(sys, "byteorder", other)
    assert bytes_of(array("I", [1, 2])) == b"\0\0\0\1\0\0\0\2"
    assert [*numbers_of(b"\0\0\0\1\0\0\0\2")] == [1, 2]
