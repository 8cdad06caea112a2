"""What one key of a map means, in the notation of `Entry`. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from forwardresolve.addresses import normalise_domain, quote_local, split_address
from forwardresolve.entries import STAR, Entry, exact_key
from forwardresolve.errors import AddressError
from forwardresolve.rspamd.table import EXCEPTION

if TYPE_CHECKING:
    from collections.abc import Iterator

_stands_for_itself: Final = re.compile(r"[a-z0-9!$&'=?^_`{|}~.-]*@[a-z0-9._-]+").fullmatch
_ENCODED: Final = re.compile(rb"%([0-9a-f]{2})")
_ESCAPED: Final = re.compile(r"\\x([0-9a-f]{2})")
_PATTERN: Final = re.compile(r"/\^\(\?!\(\?:(?P<kept>.*)\)(?P<at>.*)\$\)\.\+(?P=at)\$/i").fullmatch
_KEPT: Final = re.compile(r"\(\?:(?P<bases>[^)]*)\)(?:\(\?:\[[^]]*\]\.\*\)\?)?\|?(?P<others>.*)").fullmatch


def pair(line: str) -> tuple[str, str]:
    """Take a line apart as Rspamd does, as far as lines of ours go.

    Args:
        line: The line without its end; not empty.

    Returns:
        The key, without quotes, and the value.
    """
    if line[0] == '"':
        return line[1:].partition('"')[0], ""
    if line[0] == "/":
        return line, ""
    key, _, value = line.partition(" ")
    return key, value


def meant(key: str, value: str, *, is_table: bool) -> Iterator[str]:
    """Say what a key with its value means.

    Args:
        key: The key; not empty.
        value: Its value.
        is_table: Whether it stands in the map of the plugin profile.

    Yields:
        Keys of entries, an exception with `` -`` behind it; for a pattern several.
    """
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
