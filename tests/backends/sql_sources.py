"""SQL databases under the contract kit: made, filled, damaged and refused, on every kind of server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import attrs
import sqlalchemy as sa

from forwardresolve.sdk import Secret
from forwardresolve.testing import BackendContract
from servers.sql import PASSWORD, Database

if TYPE_CHECKING:
    from forwardresolve.sdk import Backend
    from forwardresolve.testing import World
    from servers.sql import Server

FILE_HAS_NO_CREDENTIALS: Final[Any] = {"credentials": "a file of SQLite has none"}


class SqlContract(BackendContract):
    """What the SQL backends have in common; a subclass fills tables and names the backend.

    Attributes:
        server: The server that the databases lie on; None for files of SQLite.
    """

    server: Server | None = None
    lacks: ClassVar[Any] = {}

    def fill(self, database: Database, world: World) -> None:
        """Make the tables of an empty database and fill them."""
        raise NotImplementedError

    def backend(self, url: Secret) -> Backend:
        """Return the backend that reads a database."""
        raise NotImplementedError

    def make_backend(self, world: World, tmp_path: Path) -> Backend:
        database = self._database(tmp_path)
        self.fill(database, world)
        return self.backend(Secret(database.url))

    def break_backend(self, backend: Any) -> None:  # noqa: ANN401 (of one class or the other)
        url = sa.make_url(backend.url.reveal())
        if self.server is None:
            path = Path(url.database or "")
            path.write_bytes(b"damaged!" * (path.stat().st_size // 8))
            return
        owner = Database(self.server.kind, self.server.url())
        if self.server.kind == "postgresql":
            owner.execute(f"DROP DATABASE {url.database} WITH (FORCE)")
            return
        with owner.engine().connect() as connection:
            found = connection.exec_driver_sql(
                f"SELECT id FROM information_schema.processlist WHERE db = '{url.database}'"  # noqa: S608 (ours)
            )
            readers = [row[0] for row in found]
        owner.execute(*(f"KILL {reader}" for reader in readers), f"DROP DATABASE {url.database}")

    def deny_backend(self, backend: Any) -> Any:  # noqa: ANN401 (of one class or the other)
        url = sa.make_url(backend.url.reveal()).set(password=f"{PASSWORD}-and-more")
        return attrs.evolve(backend, url=Secret(url.render_as_string(hide_password=False)))

    def _database(self, tmp_path: Path) -> Database:
        """Return the database of a directory, empty."""
        if self.server is None:
            (tmp_path / "panel.db").unlink(missing_ok=True)
            return Database("sqlite", f"sqlite:///{tmp_path}/panel.db")
        name = f"contract{abs(hash(tmp_path))}"
        owner = Database(self.server.kind, self.server.url())
        owner.execute(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
        return Database(self.server.kind, self.server.url(name))
