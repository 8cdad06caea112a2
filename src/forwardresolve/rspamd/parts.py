"""The parts of a map: its lines, or its records. Pure.

A map is the set of its parts: whatever led to it, equal sets make equal bytes, so a change is said
by the parts that go and those that come. A part of a text is a line without its end, and the lines
are sorted; one of a constant database is a record, its key and value with a NUL between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forwardresolve.rspamd.cdb import cdb_records, cdb_value
from forwardresolve.rspamd.cdb_change import cdb_changed
from forwardresolve.rspamd.keys import meant, pair
from forwardresolve.rspamd.marker import MARKER, generation
from forwardresolve.rspamd.table import DELIMITER_KEY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

_DELIMITER: Final = DELIMITER_KEY.encode()
_MARKER: Final = MARKER.encode()
_NUL: Final = b"\0"
_LINES: Final = len(_MARKER) + len(generation()) + 1
"""Where the lines of a text map begin."""


def is_text(content: bytes) -> bool:
    """Tell whether a map is a text, and no constant database."""
    return content.startswith(_MARKER)


def text_of(lines: bytes) -> bytes:
    """Return the text map of sorted lines, each with its end."""
    return b"%b%b\n%b" % (_MARKER, generation(lines), lines)


def parts_of(content: bytes) -> list[bytes]:
    """Take a map of ours apart.

    Args:
        content: The bytes of the map; the marker is no part.
    """
    if is_text(content):
        return content[_LINES:].split(b"\n")[:-1]
    return [key + _NUL + value for key, value in cdb_records(content)][1:]


def changed(content: bytes, goes: Iterable[bytes], comes: Iterable[bytes]) -> bytes:
    """Take parts out of a map and put others in.

    Args:
        content: The bytes of a map of ours.
        goes: The parts that go, each once.
        comes: The parts that come, each once.

    Returns:
        The map of all parts that it has then, as it would be made of them.

    Raises:
        ValueError: One that goes is not there, one that comes is there already or is no part, or
            the map is not as forwardresolve makes it.
    """
    if is_text(content):
        return _text_changed(content, {*goes}, {*comes})
    return cdb_changed(content, map(_record, goes), map(_record, comes))


def is_table(content: bytes) -> bool:
    """Tell whether a map is that of the plugin profile; it names the recipient delimiter."""
    if is_text(content):
        return any(b"\n%b%b" % (_DELIMITER, end) in content for end in (b"\n", b" "))
    return cdb_value(content, _DELIMITER) is not None


def meaning(parts: Iterable[bytes], *, is_table: bool) -> set[str]:
    """Return what parts of a map say; see `forwardresolve.rspamd.reading.read_keys`.

    Args:
        parts: As in `changed`.
        is_table: Whether the map is that of the plugin profile.
    """
    return {*each_meaning(parts, is_table=is_table)}


def each_meaning(parts: Iterable[bytes], *, is_table: bool) -> Iterator[str]:
    """Yield what parts of a map say, each key as often as a part says it; see `meaning`."""
    for part in filter(None, parts):
        key, value = _key_and_value(part.decode(errors="replace"))
        if key and not (is_table and key == DELIMITER_KEY):
            yield from meant(key, value, is_table=is_table)


def _key_and_value(part: str) -> tuple[str, str]:
    if "\0" not in part:
        return pair(part)
    key, _, value = part.partition("\0")
    return key, value


def _text_changed(content: bytes, goes: Collection[bytes], comes: Collection[bytes]) -> bytes:
    pieces = []
    done = _LINES
    for line in sorted({*goes, *comes}):
        if not line or b"\n" in line or _NUL in line:
            msg = "a line has a line end in it, or is empty"
            raise ValueError(msg)
        place = _place(content, line, done)
        is_there = content.startswith(b"%b\n" % line, place)
        if line in (comes if is_there else goes):
            msg = f"a line that {'comes is there already' if is_there else 'goes is not there'}"
            raise ValueError(msg)
        pieces += [content[done:place], b"" if is_there else b"%b\n" % line]
        done = place + (len(line) + 1) * is_there
    return text_of(b"".join([*pieces, content[done:]]))


def _place(content: bytes, line: bytes, low: int) -> int:
    """Return where a line stands or would stand among the sorted lines from a place on."""
    high = len(content)
    while low < high:
        start = content.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = content.find(b"\n", start, high)
        if end < 0:
            msg = "the last line has no end"
            raise ValueError(msg)
        if content[start:end] < line:
            low = end + 1
        else:
            high = start
    return low


def _record(part: bytes) -> tuple[bytes, bytes]:
    key, _, value = part.partition(_NUL)
    if not key or part.count(_NUL) != 1:
        msg = "a record is not a key and its value with a NUL between them"
        raise ValueError(msg)
    return key, value
