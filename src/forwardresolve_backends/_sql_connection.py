"""One consistent, read-only look at a database: open it, ask, stream the answers, close it.

All queries of one look see the same state: REPEATABLE READ on PostgreSQL and MariaDB, one
transaction on SQLite. (MyISAM tables know no transactions; there each query is consistent in
itself.) Rows come in chunks straight from the cursor of the driver, which on a server is a
server-side one, so memory stays bounded.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

import attrs
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError

from forwardresolve.sdk import BackendMisconfigured, BackendNotInstalled, Secret
from forwardresolve_backends._sql_errors import fault_of, is_undecodable, reason_of
from forwardresolve_backends._sql_url import Address, parse_url

Row = Sequence[Any]
Chunks = Iterator[Sequence[Row]]

_CHUNK: Final = 2000
"""Rows a time: enough to make the call cheap, well below a megabyte."""


@attrs.frozen
class Query:
    """One question to the database.

    Args:
        statement: SQL as it stands, or a selection to be compiled.
        place: What it reads: a table, or the option that holds the SQL. It becomes the origin.
        remedy: What to do when the database refuses it.
        within: SQL around it, with {} in its place.
    """

    statement: str | sa.Select[Any]
    place: str
    remedy: str
    within: str = "{}"

    def __str__(self) -> str:
        """Name it in a message."""
        return self.place if isinstance(self.statement, str) else f"table {self.place}"


@attrs.define
class Database:
    """An open database, in the middle of its one transaction."""

    _address: Address
    _connection: sa.Connection
    _driver_errors: tuple[type[Exception], ...]
    _cursor: Any = None

    @property
    def kind(self) -> str:
        """Return the kind of database: sqlite, postgresql or mysql."""
        return self._address.kind.name

    def ask(self, query: Query) -> tuple[tuple[str, ...], Chunks]:
        """Put a query and stream its answer; it must be taken to its end before the next one.

        Returns:
            The names of the columns, and the rows in chunks, as the driver gives them.

        Raises:
            BackendMisconfigured: The database refuses the query, or the query gives no rows.
            BackendUnavailable: The database stops answering, now or while the chunks are taken.
            BackendDataError: It holds a value that cannot be read.
        """
        self._execute(query)
        if not self._cursor.description:
            msg = f"{self._address.name}, {query}: gives no rows; it must be a SELECT"
            raise BackendMisconfigured(msg)
        return tuple(column[0] for column in self._cursor.description), self._chunks(query)

    def abandon(self) -> None:
        """Let a half-read answer go, without reading on and without a farewell to a dead server."""
        pending = getattr(self._cursor, "_result", None)
        if pending is not None:  # else PyMySQL reads on to the last row, even after the connection is closed
            pending.unbuffered_active = False
        with contextlib.suppress(*self._driver_errors):
            self._cursor.close()

    def _execute(self, query: Query) -> None:
        # SQLAlchemy's own rows would make the read a third longer, so the driver's cursor is used.
        connection = self._connection.connection.driver_connection
        statement, parameters = _compile(query.statement, self._connection.dialect)
        with _telling(self._address, self._driver_errors, query):
            self._cursor = self._address.kind.stream(connection)
            self._cursor.execute(query.within.replace("{}", statement, 1), *parameters)

    def _chunks(self, query: Query) -> Chunks:
        taken = 0
        while True:
            with _telling(self._address, self._driver_errors, query):
                try:
                    chunk: Sequence[Row] = self._cursor.fetchmany(_CHUNK)
                except self._driver_errors as error:
                    if not is_undecodable(error):
                        raise
                    self._again_with_bytes(query, taken)
                    continue
                if not chunk:
                    self._cursor.close()
                    return
            taken += 1
            yield chunk

    def _again_with_bytes(self, query: Query, taken: int) -> None:
        """Put a query to SQLite again and go on behind the chunks that were taken.

        From here on a text that is not UTF-8 comes as bytes instead of breaking the read off. It
        is not so from the start because it doubles the time that reading takes. One transaction
        and one statement give the rows in the same order.
        """
        connection: Any = self._connection.connection.driver_connection
        connection.text_factory = _text_or_bytes
        self._execute(query)
        for _ in range(taken):
            self._cursor.fetchmany(_CHUNK)


def _compile(statement: str | sa.Select[Any], dialect: sa.Dialect) -> tuple[str, Sequence[Any]]:
    """Return SQL and what the driver is given with it.

    SQL of the admin's goes without parameters: then a driver leaves ``%`` alone, and LIKE 'smtp%'
    means what it says.
    """
    if isinstance(statement, str):
        return statement, ()
    compiled = statement.compile(dialect=dialect)
    values = compiled.construct_params()
    names = compiled.positiontup
    return str(compiled), (values if names is None else tuple(values[name] for name in names),)


@contextlib.contextmanager
def open_database(url: Secret) -> Iterator[Database]:
    """Open a database for one consistent, read-only look.

    Args:
        url: As `parse_url` reads it.

    Yields:
        The database. It is closed at the end, and nothing in it is changed.

    Raises:
        BackendMisconfigured: The url is malformed or refused, or an SQLite file is missing.
        BackendNotInstalled: The driver is missing.
        BackendUnavailable: Nobody answers.
    """
    address = parse_url(url)
    kind = address.kind
    engine = _engine(address)
    driver = engine.dialect.loaded_dbapi
    # Not everything that slips through a driver is an error of its own: parameters that it does not
    # know, a certificate that is missing, a text in another encoding than the server claims.
    errors = (DBAPIError, driver.Error, driver.Warning, TypeError, ValueError, OSError, RuntimeError)
    with _telling(address, errors):
        connection = engine.connect()
    try:
        with _telling(address, errors):
            for statement in kind.begin:
                connection.exec_driver_sql(statement)
        database = Database(address, connection, errors)
        try:
            yield database
        except BaseException:
            database.abandon()
            raise
    except BaseException:
        connection.invalidate()
        raise
    finally:
        with _telling(address, errors):  # a server that went away while the last rows were on their way
            connection.close()


def _engine(address: Address) -> sa.Engine:
    kind, given = address.kind, address.url.query
    patience = {key: value for key, value in kind.patience.items() if key not in given}
    try:
        with _telling(address, (ArgumentError, TypeError, ValueError)):
            return sa.create_engine(address.url, poolclass=sa.NullPool, connect_args=patience)
    except ImportError as error:
        extra = f"forwardresolve[{kind.extra}]"
        msg = f"{address.name} needs {error.name or kind.driver}; run: pip install '{extra}'"
        raise BackendNotInstalled(msg) from error


def _text_or_bytes(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


@contextlib.contextmanager
def _telling(
    address: Address, errors: tuple[type[Exception], ...], query: Query | None = None
) -> Iterator[None]:
    """Tell what a driver raises in our own words, with its reason and without secrets."""
    try:
        yield
    except errors as error:
        original = error.orig if isinstance(error, DBAPIError) and error.orig else error
        fault = fault_of(original)
        subject = f"{address.name}, {query}" if query else address.name
        advice = fault.advice or (query.remedy if query else "check the url")
        msg = f"{subject}: {fault.says} ({reason_of(original, address.secrets)}); {advice}"
        raise fault.error(msg) from original
