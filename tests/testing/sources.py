"""Three good backends, each with the class that fills and breaks its source."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
from collections.abc import Mapping, Sequence  # noqa: TC003 (the fields are read at run time)
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from forwardresolve.sdk import (
    BackendIncomplete,
    BackendMisconfigured,
    BackendUnavailable,
    Domain,
    DomainAlias,
    Forward,
    Mailbox,
    Origin,
    Record,
    Scope,
    Secret,
    version_of_files,
)
from forwardresolve.testing import BackendContract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.testing import World

TOKEN = "t0ken-of-the-panel"  # noqa: S105 (a file that a test makes)


def write_rows(world: World, path: Path) -> None:
    """Write a world as lines of JSON between the token of the source and a line ``end``."""
    rows: list[tuple[Any, ...]] = [("domain", each, 1) for each in world.domains]
    rows += [("domain", each, 0) for each in world.inactive_domains]
    rows += [("twin", *each, 1) for each in world.domain_aliases]
    rows += [("mailbox", each, 1) for each in world.mailboxes]
    rows += [("mailbox", each, 0) for each in world.inactive_mailboxes]
    rows += [("forward", *each, 1) for each in world.forwards]
    rows += [("forward", *each, 0) for each in world.inactive_forwards]
    path.write_text("\n".join([TOKEN, *map(json.dumps, rows), "end", ""]), encoding="utf-8")


@attrs.frozen
class RowFile:
    """Reads what `write_rows` writes."""

    path: Path
    token: Secret = attrs.field(factory=lambda: Secret(TOKEN))

    def records(self) -> Iterator[Record]:
        """Read the file whole, line by line."""
        try:
            with self.path.open(encoding="utf-8") as file:
                if file.readline().rstrip("\n") != self.token.reveal():
                    msg = f"{self.path} refuses the token"
                    raise BackendMisconfigured(msg)
                for line in file:
                    if line == "end\n":
                        return
                    yield from self.record(json.loads(line))
        except (OSError, ValueError) as error:
            msg = f"{self.path} cannot be read"
            raise BackendUnavailable(msg) from error
        msg = f"{self.path} breaks off"
        raise BackendIncomplete(msg)

    def version(self) -> str:
        """Tell the state of the file."""
        return version_of_files([self.path])

    def records_of(self, scope: Scope) -> Iterator[Record]:
        """Read the rows of some addresses."""
        return filter(scope.covers, self.records())

    def record(self, row: Sequence[Any]) -> Iterator[Record]:
        """Make a record of a row, or none of one that is switched off."""
        origin = Origin(str(self.path))
        match row:
            case "domain", name, on:
                yield Domain(name, "mailbox" if on else "suspended", origin)
            case "twin", alias, target, 1:
                yield DomainAlias(alias, target, origin)
            case "mailbox", address, 1:
                yield Mailbox(address, origin=origin)
            case "forward", source, destinations, 1:
                yield Forward(source, destinations, origin=origin)


class RowFileContract(BackendContract):
    """Fills and breaks files of rows."""

    kind: ClassVar[type[RowFile]] = RowFile

    def make_backend(self, world: World, tmp_path: Path) -> RowFile:
        write_rows(world, tmp_path / "rows")
        return self.kind(tmp_path / "rows")

    def break_backend(self, backend: Any) -> None:  # noqa: ANN401 (whatever the kind is)
        os.truncate(backend.path, len(TOKEN) + 1)

    def deny_backend(self, backend: Any) -> Any:  # noqa: ANN401 (whatever the kind is)
        return attrs.evolve(backend, token=Secret("wr0ng-token"))


@attrs.frozen
class Database:
    """Reads an SQLite database of two tables; it knows neither alias domains nor switches."""

    url: str

    def records(self) -> Iterator[Record]:
        """Read the database in one transaction."""
        path = Path(self.url.removeprefix("sqlite:///"))
        if not path.exists():
            msg = f"{path} does not exist"
            raise BackendUnavailable(msg)
        try:
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("BEGIN")
                for (name,) in connection.execute("SELECT name FROM domain"):
                    yield Domain(name)
                yield from (Forward(*row) for row in connection.execute("SELECT * FROM alias"))
        except sqlite3.Error as error:
            msg = f"{path}: {error}"
            raise BackendUnavailable(msg) from error


class DatabaseContract(BackendContract):
    """Fills and damages files of SQLite."""

    lacks: ClassVar[Any] = {
        "mailboxes": "the panel keeps them elsewhere",
        "domain_aliases": "the panel has none",
        "credentials": "a file has none",
    }

    def make_backend(self, world: World, tmp_path: Path) -> Database:
        path = tmp_path / "panel.db"
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.executescript(
                "DROP TABLE IF EXISTS domain; DROP TABLE IF EXISTS alias;"
                "CREATE TABLE domain (name); CREATE TABLE alias (source, destination);"
            )
            connection.executemany("INSERT INTO domain VALUES (?)", ((each,) for each in world.domains))
            pairs = ((source, each) for source, destinations in world.forwards for each in destinations)
            connection.executemany("INSERT INTO alias VALUES (?, ?)", pairs)
        return Database(f"sqlite:///{path}")

    def break_backend(self, backend: Database) -> None:
        path = Path(backend.url.removeprefix("sqlite:///"))
        path.write_bytes(b"damaged!" * (path.stat().st_size // 8))

    def make_options(self, world: World, tmp_path: Path) -> Mapping[str, Any]:
        return {"url": self.make_backend(world, tmp_path).url}


@attrs.frozen
class Login:
    """Two options that belong together."""

    user: str
    url: str


@attrs.frozen
class Shelf:
    """Reads several files of rows and has options of every shape; it logs one of them."""

    paths: Sequence[Path]
    logins: Mapping[str, Login]
    limit: float = 2.5
    note: str | None = None

    def records(self) -> Iterator[Record]:
        """Read file after file."""
        logging.getLogger("shelf").debug("with %s", self.logins)
        for path in self.paths:
            yield from RowFile(path).records()


class ShelfContract(RowFileContract):
    """Fills and breaks one file of several."""

    def make_backend(self, world: World, tmp_path: Path) -> Any:  # noqa: ANN401 (it is a Shelf)
        write_rows(world, tmp_path / "rows")
        return Shelf([tmp_path / "rows"], {"a": Login("reader", "https://reader:p%40ss@panel.example/")})

    def break_backend(self, backend: Any) -> None:  # noqa: ANN401 (it is a Shelf)
        os.truncate(backend.paths[0], len(TOKEN) + 1)

    deny_backend = BackendContract.deny_backend


@attrs.frozen
class Holder:
    """Holds its rows as options, so that it can neither break nor be configured by a file."""

    world: World

    def records(self) -> Iterator[Record]:
        """Yield the rows in the words of the SDK."""
        yield from map(Domain, self.world.domains)
        yield from map(Mailbox, self.world.mailboxes)
        yield from (Forward(source, ", ".join(each)) for source, each in self.world.forwards)


@attrs.frozen
class Broken:
    """What a `Holder` is replaced by."""

    def records(self) -> Iterator[Record]:
        """Raise at once."""
        msg = "there is nothing any more"
        raise BackendUnavailable(msg)


class HolderContract(BackendContract):
    """Defines the two hooks that every backend must define, and nothing else."""

    def make_backend(self, world: World, tmp_path: Path) -> Holder:
        del tmp_path
        return Holder(world)

    def break_backend(self, backend: Holder) -> Broken:
        del backend
        return Broken()
