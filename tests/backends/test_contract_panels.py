"""The backend ``sql`` holds the contract with presets, on the databases of their panels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from backends.panels.mailinabox import MAILINABOX
from backends.sql_sources import FILE_HAS_NO_CREDENTIALS, SqlContract
from forwardresolve_backends.sql import Sql

if TYPE_CHECKING:
    from collections.abc import Sequence

    from backends.panels.panel import Panel
    from forwardresolve.sdk import Secret
    from forwardresolve.testing import World
    from servers.sql import Database

Rows = dict[str, "Sequence[dict[str, Any]]"]


class _Preset(SqlContract):
    panel: ClassVar[Panel]

    def rows(self, world: World) -> Rows:
        """Return the rows by table that a world has in the panel."""
        raise NotImplementedError

    def fill(self, database: Database, world: World) -> None:
        self.panel.create(database)
        for table, rows in self.rows(world).items():
            if rows:
                database.insert(table, *(self.panel.shape(row, database) for row in rows))

    def backend(self, url: Secret) -> Sql:
        return Sql(url=url, preset=self.panel.preset)


class TestMailinabox(_Preset):
    panel = MAILINABOX
    lacks: ClassVar[Any] = {
        **FILE_HAS_NO_CREDENTIALS,
        "inactive_domains": "nothing can be switched off",
        "inactive_mailboxes": "nothing can be switched off",
        "inactive_forwards": "nothing can be switched off",
    }

    def rows(self, world: World) -> Rows:
        return {
            "users": [{"email": each} for each in world.mailboxes],
            "aliases": [{"source": f"sender@{each}", "destination": ""} for each in world.domains]
            + [
                {"source": source, "destination": ",".join(destinations)}
                for source, destinations in world.forwards
            ]
            + [{"source": f"@{one}", "destination": f"@{other}"} for one, other in world.domain_aliases],
        }
