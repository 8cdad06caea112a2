"""Read maps back: what a file of ours says, whichever profile and format wrote it."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING, Final

from forwardresolve.rspamd.cdb import cdb_records, is_whole_cdb
from forwardresolve.rspamd.keys import meant, pair
from forwardresolve.rspamd.parts import is_table, is_text, text_of
from forwardresolve.rspamd.table import DELIMITER_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_PLAIN: Final = (string.ascii_lowercase + string.digits + "!$&'*+=?^_`{|}~@.-\n").encode()


def read_keys(contents: Iterable[bytes]) -> frozenset[str]:
    """Return what maps say, in the notation of `Entry`.

    Args:
        contents: The bytes of the maps of one profile.

    Returns:
        The keys, an exception with `` -`` behind it. Domains are in A-labels, so both spellings of
        one are one key. A line that nobody here has written is left out.
    """
    return frozenset().union(*map(each_key, contents))


def is_whole(content: bytes) -> bool:
    """Tell whether a map is as it was written: it names the digest of all its other bytes."""
    if is_text(content):
        return content == text_of(content.partition(b"\n")[2])
    return is_whole_cdb(content)


def each_key(content: bytes) -> Iterable[str]:
    """Return what a map says, each key as often as a part of the map says it; see `read_keys`."""
    if not is_text(content):
        pairs = [
            (key.decode(errors="replace"), value.decode(errors="replace"))
            for key, value in cdb_records(content)
        ][1:]
        return _meant(pairs, is_table=any(key == DELIMITER_KEY for key, _ in pairs))
    lines = content.partition(b"\n")[2]
    if lines.translate(None, _PLAIN) or b"xn--" in lines:
        pairs = [pair(line) for line in lines.decode(errors="replace").split("\n") if line]
        return _meant(pairs, is_table=is_table(content))
    keys = lines.decode().split("\n")[:-1]
    if all("@" in key for key in keys) and lines.count(b"@") == len(keys) and b"+*@" not in lines:
        return keys
    return _meant([(key, "") for key in keys if key], is_table=False)


def _meant(pairs: Sequence[tuple[str, str]], *, is_table: bool) -> Iterator[str]:
    for key, value in pairs:
        if key and not (is_table and key == DELIMITER_KEY):
            yield from meant(key, value, is_table=is_table)
