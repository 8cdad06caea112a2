"""The state of a database in a moment, in a few bytes, so that nobody reads it who need not.

A server adds up its rows: a checksum of each, and its square, so that two rows that exchange a
value make a difference, too. A change that leaves all of the sums as they were is as likely as a
number of 32 bits that is guessed. That depends on no column that a panel may or may not keep, and
costs about what ``MAX(modified)`` costs where no index helps (measured, see the documentation).
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.sdk import BackendMisconfigured, file_error, version_of_files
from forwardresolve_backends._sql_connection import Query, open_database
from forwardresolve_backends._sql_url import parse_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from forwardresolve.sdk import Secret
    from forwardresolve_backends._sql_connection import Database
    from forwardresolve_backends._sql_rows import Contract

_COLUMNS: Final = "SELECT * FROM (\n{}\n) AS q LIMIT 0"

_HEADER: Final = 48
"""Bytes at the beginning of a log's index that each commit changes (sqlite.org/walformat.html)."""

_FRAMES: Final = slice(16, 20)
"""Where in it stands how many frames of the log are valid."""


@attrs.frozen
class Part:
    """What one kind of row depends on.

    Args:
        query: What gives the rows, or, without a contract, what tells their state.
        contract: The columns that count.
    """

    query: Query
    contract: Contract | None = None


def version_of(url: Secret, query: str = "", parts: Iterable[Part] = ()) -> str:
    """Return a text that is another one when a database has changed.

    Args:
        url: The database.
        query: SQL of the admin's; the version is what it answers, and nothing else counts.
        parts: What is read from the database.

    Returns:
        The text. A file of SQLite tells by itself; a server cannot tell what is read from it
        without a query and parts, nor where it refuses to add up the rows of one.

    Raises:
        BackendError: The database does not answer, or refuses the query of the admin's.
    """
    if query:
        asked = Query(query, "version_query", "check the SQL against the database")
        with open_database(url) as database:
            return _digest(_answer(database, asked))
    address = parse_url(url)
    if address.file is not None:
        return _version_of_file(address.file)
    parts = tuple(parts)
    if not parts:
        return ""
    with open_database(url) as database:
        try:
            return _digest(row for part in parts for row in _state(database, part, address.kind.name))
        except BackendMisconfigured:  # a query that cannot stand inside of another one
            database.abandon()
            return ""


def _version_of_file(path: Path) -> str:
    """Return the version of a file of SQLite: its state, and what of its write-ahead log is valid.

    The times of the log say less: whoever opens it as root touches it.
    """
    file = os.path.realpath(path)  # SQLite writes beside what a link leads to
    index = Path(f"{file}-shm")
    try:
        with index.open("rb") as opened:
            header = opened.read(_HEADER)
    except FileNotFoundError:
        header = b""
    except OSError as error:
        raise file_error(index, error) from error
    logged = header if any(header[_FRAMES]) else b""  # without frames in the log all is in the file
    return f"{version_of_files([file], optional=[f'{file}-journal'])} {logged.hex()}"


def _state(database: Database, part: Part, kind: str) -> Iterator[object]:
    if part.contract is None:
        yield from _answer(database, part.query)
        return
    said = part.query.statement
    query = attrs.evolve(part.query, statement=said.rstrip("; \n") if isinstance(said, str) else said)
    columns, chunks = database.ask(attrs.evolve(query, within=_COLUMNS))
    for _ in chunks:
        pass
    counted = {*part.contract.needed, *part.contract.optional, "active"}
    names = [name for name in columns if name.casefold() in counted]
    yield from _answer(database, attrs.evolve(query, within=_SUMS[kind](names)))


def _answer(database: Database, query: Query) -> Iterator[object]:
    _, chunks = database.ask(query)
    for chunk in chunks:
        yield from map(tuple, chunk)


def _digest(rows: Iterable[object]) -> str:
    digest = hashlib.sha256()
    for row in rows:
        digest.update(repr(row).encode(errors="surrogatepass"))
    return digest.hexdigest()


def _mysql_sums(names: Sequence[str]) -> str:
    # As bytes: texts of two collations cannot stand beside each other.
    columns = (f"COALESCE(CAST(q.`{name}` AS BINARY), 0x00)" for name in names)
    checksum = f"CRC32(CONCAT_WS(0x1F, {', '.join(columns)}))"
    rows = f"SELECT {checksum} AS c FROM (\n{{}}\n) AS q"  # noqa: S608 (the names are those of a contract)
    return f"SELECT COUNT(*), SUM(c), SUM(c * c) FROM ({rows}) AS sums"  # noqa: S608 (as above)


def _postgresql_sums(names: Sequence[str]) -> str:
    columns = (f'COALESCE(CAST(q."{name}" AS text), CHR(1))' for name in names)
    checksum = f"HASHTEXTEXTENDED(CONCAT_WS(CHR(31), {', '.join(columns)}), 0)"
    return f"SELECT COUNT(*), SUM({checksum}) FROM (\n{{}}\n) AS q"  # noqa: S608 (as above)


_SUMS: Final[Mapping[str, Callable[[Sequence[str]], str]]] = {
    "mysql": _mysql_sums,
    "postgresql": _postgresql_sums,
}
