"""Forwardings whose source is a pattern: matched against whole addresses, one after the other.

Postfix asks regexp and pcre tables once, with the full address, and never for an address without
its extension, a bare name or ``@domain`` (measured on 3.7, scenario ``regexp-map``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from forwardresolve.addresses import FRESH, split_address
from forwardresolve.destinations import STAND_IN, glue, normalise_made, split_destinations
from forwardresolve.errors import AddressError

if TYPE_CHECKING:
    from forwardresolve.records import Origin, Pattern

PATTERN = "\0~"
"""How the key of a pattern begins; its number follows. NUL is in no address.

Behind it stands an address, not a number, in the name of a place whose ways on depend on the whole
address: a pattern answers for it, or a catch-all whose value begins with ``@domain`` and goes on.
"""

_REFERENCE = re.compile(r"\$(?:(\d)|\{(\d)\}|\((\d)\))|\\(\d)|\$(\$)")
_PCRE_ONLY = re.compile(r"\(\?<(?=[A-Za-z_])")
_LIKE = {"%": ".*", "_": "."}


@attrs.frozen
class CompiledPattern:
    """One pattern, ready to be asked.

    Args:
        expression: What a folded address is searched for.
        destinations: The texts of the destinations; they may refer to groups.
        origin: The row it stands in, its source named.
    """

    expression: re.Pattern[str]
    destinations: tuple[str, ...]
    origin: Origin

    def answer(self, address: str) -> tuple[str, ...] | None:
        """Return what the pattern makes of an address, normalised; None where it does not match.

        A destination that a group turns into something that is no address is left out.
        """
        match = self.expression.search(address)
        if match is None:
            return None
        local = split_address(address)[0]
        found: dict[str, None] = {}
        for text in self.destinations:
            value = _fill_in(text, match)
            if value.startswith("@"):
                found.update(dict.fromkeys(glue(local, value.casefold())))
            else:
                items = split_destinations(value.replace(FRESH, STAND_IN))
                found.update(dict.fromkeys(map(normalise_made, items)))
        found.pop("", None)
        return tuple(found)


def compile_pattern(record: Pattern, origin: Origin) -> CompiledPattern:
    """Compile the pattern of a record.

    Args:
        record: The record.
        origin: Where it comes from, the source named.

    Raises:
        AddressError: The expression cannot be read.
    """
    texts = (record.destinations,) if isinstance(record.destinations, str) else tuple(record.destinations)
    try:
        if record.syntax == "like":
            body = "".join(
                _LIKE.get(character) or re.escape(character) for character in record.pattern.lower()
            )
            expression = re.compile(rf"\A{body}\Z", re.DOTALL)
        else:
            expression = re.compile(_PCRE_ONLY.sub("(?P<", record.pattern), re.IGNORECASE)
    except re.error as error:
        msg = f"{record.pattern!r} is no {record.syntax} pattern: {error}"
        raise AddressError(msg) from error
    return CompiledPattern(expression, texts, origin)


def _fill_in(text: str, match: re.Match[str]) -> str:
    def group(reference: re.Match[str]) -> str:
        number = next((each for each in reference.groups()[:4] if each is not None), None)
        if number is None:
            return "$"
        return (match.group(int(number)) or "") if int(number) <= match.re.groups else ""

    return _REFERENCE.sub(group, text)
