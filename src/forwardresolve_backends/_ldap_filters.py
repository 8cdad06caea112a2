"""Search filters of LDAP (RFC 4515): read, named, written, and asked of one entry.

A server says nothing about an attribute that it does not know: the test is neither true nor false,
so that its negation finds nothing at all. That is why every name in a filter is looked at first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final, Literal

import attrs

Values = Callable[[str], Sequence[str]]
"""Gives the values that an entry has of an attribute."""

Operator = Literal["=", ">=", "<=", "~="]

_COMPARISON: Final = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9.-]*(?:;[A-Za-z0-9-]+)*)(?P<operator>~=|>=|<=|=)(?P<value>[^()]*)\Z"
).match
_EXTENSIBLE: Final = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9.-]*)?(?::dn)?(?::[A-Za-z0-9.-]+)?:=(?P<value>[^()]*)\Z"
).match
_ESCAPE: Final = re.compile(r"\\([0-9A-Fa-f]{2})|(\\)")
_SPECIAL: Final = re.compile(r"[\\*()\x00]")
_COMBINING: Final[Mapping[str, Literal["&", "|", "!"]]] = {"&": "&", "|": "|", "!": "!"}
_COMPARING: Final[Mapping[str, Operator]] = {"=": "=", ">=": ">=", "<=": "<=", "~=": "~="}
_DEEPEST: Final = 100


class FilterError(ValueError):
    """A text is no filter."""


@attrs.frozen
class Comparison:
    """One comparison.

    Args:
        name: The attribute, without options; empty for an extensible match of all attributes.
        operator: How it is compared.
        parts: The value between its stars, unescaped: one part for an equality, ``("", "")`` for a
            presence. None: an extensible match, which only the server can decide.
        text: The comparison as it was written.
    """

    name: str
    operator: Operator
    parts: tuple[str, ...] | None
    text: str

    @property
    def is_presence(self) -> bool:
        """Tell whether it asks only whether the attribute is there."""
        return self.operator == "=" and self.parts == ("", "")


@attrs.frozen
class Combination:
    """Several filters as one: ``&`` all, ``|`` any, ``!`` not the only one."""

    operator: Literal["&", "|", "!"]
    members: tuple[Filter, ...]


Filter = Comparison | Combination


@lru_cache(maxsize=256)
def parse_filter(text: str) -> Filter:
    """Read a filter.

    Args:
        text: The filter in its brackets, such as ``(&(objectClass=mailUser)(mail=*))``; blanks may
            stand between the parts.

    Raises:
        FilterError: It is none; the message says what is wrong, and where.
    """
    found, end = _parse(text, _skip(text, 0), 0)
    if end != len(text):
        msg = f"something stands behind its end, at {text[end : end + 20]!r}"
        raise FilterError(msg)
    return found


def comparisons_of(filter_: Filter) -> Iterator[Comparison]:
    """Yield every comparison of a filter."""
    if isinstance(filter_, Comparison):
        yield filter_
    else:
        for each in filter_.members:
            yield from comparisons_of(each)


def written(filter_: Filter) -> str:
    """Write a filter out, without blanks between its parts."""
    if isinstance(filter_, Comparison):
        return f"({filter_.text})"
    return f"({filter_.operator}{''.join(map(written, filter_.members))})"


def all_of(*filters: str) -> str:
    """Join filters that must all hold; empty ones are left out."""
    return _joined("&", filters)


def any_of(*filters: str) -> str:
    """Join filters of which one must hold; empty ones are left out."""
    return _joined("|", filters)


def present(names: Sequence[str]) -> str:
    """Make the filter of the entries that have one of the attributes."""
    return any_of(*(f"({name}=*)" for name in names))


def escape(value: str) -> str:
    """Write a value so that it stands for itself in a filter."""
    return _SPECIAL.sub(lambda found: f"\\{ord(found[0]):02x}", value)


def matches(filter_: Filter, values: Values, fill_in: Mapping[str, str]) -> bool:
    """Ask a filter about one entry, as a server does for attributes that ignore case.

    Args:
        filter_: The filter; it holds no extensible match.
        values: The values of the entry.
        fill_in: What stands for ``%s``, ``%u`` and ``%d`` in the values of the filter.
    """
    if isinstance(filter_, Combination):
        members = (matches(each, values, fill_in) for each in filter_.members)
        if filter_.operator == "&":
            return all(members)
        return any(members) if filter_.operator == "|" else not next(members)
    parts = [_filled(each, fill_in) for each in filter_.parts or ()]
    return any(_compares(filter_.operator, parts, _folded(value)) for value in values(filter_.name))


def _parse(text: str, start: int, depth: int) -> tuple[Filter, int]:
    if depth > _DEEPEST:
        msg = f"it is nested deeper than {_DEEPEST}"
        raise FilterError(msg)
    if text[start : start + 1] != "(":
        msg = f"a ( is missing at {text[start : start + 20]!r}" if start < len(text) else "its end is missing"
        raise FilterError(msg)
    operator = _COMBINING.get(text[start + 1 : start + 2])
    if operator is None:
        end = text.find(")", start)
        if end < 0:
            msg = f"a ) is missing behind {text[start : start + 40]!r}"
            raise FilterError(msg)
        return _comparison(text[start + 1 : end]), _skip(text, end + 1)
    members: list[Filter] = []
    at = _skip(text, start + 2)
    while text[at : at + 1] == "(":
        member, at = _parse(text, at, depth + 1)
        members.append(member)
    if text[at : at + 1] != ")":
        msg = f"a ) is missing at {text[at : at + 20]!r}" if at < len(text) else "its last ) is missing"
        raise FilterError(msg)
    if not members or (operator == "!" and len(members) > 1):
        msg = f"behind {operator} there must be {'one filter' if operator == '!' else 'a filter'}"
        raise FilterError(msg)
    return Combination(operator, tuple(members)), _skip(text, at + 1)


def _comparison(text: str) -> Comparison:
    found = _COMPARISON(text)
    if found:
        parts = tuple(_unescaped(part) for part in found["value"].split("*"))
        name = found["name"].partition(";")[0]
        if found["operator"] != "=":
            parts = (_unescaped(found["value"]),)
        return Comparison(name, _COMPARING[found["operator"]], parts, text)
    extensible = _EXTENSIBLE(text)
    if extensible:
        return Comparison(extensible["name"] or "", "=", None, text)
    msg = f"({text}) is no comparison such as (mail=*)"
    raise FilterError(msg)


def _unescaped(value: str) -> str:
    raw = bytearray()
    last = 0
    for found in _ESCAPE.finditer(value):
        if found[2]:
            msg = f"in {value!r} a \\ stands without two hexadecimal digits"
            raise FilterError(msg)
        raw += value[last : found.start()].encode() + bytes.fromhex(found[1])
        last = found.end()
    raw += value[last:].encode()
    return raw.decode(errors="surrogateescape")


def _skip(text: str, at: int) -> int:
    while text[at : at + 1].isspace():
        at += 1
    return at


def _joined(operator: str, filters: Sequence[str]) -> str:
    given = list(dict.fromkeys(each for each in filters if each))
    return given[0] if len(given) == 1 else f"({operator}{''.join(given)})" if given else ""


def _folded(value: str) -> str:
    return " ".join(value.split()).casefold()


def _filled(part: str, fill_in: Mapping[str, str]) -> str:
    for placeholder, value in fill_in.items():
        part = part.replace(placeholder, value)
    return _folded(part)


def _compares(operator: Operator, parts: Sequence[str], value: str) -> bool:
    if operator == ">=":
        return value >= parts[0]
    if operator == "<=":
        return value <= parts[0]
    if len(parts) == 1:
        return value == parts[0]
    first, *middle, last = parts
    if not value.startswith(first) or not value[len(first) :].endswith(last):
        return False
    rest = value[len(first) : len(value) - len(last)]
    for each in middle:
        at = rest.find(each)
        if at < 0:
            return False
        rest = rest[at + len(each) :]
    return True
