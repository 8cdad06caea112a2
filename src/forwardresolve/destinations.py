"""Split the value of a forwarding into destinations, as Postfix does.

The syntax is what Postfix' cleanup accepts in the result of a table (measured on 3.7): comma,
semicolon, blank and line end separate; display names, comments and groups are dropped; quoted
local parts stay quoted; a backslash protects one character. Commands, files and includes of
aliases(5) come through as the text they are.
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from forwardresolve.addresses import (
    FRESH,
    LABEL,
    MAX_LENGTH,
    normalise,
    normalise_domain,
    quote_local,
    unquote_local,
)
from forwardresolve.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Sequence

_ADDRESS = rf"[a-z0-9!#$%&'*+=?^_`{{}}~.-]++@{LABEL}(?:\.{LABEL})*"
_PLAIN_LIST = re.compile(rf"{_ADDRESS}(?:, ?{_ADDRESS})*").fullmatch
_WILD = re.compile(r"@[^\s@,;<>()\"\\]+").fullmatch
STAND_IN = "\ue000"
"""What stands for `FRESH` where a text is parsed: no address may hold that one."""

_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<quoted>"(?:\\.|[^"\\])*"?)
      | (?P<literal>\[(?:\\.|[^\]\\])*\]?)
      | (?P<escaped>\\.?)
      | (?P<special>[(),;:<>@])
      | (?P<atom>[^\s"\[\\(),;:<>@]+)""",
    re.VERBOSE | re.DOTALL,
)

OPAQUE = ("|", "/", ":include:")
"""How a destination begins whose way nobody can follow: a command, a file, an include."""


def is_opaque(destination: str) -> bool:
    """Tell whether a destination is a command, a file or an include, not an address."""
    return "@" not in destination and unquote_local(destination).startswith(OPAQUE)


def plain_destinations(value: str | Sequence[str]) -> tuple[str, ...] | None:
    """Read a value of the common form, plain addresses between commas, already normalised.

    Args:
        value: The value as it stands in the source, or several such texts.

    Returns:
        The normalised destinations, each once; None when the value needs `split_destinations`.
    """
    if not isinstance(value, str):
        parts = [plain_destinations(text) or () for text in value]
        return tuple(dict.fromkeys(chain.from_iterable(parts))) if all(parts) else None
    folded = value.lower()
    if _PLAIN_LIST(folded) is None:
        return None
    found = tuple(dict.fromkeys(folded.replace(" ", "").split(","))) if "," in folded else (folded,)
    fits = len(folded) <= MAX_LENGTH or max(map(len, found)) <= MAX_LENGTH
    return found if fits else None


def split_destinations(text: str) -> tuple[str, ...]:
    """Split the value of a forwarding.

    Args:
        text: The value as it stands in the source, for example ``info@a.example, Joe <joe@b.example>``.

    Returns:
        The destinations in order, not yet normalised, and each once.
    """
    return tuple(dict.fromkeys(item for item in _parse(text) if item))


def normalise_destination(item: str) -> str:
    """Return the one spelling of one item of `split_destinations`.

    Args:
        item: An address, ``@domain``, a bare name, a command, file or include, or a whole value
            that begins with ``@domain`` and goes on (see `glue`).

    Returns:
        The normalised address; an opaque item unchanged. A bare ``host!user`` or ``user%host`` is
        the route that Postfix makes of it, ``user@host``.

    Raises:
        AddressError: The item is none of these.
    """
    if is_opaque(item):
        return item
    if is_glued(item):
        return item.casefold()
    address = normalise(item)
    return address if "@" in address else route(address)


def route(local: str) -> str:
    """Read a local part that holds a way on, as Postfix does in domains of local class.

    Args:
        local: A normalised local part.

    Returns:
        ``user@host`` for ``host!user``, ``user%host`` and ``"user@host"``; anything else is
        returned unchanged.
    """
    bare = unquote_local(local)
    for mark in ("@", "%"):
        user, found, host = bare.rpartition(mark)
        if found:
            break
    else:
        host, found, user = bare.partition("!")
    try:
        return f"{quote_local(user)}@{normalise_domain(host)}" if found and user else local
    except AddressError:
        return local


def is_glued(destination: str) -> bool:
    """Tell whether a destination is ``@domain`` with more behind it: see `glue`."""
    return destination[:1] == "@" and _WILD(destination.lower()) is None


def glue(local: str, destination: str) -> tuple[str, ...]:
    """Put a local part in front of a value that begins with ``@``, as Postfix does.

    A sole ``@domain`` keeps the local part. In a longer value everything up to the last ``@``
    becomes one local part, and what comes out is read as a list once more (scenario
    ``domain-rewrite-in-list``).

    Args:
        local: A normalised local part; it may hold `FRESH`.
        destination: The value, folded.

    Returns:
        The normalised destinations; what is no address is left out.
    """
    if not is_glued(destination):
        return (f"{local}{destination}",)
    middle, _, rest = destination.rpartition("@")
    front = unquote_local(local.replace(FRESH, STAND_IN)) + middle
    made = map(normalise_made, split_destinations(f"{quote_local(front)}@{rest}"))
    return tuple(dict.fromkeys(each for each in made if each))


def normalise_made(item: str) -> str:
    """Normalise what a row has made of an address.

    Args:
        item: One item, with `STAND_IN` for `FRESH`.

    Returns:
        The normalised destination; what is too long as it is, so that an expansion that grows is
        seen to; nothing for what is no address.
    """
    try:
        return normalise_destination(item).replace(STAND_IN, FRESH)
    except AddressError:
        return item.replace(STAND_IN, FRESH) if len(item) > MAX_LENGTH else ""


def _parse(text: str) -> list[str]:
    """Read the tokens from left to right, one phrase (what stands between separators) at a time."""
    found: list[str] = []
    phrase: list[list[str]] = []  # words, each in pieces
    bracket: list[str] | None = None
    joins = False  # the next piece belongs to the last word of the phrase
    last_semicolon = text.rfind(";")
    resume = 0
    for token in _TOKEN.finditer(text):
        kind, piece, start = token.lastgroup, token.group(), token.start()
        if start < resume:
            continue
        if kind == "space":
            joins = joins and phrase != [] and phrase[-1][-1][-1:] in ("@", ":", ".")
        elif piece == "(":
            resume = _end_of_comment(text, start)
        elif piece == "<":
            phrase, bracket = [], []
        elif piece == ">":
            found += ["".join(word).rpartition(":")[2] for word in filter(None, [bracket])]
            bracket, joins = None, bracket is None and joins
        elif piece in (",", ";") or (piece == ":" and start < last_semicolon and _names_group(phrase)):
            found += ["".join(word) for word in phrase if piece != ":"]
            phrase, joins = [], False
        else:
            word = bracket
            if word is None:
                if not phrase or not (joins or piece[0] in "@:."):
                    phrase.append([])
                word = phrase[-1]
            word.append(piece[1:] if kind == "escaped" else piece)
            joins = True
    return found + ["".join(word) for word in [*phrase, *filter(None, [bracket])]]


def _names_group(phrase: list[list[str]]) -> bool:
    """Tell whether the words before a colon can be the name of an RFC 822 group."""
    return bool(phrase) and "@" not in phrase[-1] and phrase[0][0] != ":"


def _end_of_comment(text: str, start: int) -> int:
    """Return where the comment that opens at ``start`` has closed, nested ones counted."""
    depth = 0
    for place in range(start, len(text)):
        if text[place] == "(":
            depth += 1
        elif text[place] == ")":
            depth -= 1
            if depth == 0:
                return place + 1
    return len(text)
