"""The rows of Postfix' tables on their way, and the rule of a series: the first table that answers counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence  # noqa: TC003 (attrs reads the fields)
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.sdk import Origin, Pattern, Remark, split_destinations
from forwardresolve_backends._postfix_patterns import Expression

if TYPE_CHECKING:
    from collections.abc import Iterable


@attrs.frozen
class Entry:
    """One row of a table.

    Args:
        key: The key, folded.
        value: What the table answers, as it says it, or several such texts.
        origin: Where it stands.
    """

    key: str
    value: str | Sequence[str]
    origin: Origin


def cannot_tell() -> str:
    """Return the version of a table that cannot tell its own."""
    return ""


_NO_ORIGIN: Final = Origin()

Row = Entry | Expression | Remark
"""What reading a table gives."""


@attrs.frozen
class Readable:
    """A table that can be read.

    Args:
        name: What main.cf calls it.
        read: Reads it, whole.
        domain_alone: Whether it answers for a domain whatever the local part, so that Postfix gets
            its answer before it asks any table for the address without its extension.
        is_probed: Whether it is asked for the keys that other tables have.
        version: Tells, without reading it, a text that is another one after every change; an empty
            one where it cannot.
    """

    name: str
    read: Callable[[], Iterator[Row]]
    domain_alone: bool = False
    is_probed: bool = False
    version: Callable[[], str] = cannot_tell


def union(tables: Sequence[Readable], name: str) -> Readable:
    """Return a table that answers what all of some tables answer, as a unionmap does."""

    def read() -> Iterator[Row]:
        for table in tables:
            yield from table.read()

    def version() -> str:
        said = [table.version() for table in tables]
        return " ".join(said) if all(said) else ""

    return Readable(
        name,
        read,
        domain_alone=any(table.domain_alone for table in tables),
        is_probed=any(table.is_probed for table in tables),
        version=version,
    )


def in_series(tables: Iterable[Readable], delimiters: str = "") -> Iterator[Row | Pattern]:
    """Read tables of which Postfix asks one after the other, and stops where one answers (maps_find).

    An expression counts for a whole address only. One that stands before a table with rows takes
    their whole addresses from them; what is left to such a row are its address's extensions.

    Args:
        tables: The tables in their order.
        delimiters: The recipient_delimiter.

    Yields:
        The rows that count; expressions, in the order in which they are asked; remarks.
    """
    answered: set[str] = set()
    before: list[Expression] = []
    left: list[Pattern] = []
    for table in tables:
        own: set[str] = set()
        expressions: list[Expression] = []
        for each in table.read():
            if isinstance(each, Entry):
                if each.key in answered:
                    continue
                own.add(each.key)
                if before and _is_address(each.key) and (answer := _first_answer(before, each.key)):
                    left += _for_extensions(each, delimiters)
                    yield answer
                    continue
            elif isinstance(each, Expression):
                expressions.append(each)
            yield each
        answered |= own
        before += expressions
    yield from left


def _first_answer(expressions: Iterable[Expression], address: str) -> Entry | None:
    """Return what the first of some expressions answers for an address, as a row."""
    for each in expressions:
        value = each.answer(address)
        if value:
            return Entry(address, value, each.pattern.origin or _NO_ORIGIN)
    return None


def _is_address(key: str) -> bool:
    return "@" in key and not key.startswith("@")


def _for_extensions(entry: Entry, delimiters: str) -> Iterator[Pattern]:
    """Yield the pattern that answers for the extensions of a row's address."""
    local, _, domain = entry.key.rpartition("@")
    if not delimiters or any(each in local for each in delimiters):
        return
    texts = (entry.value,) if isinstance(entry.value, str) else entry.value
    destinations = [
        f"{name}${{1}}{at}{rest}"
        for text in texts
        for each in split_destinations(text)
        for name, at, rest in [each.replace("$", "$$").rpartition("@")]
        if at
    ]
    marks = re.escape(delimiters)
    expression = rf"\A{re.escape(local)}([{marks}].*)@{re.escape(domain)}\Z"
    yield Pattern(expression, destinations, "pcre", entry.origin)


def remarks_of(row: Row | Pattern) -> list[Remark]:
    """Return a row that is a remark; nothing for any other."""
    return [row] if isinstance(row, Remark) else []
