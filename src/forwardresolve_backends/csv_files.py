"""Read CSV files: the rows of a panel's export, or a list kept by hand."""

from __future__ import annotations

import csv
from collections.abc import Iterator  # noqa: TC003 (the fields are read at run time)
from itertools import islice
from operator import itemgetter
from pathlib import Path  # noqa: TC003 (the fields are read at run time)
from typing import TYPE_CHECKING, Any, Final

import attrs

from forwardresolve.sdk import (
    BackendDataError,
    BackendIncomplete,
    BackendMisconfigured,
    Origin,
    Record,
    version_of_files,
)
from forwardresolve_backends import _sql_records as records
from forwardresolve_backends import _sql_rows as rows
from forwardresolve_backends._text_files import TextFile

if TYPE_CHECKING:
    import _csv
    from collections.abc import Callable, Mapping

_READERS: Final[Mapping[str, tuple[rows.Contract, Callable[[rows.Rows], Iterator[Record]]]]] = {
    "domains": (records.DOMAINS, records.domains),
    "alias_domains": (records.ALIAS_DOMAINS, records.alias_domains),
    "mailboxes": (records.MAILBOXES, records.mailboxes),
    "forwards": (records.FORWARDS, records.forwards),
}
_CONSTANTS: Final = {"active": "1", "kind": ""}
"""What stands for a column that a file may leave out."""

_CHUNK: Final = 1000


def _one_character(_: object, field: attrs.Attribute[Any], value: str) -> None:
    if len(value) != 1 or value in '"\r\n':
        msg = 'must be one character, such as "," or ";"'
        raise ValueError(msg, field)


@attrs.frozen(kw_only=True)
class CsvFiles:
    """Reads files of comma-separated values (RFC 4180), one for each kind of row.

    The first line names the columns, in any order; columns besides those in brackets are left out
    of account.

    Args:
        domains: The hosted domains (domain, and kind and active where they vary).
        mailboxes: The mailboxes (address, and shields and active where they vary).
        forwards: The forwardings (source, destination, and postfix_table and active where they vary).
        alias_domains: The alias domains (alias_domain, target_domain, and active where it varies).
        separator: What stands between two values.
    """

    domains: Path | None = None
    mailboxes: Path | None = None
    forwards: Path | None = None
    alias_domains: Path | None = None
    separator: str = attrs.field(default=",", validator=_one_character)

    def __attrs_post_init__(self) -> None:
        """Refuse to read nothing."""
        if not any(getattr(self, name) for name in _READERS):
            msg = "there is nothing to read: name a file, for forwards at least"
            raise ValueError(msg)

    def records(self) -> Iterator[Record]:
        """Read every file to its end.

        Yields:
            The records as they stream.

        Raises:
            BackendMisconfigured: A file may not be read, or lacks a column.
            BackendUnavailable: A file is not there.
            BackendIncomplete: A file has no line of names, ends inside a value, or was changed
                while it was read.
            BackendDataError: A line has more or fewer values than the first.
        """
        for name, (contract, reader) in _READERS.items():
            path = getattr(self, name)
            if path is not None:
                file = TextFile(path)
                yield from reader(_rows(file, contract, self.separator))
                yield from file.remarks()

    def version(self) -> str:
        """Return a text that is another one when a file is replaced or written to.

        Raises:
            BackendError: As in `records`.
        """
        paths = (getattr(self, name) for name in _READERS)
        return version_of_files(path for path in paths if path is not None)


def _rows(file: TextFile, contract: rows.Contract, separator: str) -> rows.Rows:
    """Arrange the columns of a file as a contract wants them."""
    lines = csv.reader(_bare(file), delimiter=separator, strict=True)
    try:
        names = [name.strip().casefold() for name in next(lines, ())]
    except csv.Error as error:
        raise _broken(file, lines.line_num, error) from error
    if not names:
        msg = f"{file.path}: is empty; its first line must name the columns"
        raise BackendIncomplete(msg)
    missing = [name for name in contract.needed if name not in names and name not in _CONSTANTS]
    twice = {name for name in names if names.count(name) > 1}
    if missing or twice:
        said = f"lacks {', '.join(missing)}" if missing else f"names {', '.join(sorted(twice))} twice"
        msg = f"{file.path}: its first line {said}; it must name {', '.join(contract.needed)}"
        raise BackendMisconfigured(msg)
    columns = (*contract.needed, *(name for name in contract.optional if name in names), "active")
    return rows.Rows(Origin(str(file.path)), columns, _chunks(file, lines, names, columns), rows.Switch())


def _chunks(
    file: TextFile, lines: _csv.Reader, names: list[str], columns: tuple[str, ...]
) -> Iterator[list[tuple[str, ...]]]:
    constants = [name for name in columns if name not in names]
    rest = tuple(_CONSTANTS[name] for name in constants)
    pick = itemgetter(*map([*names, *constants].index, columns))
    while True:
        chunk = []
        try:
            for values in islice(lines, _CHUNK):
                if len(values) != len(names) and values:
                    msg = f"{file.path}: line {lines.line_num} has {len(values)} values, not {len(names)}"
                    raise BackendDataError(msg)
                if values:  # not an empty line
                    chunk.append(pick((*values, *rest)))
        except csv.Error as error:
            raise _broken(file, lines.line_num, error) from error
        if not chunk:
            return
        yield chunk


def _bare(file: TextFile) -> Iterator[str]:
    """Take off the byte order mark that spreadsheets write."""
    lines = file.lines()
    yield from (line.removeprefix("\ufeff") for line in islice(lines, 1))
    yield from lines


def _broken(file: TextFile, number: int, error: csv.Error) -> BackendIncomplete:
    return BackendIncomplete(f"{file.path}: ends or breaks inside a value at line {number} ({error})")
