"""Records as lines of JSON: for a look at a source, and for sources that are programs.

Each line is one object: ``record`` names the kind, the other keys are the fields of the record.
The last line is ``{"record": "end", "count": N, "schema_version": 1}``; without it the text is not
whole, whatever the exit status of its writer was.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, get_args

import attrs

from forwardresolve.errors import BackendDataError, BackendIncomplete, ConfigError
from forwardresolve.options import structure
from forwardresolve.records import Record
from forwardresolve.shapes import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SCHEMA_VERSION: Final = 1
"""Grows when a reader of an earlier version would misread a line; new keys alone do not."""

_END: Final = "end"
_NAMES: Final[Mapping[type, str]] = {
    kind: "".join(f"_{each.lower()}" if each.isupper() else each for each in kind.__name__).lstrip("_")
    for kind in get_args(Record)
}
_KINDS: Final[Mapping[str, type[Record]]] = {name: kind for kind, name in _NAMES.items()}


def write_records(records: Iterable[Record]) -> Iterator[str]:
    """Yield a line for each record as it comes, then the closing line.

    Args:
        records: The records. When they raise, what was yielded has no closing line.

    Yields:
        The lines, without line ends; ASCII only.
    """
    count = 0
    for record in records:
        yield json.dumps({"record": _NAMES[type(record)], **_fields(record)})
        count += 1
    yield json.dumps({"record": _END, "count": count, "schema_version": SCHEMA_VERSION})


def read_records(lines: Iterable[str]) -> Iterator[Record]:
    """Yield the record of each line as it comes.

    Args:
        lines: What `write_records` yields; the lines may have their line ends.

    Yields:
        The records.

    Raises:
        BackendDataError: A line is no record, or there is one after the closing line.
        BackendIncomplete: The closing line is missing, or counts other than came.
    """
    count = 0
    closing: dict[str, Any] | None = None
    for number, line in enumerate(lines, 1):
        if closing is not None:
            msg = f"line {number}: something stands after the closing line"
            raise BackendDataError(msg)
        table = _table(line, number)
        name = table.pop("record", None)
        if name == _END:
            closing = table
        else:
            yield _record(name, table, number)
            count += 1
    if closing is None:
        msg = f"the records break off after {count}: there is no closing line"
        raise BackendIncomplete(msg)
    if closing.get("schema_version") != SCHEMA_VERSION:
        msg = f"the closing line does not say schema_version {SCHEMA_VERSION}"
        raise BackendDataError(msg)
    if closing.get("count") != count:
        msg = f"{count} records came, and the closing line counts {closing.get('count')}"
        raise BackendIncomplete(msg)


def _fields(record: Record) -> dict[str, Any]:
    """Return the fields of a record as JSON has them: destinations as a list, no empty origin."""
    fields = {field.name: getattr(record, field.name) for field in attrs.fields(type(record))}
    if "destinations" in fields:
        destinations = fields["destinations"]
        fields["destinations"] = [destinations] if isinstance(destinations, str) else list(destinations)
    origin = fields.pop("origin")
    parts = {key: value for key, value in attrs.asdict(origin).items() if value} if origin else {}
    return {**fields, "origin": parts} if parts else fields


def _table(line: str, number: int) -> dict[str, Any]:
    try:
        table = json.loads(line)
    except ValueError:
        table = None
    if not isinstance(table, dict):
        msg = f"line {number}: is no JSON object"
        raise BackendDataError(msg)
    return table


def _record(name: object, table: dict[str, Any], number: int) -> Record:
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        hint = nearest(name, tuple(_KINDS)) if isinstance(name, str) else ""
        msg = f"line {number}: record is none of {', '.join(sorted(_KINDS))}{hint}"
        raise BackendDataError(msg)
    try:
        return structure(table, kind, f"line {number}")
    except ConfigError as error:
        raise BackendDataError("; ".join(error.problems)) from None
