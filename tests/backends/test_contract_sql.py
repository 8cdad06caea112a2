"""The backend ``sql`` holds the contract on SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from backends.sql_sources import FILE_HAS_NO_CREDENTIALS, SqlContract
from forwardresolve_backends.sql import (
    AliasDomainsTable,
    DomainsTable,
    ForwardsTable,
    MailboxesTable,
    Sql,
    Tables,
)

if TYPE_CHECKING:
    from forwardresolve.sdk import Secret
    from forwardresolve.testing import World
    from servers.sql import Database, Server

TABLES = Tables(
    domains=DomainsTable(table="hosted", active="on_off"),
    alias_domains=AliasDomainsTable(table="twin"),
    mailboxes=MailboxesTable(table="account", active="on_off"),
    forwards=ForwardsTable(table="redirect", active="on_off"),
)


class _Tables(SqlContract):
    def fill(self, database: Database, world: World) -> None:
        database.execute(
            "CREATE TABLE hosted (domain varchar(255), on_off integer)",
            "CREATE TABLE twin (alias_domain varchar(255), target_domain varchar(255))",
            "CREATE TABLE account (address varchar(255), on_off integer)",
            "CREATE TABLE redirect (source varchar(255), destination text, on_off integer)",
        )
        rows: dict[str, list[dict[str, Any]]] = {
            "hosted": [{"domain": each, "on_off": 1} for each in world.domains]
            + [{"domain": each, "on_off": 0} for each in world.inactive_domains],
            "twin": [{"alias_domain": one, "target_domain": other} for one, other in world.domain_aliases],
            "account": [{"address": each, "on_off": 1} for each in world.mailboxes]
            + [{"address": each, "on_off": 0} for each in world.inactive_mailboxes],
            "redirect": [
                {"source": source, "destination": ", ".join(each), "on_off": on}
                for on, pairs in ((1, world.forwards), (0, world.inactive_forwards))
                for source, each in pairs
            ],
        }
        for table, values in rows.items():
            if values:
                database.insert(table, *values)

    def backend(self, url: Secret) -> Sql:
        return Sql(url=url, tables=TABLES)


class TestSqlOnSqlite(_Tables):
    lacks: ClassVar[Any] = FILE_HAS_NO_CREDENTIALS


@pytest.mark.live
class TestSqlOnPostgresql(_Tables):
    @pytest.fixture(autouse=True)
    def _start(self, postgresql: Server) -> None:
        self.server = postgresql


@pytest.mark.live
class TestSqlOnMariadb(_Tables):
    @pytest.fixture(autouse=True)
    def _start(self, mariadb: Server) -> None:
        self.server = mariadb
