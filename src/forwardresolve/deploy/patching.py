"""What changes in a map, as lines that go and lines that come. Pure.

A text map is taken apart into its lines, a constant database into its records: what is sent for
one changed address is as short for both, and the other side makes the same bytes of it.
"""

from __future__ import annotations

import itertools
import json
import operator
import struct
from typing import TYPE_CHECKING, Any, Final

from forwardresolve.errors import TargetError
from forwardresolve.rspamd import MARKER
from forwardresolve.rspamd.cdb import cdb, cdb_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Edit = tuple[int, int, list[bytes]]
"""From which line on, how many lines go, and which come in their place."""

_LENGTHS: Final = struct.Struct("<II")


def patch_between(before: bytes, after: bytes) -> bytes:
    """Say how one content of a map becomes another.

    Args:
        before: A content that `is_whole`.
        after: Another one, of the same format.

    Returns:
        What `patched` takes.
    """
    edits = _edits(_parts(before), _parts(after))
    written = [[at, count, [part.decode("latin-1") for part in come]] for at, count, come in edits]
    return json.dumps(written, separators=(",", ":")).encode()


def patched(before: bytes, patch: bytes) -> bytes:
    """Make the content that a patch leads to. Whether it is the right one, its digest says.

    Args:
        before: The content that it was made for.
        patch: From `patch_between`, as it came.

    Raises:
        TargetError: It is no patch, or not for this content.
    """
    parts = _parts(before)
    made: list[bytes] = []
    done = 0
    for at, count, come in _read(patch):
        if not done <= at <= at + count <= len(parts):
            msg = f"the patch names line {at + count}, and there are {len(parts)}, or goes backwards"
            raise TargetError(msg)
        made += parts[done:at]
        made += come
        done = at + count
    made += parts[done:]
    return _whole(made, is_text=_is_text(before))


def _edits(before: Sequence[bytes], after: Sequence[bytes]) -> Iterator[Edit]:
    """Find what differs: the first line, which names the digest of the others, and what is between."""
    if before[:1] != after[:1]:
        yield 0, len(before[:1]), [*after[:1]]
    start = 1 + _agree(before[1:], after[1:])
    back = min(_agree(before[::-1], after[::-1]), max(len(before) - start, 0), max(len(after) - start, 0))
    yield from _between(before[start : len(before) - back], after[start : len(after) - back], start)


def _agree(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    """Count the parts that agree from the beginning on."""
    differs = map(operator.ne, one, other)
    return next(itertools.compress(itertools.count(), differs), min(len(one), len(other)))


def _between(before: Sequence[bytes], after: Sequence[bytes], start: int) -> Iterator[Edit]:
    """Find the edits where both may differ anywhere: one for each gap between parts that stay."""
    had, has = set(before), set(after)
    stays = [part for part in before if part in has]
    if len(had) < len(before) or len(has) < len(after) or stays != [part for part in after if part in had]:
        yield start, len(before), [*after]
        return
    goes = _gaps(before, has)
    comes = _gaps(after, had)
    gone = 0
    for gap in sorted(goes.keys() | comes.keys()):
        count = len(goes.get(gap, ()))
        yield start + gap + gone, count, comes.get(gap, [])
        gone += count


def _gaps(parts: Sequence[bytes], staying: set[bytes]) -> dict[int, list[bytes]]:
    """Sort the parts that do not stay by how many that stay are before them."""
    found: dict[int, list[bytes]] = {}
    leaving = (at for at, part in enumerate(parts) if part not in staying)
    for earlier, at in enumerate(leaving):
        found.setdefault(at - earlier, []).append(parts[at])
    return found


def _is_text(content: bytes) -> bool:
    return content.startswith(MARKER.encode())


def _parts(content: bytes) -> list[bytes]:
    if _is_text(content):
        return content.splitlines(keepends=True) if b"\r" not in content else _lines(content)
    return [_LENGTHS.pack(len(key), len(value)) + key + value for key, value in cdb_records(content)]


def _lines(content: bytes) -> list[bytes]:
    """Split at line feeds alone."""
    *lines, rest = content.split(b"\n")
    return [*(line + b"\n" for line in lines), *([rest] if rest else [])]


def _whole(parts: Sequence[bytes], *, is_text: bool) -> bytes:
    if is_text:
        return b"".join(parts)
    return cdb(map(_record, parts))


def _record(part: bytes) -> tuple[bytes, bytes]:
    try:
        key, value = _LENGTHS.unpack_from(part)
    except struct.error:
        key = value = 0
    if len(part) != _LENGTHS.size + key + value:
        msg = "the patch holds a record that is none"
        raise TargetError(msg)
    return part[_LENGTHS.size : _LENGTHS.size + key], part[_LENGTHS.size + key :]


def _read(patch: bytes) -> Iterator[Edit]:
    try:
        given: Any = json.loads(patch)
        for at, count, come in given:
            if type(at) is not int or type(count) is not int or count < 0:
                raise TypeError  # noqa: TRY301 (told as everything else that is no patch)
            yield at, count, [text.encode("latin-1") for text in come]
    except (ValueError, TypeError, AttributeError, RecursionError):
        msg = "what came is no patch of a map"
        raise TargetError(msg) from None
