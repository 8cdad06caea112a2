"""From rows of a database to records, one reader for each kind of row.

The columns of each kind of row are a contract that named queries, table mappings, presets and
panels share. A row that is switched off gives no record, so that its address falls through to
whatever Postfix finds next; a domain that is switched off is still ours, but suspended. An odd text
goes on as it is: the graph makes a finding of what cannot be an address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar, get_args

from forwardresolve.sdk import (
    BackendMisconfigured,
    Domain,
    DomainAlias,
    DomainKind,
    Forward,
    ForwardTable,
    Mailbox,
    Pattern,
    PatternSyntax,
    Transport,
    TransportKind,
)
from forwardresolve_backends._sql_rows import ON, Contract, word

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forwardresolve.sdk import Record
    from forwardresolve_backends._sql_connection import Row
    from forwardresolve_backends._sql_rows import Rows

T = TypeVar("T", bound=str)

DOMAINS: Final = Contract(("domain", "kind"))
ALIAS_DOMAINS: Final = Contract(("alias_domain", "target_domain"))
MAILBOXES: Final = Contract(("address",), ("shields",))
FORWARDS: Final = Contract(("source", "destination"), ("postfix_table", "place"))
PATTERNS: Final = Contract(("pattern", "destination"), ("syntax", "place"))
TRANSPORTS: Final = Contract(("recipient", "kind"))

_DOMAIN_KINDS: Final[Mapping[str, DomainKind]] = {
    "": "mailbox",
    **{kind: kind for kind in get_args(DomainKind)},
}
_FORWARD_TABLES: Final[Mapping[str, ForwardTable]] = {
    "": "virtual",
    **{table: table for table in get_args(ForwardTable)},
}
_SYNTAXES: Final[Mapping[str, PatternSyntax]] = {
    "": "like",
    **{syntax: syntax for syntax in get_args(PatternSyntax)},
}
_TRANSPORT_KINDS: Final[Mapping[str, TransportKind]] = {kind: kind for kind in get_args(TransportKind)}


def domains(rows: Rows) -> Iterator[Record]:
    """Make records of rows that keep `DOMAINS`.

    Raises:
        BackendMisconfigured: A kind is none that `Domain` knows.
    """
    for chunk in rows.chunks:
        for row in chunk:
            kind = _one_of(_DOMAIN_KINDS, "kind", row[1], rows)
            yield Domain(rows.text(row[0]), kind if rows.is_on(row) else "suspended", rows.origin)
    yield from rows.remarks()


def alias_domains(rows: Rows) -> Iterator[Record]:
    """Make records of rows that keep `ALIAS_DOMAINS`."""
    for chunk in rows.live():
        for alias, target, _ in chunk:
            yield DomainAlias(rows.text(alias), rows.text(target), rows.origin)
    yield from rows.remarks()


def mailboxes(rows: Rows) -> Iterator[Record]:
    """Make records of rows that keep `MAILBOXES`."""
    origin, text = rows.origin, rows.text
    shielding = "shields" in rows.columns
    for chunk in rows.live():
        for row in chunk:
            yield Mailbox(text(row[0]), shielding and word(row[1]) in ON, origin)
    yield from rows.remarks()


def forwards(rows: Rows) -> Iterator[Record]:
    """Make records of rows that keep `FORWARDS`.

    Raises:
        BackendMisconfigured: A table is none that `Forward` knows.
    """
    plain = set(FORWARDS.optional).isdisjoint(rows.columns)
    yield from virtual_forwards(rows) if plain else _forwards(rows)
    yield from rows.remarks()


def virtual_forwards(rows: Rows) -> Iterator[Forward]:
    """Make records of rows of source and destination, all of the virtual table, without remarks."""
    origin, text, texts = rows.origin, rows.text, rows.texts
    for chunk in rows.live():
        for source, destination, _ in chunk:
            if type(source) is str and type(destination) is str:
                yield Forward(source, destination, "virtual", origin)
            else:
                yield Forward(text(source), texts(destination), "virtual", origin)


def _forwards(rows: Rows) -> Iterator[Forward]:
    for row, named in _named(rows):
        table = _one_of(_FORWARD_TABLES, "postfix_table", named.get("postfix_table"), rows)
        origin = rows.origin_at(named.get("place"))
        yield Forward(rows.text(row[0]), rows.texts(row[1]), table, origin)


def patterns(rows: Rows) -> Iterator[Record]:
    """Make records of rows that keep `PATTERNS`; the order of the rows is the order they are asked in.

    Raises:
        BackendMisconfigured: A syntax is none that `Pattern` knows.
    """
    for row, named in _named(rows):
        syntax = _one_of(_SYNTAXES, "syntax", named.get("syntax"), rows)
        origin = rows.origin_at(named.get("place"))
        yield Pattern(rows.text(row[0]), rows.texts(row[1]), syntax, origin)
    yield from rows.remarks()


def transports(rows: Rows) -> Iterator[Record]:
    """Make records of rows that keep `TRANSPORTS`.

    Raises:
        BackendMisconfigured: A kind is none that `Transport` knows.
    """
    for chunk in rows.live():
        for recipient, kind, _ in chunk:
            yield Transport(rows.text(recipient), _one_of(_TRANSPORT_KINDS, "kind", kind, rows), rows.origin)
    yield from rows.remarks()


def _named(rows: Rows) -> Iterator[tuple[Row, Mapping[str, Any]]]:
    """Give the rows that are switched on, each with its optional columns by name."""
    for chunk in rows.live():
        for row in chunk:
            yield row, dict(zip(rows.columns[2:-1], row[2:-1], strict=True))


def _one_of(known: Mapping[str, T], column: str, value: object, rows: Rows) -> T:
    found = known.get(word(value))
    if found is None:
        words = ", ".join(sorted(filter(None, known)))
        msg = f"{rows.origin}: the column {column} holds {value!r:.80}; it must hold one of {words}"
        raise BackendMisconfigured(msg)
    return found
