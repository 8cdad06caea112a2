"""Every driver's exceptions are sorted by who must act, and told on one line without secrets."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import psycopg
import pymysql
import pytest
from psycopg import errors

from forwardresolve_backends import _sql_errors as faults
from forwardresolve_backends._sql_errors import fault_of, reason_of

if TYPE_CHECKING:
    from forwardresolve_backends._sql_errors import Fault


def sqlite_error(code: int | None) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("said")
    if code is not None:
        error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (sqlite3.SQLITE_ERROR, faults.STATEMENT),
        (sqlite3.SQLITE_BUSY, faults.BUSY),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, faults.BUSY),
        (sqlite3.SQLITE_READONLY, faults.WRITES),
        (sqlite3.SQLITE_CORRUPT, faults.DAMAGED),
        (sqlite3.SQLITE_NOTADB, faults.NO_FILE),
        (sqlite3.SQLITE_IOERR, faults.GONE),
        (None, faults.STATEMENT),
    ],
)
def test_sqlite_speaks_by_result_code(code: int | None, fault: Fault) -> None:
    assert fault_of(sqlite_error(code)) is fault


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (errors.UndefinedTable(), faults.STATEMENT),
        (errors.RaiseException(), faults.STATEMENT),
        (errors.InsufficientPrivilege(), faults.NO_RIGHT),
        (errors.InvalidPassword(), faults.CREDENTIALS),
        (errors.InvalidCatalogName(), faults.NO_DATABASE),
        (errors.ReadOnlySqlTransaction(), faults.WRITES),
        (errors.IdleInTransactionSessionTimeout(), faults.GONE),
        (errors.AdminShutdown(), faults.GONE),
        (errors.TooManyConnections(), faults.GONE),
        (errors.SerializationFailure(), faults.GONE),
        (errors.DivisionByZero(), faults.BAD_VALUE),
        (errors.DataCorrupted(), faults.DAMAGED),
        (psycopg.OperationalError("the connection is lost"), faults.GONE),
        (psycopg.ProgrammingError("the query has 1 placeholder"), faults.STATEMENT),
        (psycopg.OperationalError('FATAL: password authentication failed for user "ro"'), faults.CREDENTIALS),
        (psycopg.OperationalError("fe_sendauth: no password supplied"), faults.CREDENTIALS),
        (psycopg.OperationalError('FATAL: no pg_hba.conf entry for host "192.0.2.1"'), faults.CREDENTIALS),
        (psycopg.OperationalError('FATAL: role "ro" does not exist'), faults.CREDENTIALS),
        (psycopg.OperationalError('FATAL: database "mail" does not exist'), faults.NO_DATABASE),
        (psycopg.OperationalError('invalid sslmode value: "always"'), faults.PARAMETERS),
        (psycopg.OperationalError("FATAL: the database system is starting up"), faults.GONE),
    ],
)
def test_postgresql_speaks_by_sqlstate_or_while_connecting_by_words(
    error: psycopg.Error, fault: Fault
) -> None:
    assert fault_of(error) is fault


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        (1045, faults.CREDENTIALS),
        (1049, faults.NO_DATABASE),
        (1054, faults.STATEMENT),
        (1064, faults.STATEMENT),
        (1142, faults.NO_RIGHT),
        (1146, faults.STATEMENT),
        (1194, faults.DAMAGED),
        (1205, faults.GONE),
        (1792, faults.WRITES),
        (2003, faults.GONE),
        (2013, faults.GONE),
        (3024, faults.GONE),
        (0, faults.GONE),
    ],
)
def test_mariadb_speaks_by_number(number: int, fault: Fault) -> None:
    assert fault_of(pymysql.err.OperationalError(number, "said")) is fault


def test_an_error_without_a_number_is_a_lost_connection() -> None:
    assert fault_of(pymysql.err.Error("Already closed")) is faults.GONE


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (TypeError("unexpected keyword argument 'foo'"), faults.PARAMETERS),
        (FileNotFoundError(2, "No such file or directory"), faults.PARAMETERS),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"), faults.BAD_VALUE),
        (RuntimeError("'cryptography' package is required for sha256_password"), faults.NO_CRYPTOGRAPHY),
    ],
)
def test_what_slips_through_a_driver_is_sorted_too(error: Exception, fault: Fault) -> None:
    assert fault_of(error) is fault


def test_a_reason_is_one_line_without_secrets() -> None:
    error = psycopg.OperationalError("connection to hush failed:\n\tno\thush")
    assert reason_of(error, ("hush",)) == "connection to *** failed: no ***"


def test_a_reason_is_short() -> None:
    assert len(reason_of(psycopg.OperationalError("x" * 10_000), ())) == 300


def test_an_error_without_words_is_called_by_its_name() -> None:
    assert reason_of(TimeoutError(), ()) == "TimeoutError"


def test_a_reason_leaves_the_number_of_mariadb_out() -> None:
    assert reason_of(pymysql.err.OperationalError(1045, "Access denied"), ()) == "Access denied"
