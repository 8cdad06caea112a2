"""The backend ``postfixadmin`` holds the contract on SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from backends.postfixadmin_panel import create_tables
from backends.sql_sources import FILE_HAS_NO_CREDENTIALS, SqlContract
from forwardresolve_backends.postfixadmin import PostfixAdmin

if TYPE_CHECKING:
    from forwardresolve.sdk import Secret
    from forwardresolve.testing import World
    from servers.sql import Database, Server


class _Panel(SqlContract):
    def fill(self, database: Database, world: World) -> None:
        create_tables(database)
        flags: tuple[Any, Any] = (False, True) if database.kind == "postgresql" else (0, 1)
        off, on = flags
        domain = {"transport": "virtual", "backupmx": off}
        rows: dict[str, list[dict[str, Any]]] = {
            "domain": [{"domain": each, **domain, "active": on} for each in world.domains]
            + [{"domain": each, **domain, "active": off} for each in world.inactive_domains],
            "alias_domain": [
                {"alias_domain": one, "target_domain": other, "active": on}
                for one, other in world.domain_aliases
            ],
            "mailbox": [{"username": each, "active": on} for each in world.mailboxes]
            + [{"username": each, "active": off} for each in world.inactive_mailboxes],
            "alias": [
                {
                    "address": source,
                    "goto": ",".join(each),
                    "domain": source.partition("@")[2],
                    "active": flag,
                }
                for flag, pairs in ((on, world.forwards), (off, world.inactive_forwards))
                for source, each in pairs
            ],
        }
        for table, values in rows.items():
            if values:
                database.insert(table, *values)

    def backend(self, url: Secret) -> PostfixAdmin:
        return PostfixAdmin(url=url)


class TestPostfixAdminOnSqlite(_Panel):
    lacks: ClassVar[Any] = FILE_HAS_NO_CREDENTIALS


@pytest.mark.live
class TestPostfixAdminOnPostgresql(_Panel):
    @pytest.fixture(autouse=True)
    def _start(self, postgresql: Server) -> None:
        self.server = postgresql


@pytest.mark.live
class TestPostfixAdminOnMariadb(_Panel):
    @pytest.fixture(autouse=True)
    def _start(self, mariadb: Server) -> None:
        self.server = mariadb
