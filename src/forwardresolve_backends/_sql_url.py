"""Read the url of a database: which kind it is, how a message may call it, what must stay hidden."""

from __future__ import annotations

from operator import methodcaller
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import attrs
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from forwardresolve.sdk import BackendMisconfigured

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forwardresolve.sdk import Secret

_PORTS: Final = range(1, 65536)
_SECRET_PARAMETERS: Final = frozenset({"password", "passwd", "sslpassword", "ssl_key_password"})


@attrs.frozen
class Kind:
    """A kind of database.

    Args:
        driver: SQLAlchemy's name of dialect and driver.
        extra: The pip extra that brings the driver; empty where Python does.
        begin: What opens a consistent, read-only transaction.
        stream: Makes a cursor of a connection of the driver that never holds all rows at once.
        patience: Parameters of the driver, in seconds, that hold unless the url sets them: without
            them a host that vanishes would be waited for, for hours.
    """

    driver: str
    extra: str = ""
    begin: tuple[str, ...] = ("BEGIN",)
    stream: Callable[[Any], Any] = methodcaller("cursor")
    patience: Mapping[str, int] = attrs.Factory(dict)

    @property
    def name(self) -> str:
        """Return what it is called: sqlite, postgresql or mysql."""
        return self.driver.partition("+")[0]


def _pymysql_cursor(connection: Any) -> Any:  # noqa: ANN401 (of a driver that may not be installed)
    from pymysql.cursors import SSCursor

    return connection.cursor(SSCursor)


_KINDS: Final[Mapping[str, Kind]] = {
    "sqlite": Kind("sqlite+pysqlite"),
    "postgresql": Kind(
        "postgresql+psycopg",
        extra="postgresql",
        begin=("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",),
        stream=methodcaller("cursor", "forwardresolve"),
        patience={
            "connect_timeout": 10,
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
        },
    ),
    "mysql": Kind(
        "mysql+pymysql",
        extra="mysql",
        begin=(
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
            "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
        ),
        stream=_pymysql_cursor,
        patience={"connect_timeout": 10, "read_timeout": 60},
    ),
}
_ALSO_CALLED: Final[Mapping[str, str]] = {"postgres": "postgresql", "mariadb": "mysql"}


@attrs.frozen
class Address:
    """Where a database lies.

    Args:
        kind: The kind of database.
        url: What the driver is given; an SQLite file is opened for reading only.
        name: How messages call it: without user, password and parameters.
        secrets: Texts that no message may hold.
        file: The file of SQLite.
    """

    kind: Kind
    url: URL = attrs.field(repr=False)
    name: str
    secrets: tuple[str, ...] = attrs.field(repr=False)
    file: Path | None = None


def kind_named_by(url: str) -> str:
    """Return the kind of database that the beginning of a url names; what it is not, as it is."""
    dialect = url.partition(":")[0].partition("+")[0]
    return _ALSO_CALLED.get(dialect, dialect)


def parse_url(url: Secret) -> Address:
    """Read the url of a database.

    Args:
        url: ``sqlite:///FILE``, ``postgresql://...``, ``mysql://...`` or ``mariadb://...``, with
            parameters of the driver behind a ``?``.

    Raises:
        BackendMisconfigured: It is none of these, or the SQLite file is missing.
    """
    try:
        given = make_url(url.reveal())
    except (ArgumentError, ValueError):
        # The cause is left out: it may quote a part of a password that holds a / or a colon.
        raise _malformed() from None
    if "@" in (given.host or "") or (given.port is not None and given.port not in _PORTS):
        raise _malformed()
    dialect, _, driver = given.drivername.partition("+")
    kind = _KINDS.get(_ALSO_CALLED.get(dialect, dialect))
    if kind is None:
        msg = f"the url begins with {dialect}; it must begin with {', '.join(_KINDS)} or mariadb"
        raise BackendMisconfigured(msg)
    if driver and driver != kind.driver.partition("+")[2]:
        msg = f"the url asks for the driver {driver}, but this backend uses its own; leave +{driver} out"
        raise BackendMisconfigured(msg)
    if dialect == "sqlite":
        return _sqlite_address(kind, given)
    host = f"[{given.host}]" if ":" in (given.host or "") else given.host or ""
    port = f":{given.port}" if given.port is not None else ""
    return Address(
        kind=kind,
        url=given.set(drivername=kind.driver),
        name=f"{dialect}://{host}{port}/{given.database or ''}",
        secrets=_secrets(given),
    )


def _malformed() -> BackendMisconfigured:
    return BackendMisconfigured(
        "the url is malformed; write sqlite:///FILE or postgresql://USER:PASSWORD@HOST:PORT/DATABASE (or "
        "mysql, mariadb), with special characters of the password percent-encoded (@ is %40, / is %2F)"
    )


def _sqlite_address(kind: Kind, given: URL) -> Address:
    """Open the file for reading only, so that a mistyped path never makes an empty database."""
    file = Path(given.database or "")
    if given.host or given.username or not given.database or given.database.startswith((":", "file:")):
        msg = "the url names no SQLite file; write sqlite:///relative/path or sqlite:////absolute/path"
        raise BackendMisconfigured(msg)
    if not file.is_file():
        msg = f"there is no SQLite file {file}; check the path in the url"
        raise BackendMisconfigured(msg)
    return Address(
        kind=kind,
        url=given.set(
            drivername=kind.driver,
            database=f"file:{quote(str(file.absolute()))}",
            query={**given.query, "mode": "ro", "uri": "true"},
        ),
        name=f"sqlite:///{file}",
        secrets=(),
        file=file,
    )


def _secrets(url: URL) -> tuple[str, ...]:
    """Collect every text of the url that no message may hold, as written and percent-encoded."""
    texts = [str(url.password or ""), *(str(url.query[key]) for key in _SECRET_PARAMETERS & url.query.keys())]
    return tuple(form for text in texts if text for form in (text, quote(text, safe="")))
