"""The map of the plugin profile: the exact table, a key a line.

A key is written so that no byte of it can mean anything to Rspamd's parser: local part and domain
each with every odd byte as ``%`` and two digits. So every address can be said, and ``*`` and ``@``
stand for themselves alone. The plugin writes recipients the same way before it looks them up.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from forwardresolve.addresses import split_address, unquote_local
from forwardresolve.entries import STAR
from forwardresolve.rspamd.lines import spellings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forwardresolve.entries import Entry
    from forwardresolve.rspamd.answer import Answer

DELIMITER_KEY: Final = "delimiter:"
"""The key whose value is Postfix' ``recipient_delimiter``; no recipient and no domain has one like it."""

EXCEPTION: Final = "-"
"""The value of a key whose recipients are not listed."""

_IS_PLAIN: Final = re.compile(r"[a-z0-9!$&'+=?^_`{|}~.-]*@[a-z0-9._-]*").fullmatch
_ODD: Final = re.compile(rb"[^A-Za-z0-9.!$&'+=?^_`{|}~-]")


def table(answer: Answer) -> Iterator[tuple[str, str]]:
    """Walk the keys of the map with their values, in the order of the entries.

    Args:
        answer: The resolution.

    Yields:
        The key as the map has it, and its value: empty, or `EXCEPTION`. One pair holds the
        recipient delimiter. A domain that is not ASCII is there in both spellings.
    """
    yield DELIMITER_KEY, _encoded(answer.graph.settings.recipient_delimiter)
    yield from table_pairs(answer.entries())


def table_pairs(entries: Iterable[Entry]) -> Iterator[tuple[str, str]]:
    """Walk the keys and values of some entries; see `table`."""
    for entry in entries:
        value = "" if entry.listed else EXCEPTION
        if _IS_PLAIN(entry.key) is not None and "xn--" not in entry.key:
            yield entry.key, value
        else:
            for key in _keys(entry.key):
                yield key, value


def table_lines(answer: Answer) -> Iterator[str]:
    """Write the lines of a text map, each with its line end."""
    return pair_lines(table(answer))


def pair_lines(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Write keys and values of the table as lines, each with its line end."""
    for key, value in pairs:
        yield f"{key} {value}\n" if value else f"{key}\n"


def _keys(key: str) -> Iterator[str]:
    """Write the key of an entry, once for each spelling of its domain."""
    local, domain = split_address(key)
    star = STAR if local.endswith(STAR) else ""
    name = _encoded(unquote_local(local.removesuffix(star)))
    for spelling in spellings(domain.removeprefix(".")):
        dot = "." if domain.startswith(".") else ""
        yield f"{name}{star}@{dot}{_encoded(spelling)}"


def _encoded(text: str) -> str:
    """Write every byte that could mean something in a map as ``%`` and two digits."""
    raw = text.encode(errors="surrogatepass")
    return _ODD.sub(lambda odd: b"%%%02x" % odd[0][0], raw).decode("ascii")
