"""What an exception of a database driver means, and who must act.

The three drivers tell the same things in three ways: sqlite3 by result code, psycopg by SQLSTATE,
PyMySQL by error number. Each is sorted into one `Fault`. A server that refuses a connection
reaches psycopg as text only: there its English words decide, and a refusal in another language
counts as a server that does not answer.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.sdk import (
    BackendDataError,
    BackendMisconfigured,
    BackendNotInstalled,
    BackendUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

BackendFault = (
    type[BackendDataError] | type[BackendMisconfigured] | type[BackendNotInstalled] | type[BackendUnavailable]
)

_LONGEST_REASON: Final = 300


@attrs.frozen
class Fault:
    """One way in which a database fails.

    Args:
        error: The class to raise.
        says: What the database does, in words that follow its name.
        advice: What to do; empty where that depends on the query.
    """

    error: BackendFault
    says: str
    advice: str = ""


BAD_VALUE: Final = Fault(BackendDataError, "holds a value that the query cannot read")
BUSY: Final = Fault(BackendUnavailable, "is locked by a writer", "run again when it has finished")
CREDENTIALS: Final = Fault(BackendMisconfigured, "refuses the user", "check user and password in the url")
DAMAGED: Final = Fault(BackendDataError, "is damaged", "repair it or restore a backup")
GONE: Final = Fault(
    BackendUnavailable, "does not answer", "check that it runs and can be reached, then run again"
)
NO_CRYPTOGRAPHY: Final = Fault(
    BackendNotInstalled, "asks for an encrypted password", "run: pip install cryptography, or use TLS"
)
NO_DATABASE: Final = Fault(BackendMisconfigured, "does not exist", "check the database in the url")
NO_FILE: Final = Fault(
    BackendMisconfigured, "cannot be read as an SQLite file", "check the path in the url and its permissions"
)
NO_RIGHT: Final = Fault(BackendMisconfigured, "must not be read by this user", "grant SELECT on it")
PARAMETERS: Final = Fault(
    BackendMisconfigured, "cannot be reached with this url", "check what follows the ? in the url"
)
STATEMENT: Final = Fault(BackendMisconfigured, "cannot be read")
WRITES: Final = Fault(BackendMisconfigured, "is a query that writes", "it must be a SELECT")

_SQLITE: Final[Mapping[int, Fault]] = {
    1: STATEMENT,  # SQLITE_ERROR
    3: NO_FILE,  # SQLITE_PERM
    5: BUSY,  # SQLITE_BUSY
    6: BUSY,  # SQLITE_LOCKED
    8: WRITES,  # SQLITE_READONLY
    11: DAMAGED,  # SQLITE_CORRUPT
    14: NO_FILE,  # SQLITE_CANTOPEN
    17: STATEMENT,  # SQLITE_SCHEMA: SQL that cannot be compiled, on a schema that was just read
    26: NO_FILE,  # SQLITE_NOTADB
}
_PRIMARY_CODE: Final = 0xFF
_POSTGRESQL: Final = (
    ("08", GONE),  # connection exception
    ("21", BAD_VALUE),  # cardinality violation
    ("22", BAD_VALUE),  # data exception
    ("25006", WRITES),  # read-only transaction
    ("25P03", GONE),  # idle in transaction for too long
    ("28", CREDENTIALS),
    ("3D", NO_DATABASE),
    ("40", GONE),  # transaction rollback, a standby that must go on
    ("42501", NO_RIGHT),
    ("53", GONE),  # insufficient resources
    ("55", GONE),  # locks
    ("57", GONE),  # operator intervention: shutdown, cancelled, starting up
    ("58", GONE),  # input and output
    ("XX001", DAMAGED),
    ("XX002", DAMAGED),
    ("", STATEMENT),
)
_POSTGRESQL_CONNECTING: Final = (
    (
        re.compile(r'authentication failed|no password supplied|pg_hba\.conf|role ".*" does not').search,
        CREDENTIALS,
    ),
    (re.compile(r'database ".*" does not exist').search, NO_DATABASE),
    (re.compile(r"invalid (?:connection option|integer|\S+ value)").search, PARAMETERS),
)
_MYSQL: Final[Mapping[int, Fault]] = {
    1034: DAMAGED,  # ER_NOT_KEYFILE
    1044: CREDENTIALS,  # ER_DBACCESS_DENIED_ERROR
    1045: CREDENTIALS,  # ER_ACCESS_DENIED_ERROR
    1049: NO_DATABASE,  # ER_BAD_DB_ERROR
    1142: NO_RIGHT,  # ER_TABLEACCESS_DENIED_ERROR
    1143: NO_RIGHT,  # ER_COLUMNACCESS_DENIED_ERROR
    1194: DAMAGED,  # ER_CRASHED_ON_USAGE
    1195: DAMAGED,  # ER_CRASHED_ON_REPAIR
    1698: CREDENTIALS,  # ER_ACCESS_DENIED_NO_PASSWORD_ERROR
    1792: WRITES,  # ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
}
_MYSQL_CLIENT: Final = range(2000, 3000)
"""Numbers that the driver itself gives: nobody listens, the connection is lost."""
_MYSQL_STATES: Final = frozenset(
    {1021, 1030, 1040, 1042, 1043, 1053, 1077, 1080, 1114, 1129, 1159, 1160, 1161}  # full or closing
    | {1205, 1213, 1317, 1927, 1969, 3024, 4031}  # waited too long, killed
)
"""Numbers that speak of the server's state, not of the query."""


def fault_of(error: Exception) -> Fault:
    """Sort an exception of sqlite3, psycopg or PyMySQL.

    Args:
        error: What the driver raised: an exception of its own, or what slips through it (an
            unknown parameter, a certificate file that is missing, a text in another encoding).
    """
    match type(error).__module__.partition(".")[0]:
        case "sqlite3":
            code = getattr(error, "sqlite_errorcode", 1)
            return _SQLITE.get(code & _PRIMARY_CODE, GONE)
        case "psycopg":
            return _postgresql_fault(error)
        case "pymysql":
            return _mysql_fault(error)
    if isinstance(error, UnicodeDecodeError):
        return BAD_VALUE
    return NO_CRYPTOGRAPHY if "cryptography" in str(error) else PARAMETERS


def is_undecodable(error: Exception) -> bool:
    """Tell whether SQLite holds a text that is not UTF-8: sqlite3 gives no code for it."""
    return "decode to UTF-8" in str(error)


def reason_of(error: Exception, secrets: tuple[str, ...]) -> str:
    """Return the driver's own words on one line, without the secrets.

    Args:
        error: What the driver raised.
        secrets: Texts that must not be shown.
    """
    diagnosis = getattr(getattr(error, "diag", None), "message_primary", None)
    said = diagnosis or (error.args[-1] if error.args else "") or type(error).__name__
    reason = " ".join(str(said).split())
    for secret in secrets:
        reason = reason.replace(secret, "***")
    return reason[:_LONGEST_REASON]


def _postgresql_fault(error: Exception) -> Fault:
    state = getattr(error, "sqlstate", None)
    if state is not None:
        return next(fault for prefix, fault in _POSTGRESQL if state.startswith(prefix))
    text = str(error)
    connecting = (fault for search, fault in _POSTGRESQL_CONNECTING if search(text) is not None)
    return next(connecting, STATEMENT if type(error).__name__ == "ProgrammingError" else GONE)


def _mysql_fault(error: Exception) -> Fault:
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    if number in _MYSQL_CLIENT or number in _MYSQL_STATES or not number:
        return GONE
    return _MYSQL.get(number, STATEMENT)
