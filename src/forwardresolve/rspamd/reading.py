"""Read maps back: what a file of ours says, whichever profile and format wrote it."""

from __future__ import annotations

import hashlib
import re
import string
from typing import TYPE_CHECKING, Final

from forwardresolve.addresses import normalise_domain, quote_local, split_address
from forwardresolve.entries import STAR, Entry, exact_key
from forwardresolve.errors import AddressError
from forwardresolve.rspamd.artifact import MARKER
from forwardresolve.rspamd.cdb import cdb_records
from forwardresolve.rspamd.table import DELIMITER_KEY, EXCEPTION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_stands_for_itself: Final = re.compile(r"[a-z0-9!$&'=?^_`{|}~.-]*@[a-z0-9._-]+").fullmatch
_GENERATION: Final = re.compile(rb"%b, generation ([0-9a-f]{64})" % MARKER.encode()).fullmatch
_PLAIN: Final = (string.ascii_lowercase + string.digits + "!$&'*+=?^_`{|}~@.-\n").encode()
_ENCODED: Final = re.compile(rb"%([0-9a-f]{2})")
_ESCAPED: Final = re.compile(r"\\x([0-9a-f]{2})")
_PATTERN: Final = re.compile(r"/\^\(\?!\(\?:(?P<kept>.*)\)(?P<at>.*)\$\)\.\+(?P=at)\$/i").fullmatch
_KEPT: Final = re.compile(r"\(\?:(?P<bases>[^)]*)\)(?:\(\?:\[[^]]*\]\.\*\)\?)?\|?(?P<others>.*)").fullmatch


def read_keys(contents: Iterable[bytes]) -> frozenset[str]:
    """Return what maps say, in the notation of `Entry`.

    Args:
        contents: The bytes of the maps of one profile.

    Returns:
        The keys, an exception with `` -`` behind it. Domains are in A-labels, so both spellings of
        one are one key. A line that nobody here has written is left out.
    """
    return frozenset().union(*map(_keys, contents))


def is_whole(content: bytes) -> bool:
    """Tell whether a map is as it was written: its first line names the digest of the others."""
    if content.startswith(MARKER.encode()):
        first, _, rest = content.partition(b"\n")
        found = _GENERATION(first)
        return found is not None and found[1].decode() == hashlib.sha256(rest).hexdigest()
    records = [*cdb_records(content)]
    found = _GENERATION(records[0][0]) if records else None
    digest = hashlib.sha256(b"".join(b"%s\0%s\n" % record for record in records[1:])).hexdigest()
    return found is not None and found[1].decode() == digest


def _keys(content: bytes) -> Iterable[str]:
    if not content.startswith(MARKER.encode()):
        pairs = [
            (key.decode(errors="replace"), value.decode(errors="replace"))
            for key, value in cdb_records(content)
        ]
        return _meant(pairs[1:])
    lines = content.partition(b"\n")[2]
    if lines.translate(None, _PLAIN) or b"xn--" in lines:
        return _meant([_pair(line) for line in lines.decode(errors="replace").split("\n") if line])
    keys = lines.decode().split("\n")[:-1]
    if all("@" in key for key in keys) and lines.count(b"@") == len(keys) and b"+*@" not in lines:
        return keys
    return _meant([(key, "") for key in keys])


def _pair(line: str) -> tuple[str, str]:
    """Take a line apart as Rspamd does, as far as lines of ours go."""
    if line[0] == '"':
        return line[1:].partition('"')[0], ""
    if line[0] == "/":
        return line, ""
    key, _, value = line.partition(" ")
    return key, value


def _meant(pairs: list[tuple[str, str]]) -> Iterator[str]:
    """Say what the pairs of one map mean; its first key tells which map it is."""
    is_table = bool(pairs) and pairs[0][0] == DELIMITER_KEY and all("@" in key for key, _ in pairs[1:])
    for key, value in pairs[is_table:]:
        if _stands_for_itself(key):
            yield f"{key} -" if is_table and value == EXCEPTION else key
        elif is_table:
            yield str(Entry(_table_key(key), listed=value != EXCEPTION))
        elif key[0] == "/" and (found := _PATTERN(key)) is not None:
            yield from _of_pattern(found)
        elif "@" in key:
            local, domain = split_address(key)
            yield exact_key(f"{quote_local(local)}@{_domain(domain)}")
        else:
            yield f"@{_domain(key)}"


def _table_key(key: str) -> str:
    local, domain = split_address(key)
    star = STAR if local.endswith(STAR) else ""
    name = _decoded(local.removesuffix(star))
    dot = "." if domain.startswith(".") else ""
    quoted = quote_local(name) if name else ""
    at = f"@{dot}{_domain(_decoded(domain.removeprefix('.')))}"
    return f"{quoted}{star}{at}" if star else exact_key(f"{quoted}{at}")


def _of_pattern(found: re.Match[str]) -> Iterator[str]:
    """Yield the catch-all that a pattern stands for, and its exceptions."""
    at = f"@{_domain(_literal(found['at'])[1:])}"
    yield at
    kept = _KEPT(found["kept"])
    names = f"{kept['bases']}|{kept['others']}" if kept else found["kept"]
    for name in filter(None, names.split("|")):
        yield str(Entry(exact_key(f"{quote_local(_literal(name))}{at}"), listed=False))


def _literal(pattern: str) -> str:
    raw = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), pattern)
    return raw.encode("latin-1", errors="replace").decode(errors="replace")


def _decoded(text: str) -> str:
    raw = _ENCODED.sub(lambda code: bytes([int(code[1], 16)]), text.encode())
    return raw.decode(errors="surrogatepass") if b"\xed" in raw else raw.decode(errors="replace")


def _domain(text: str) -> str:
    if text.isascii():
        return text
    try:
        return normalise_domain(text)
    except AddressError:
        return text
