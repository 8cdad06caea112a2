"""Read a map as Rspamd's parser does (measured on 3.4 and 4.1), to see what a written map means."""

from __future__ import annotations

import re

_BLANKS = " \t"
_ENDS = "\r\n"
_KEY_END = re.compile(r"[\s#\x00]", re.ASCII)


def read_map(content: bytes) -> list[tuple[str, str]]:
    """Return each key of a map with its value, in the order of the file.

    Args:
        content: The bytes of a map of type ``set`` or ``hash``.

    Returns:
        Keys and values; the value is empty where a line holds a key alone.
    """
    text = content.decode()
    found: list[tuple[str, str]] = []
    place = 0
    while place < len(text):
        mark = text[place]
        if mark in _BLANKS or mark in _ENDS:
            place += 1
            continue
        if mark == "#":
            place = _line_end(text, place)
            continue
        if mark in '"/':
            closing = text.find(mark, place + 1)
            if closing < 0:  # 3.4 drops the rest, 4.1 keeps it as one key
                break
            key, place = text[place + 1 : closing], closing + 1
        else:
            ending = _KEY_END.search(text, place)
            stop = ending.start() if ending else len(text)
            key, place = text[place:stop], stop
        end = _line_end(text, place)
        value = text[place:end].partition("#")[0]
        found.append((key.strip(" \t\n\r\f\v"), value.strip()))
        place = end
    return found


def _line_end(text: str, place: int) -> int:
    return min((at for mark in _ENDS if (at := text.find(mark, place)) >= 0), default=len(text))
