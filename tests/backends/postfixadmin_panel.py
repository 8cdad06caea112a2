"""PostfixAdmin's tables with its own names and types, and rows in every state they can get into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from servers.sql import Database, Kind

_TYPES: Final[dict[Kind, dict[str, str]]] = {
    "sqlite": {
        "flag": "tinyint(1) NOT NULL DEFAULT 1",
        "time": "datetime",
        "maybe": "NOT NULL DEFAULT ''",
        "end": "",
    },
    "mariadb": {
        "flag": "tinyint(1) NOT NULL DEFAULT 1",
        "time": "datetime NOT NULL DEFAULT '2000-01-01 00:00:00'",
        "maybe": "NOT NULL DEFAULT ''",
        "end": " DEFAULT CHARSET=latin1",
    },
    "postgresql": {"flag": "boolean NOT NULL DEFAULT true", "time": "timestamptz", "maybe": "", "end": ""},
}
_TABLES: Final = {
    "domain": "domain varchar(255) PRIMARY KEY, description varchar(255), aliases int, mailboxes int,"
    " maxquota bigint, quota bigint, transport varchar(255) {maybe}, backupmx {flag},"
    " created {time}, modified {time}, active {flag}",
    "alias": "address varchar(255) PRIMARY KEY, goto text NOT NULL, domain varchar(255) NOT NULL,"
    " created {time}, modified {time}, active {flag}",
    "mailbox": "username varchar(255) PRIMARY KEY, password varchar(255), name varchar(255),"
    " maildir varchar(255), quota bigint, local_part varchar(255), domain varchar(255) {maybe},"
    " created {time}, modified {time}, active {flag}",
    "alias_domain": "alias_domain varchar(255) PRIMARY KEY, target_domain varchar(255) NOT NULL,"
    " created {time}, modified {time}, active {flag}",
    "vacation": "email varchar(255) PRIMARY KEY, subject varchar(255), body text, domain varchar(255),"
    " created {time}, active {flag}",
    "config": "id int PRIMARY KEY, name varchar(20), value varchar(20)",
}

DOMAINS: Final[dict[str, dict[str, object]]] = {
    "acme.example": {},
    "catchall.example": {},
    "inactive.example": {"active": 0},
    "twin.example": {},
    "catchtwin.example": {},
    "offtwin.example": {},
    "sleeping.example": {"active": 0},
    "chain.example": {},
    "backup.example": {"backupmx": 1},
    "relayed.example": {"transport": "smtp:[192.0.2.1]"},
    "backup-off.example": {"backupmx": 1, "active": 0},
    "moved.example": {"transport": None},
    "Mixed.Example": {"transport": "virtual:"},
    "ALL": {},
}
"""Domain to what differs from an active mailbox domain."""

ALIAS_DOMAINS: Final = {
    "twin.example": ("acme.example", 1),
    "catchtwin.example": ("catchall.example", 1),
    "offtwin.example": ("acme.example", 0),
    "sleeping.example": ("acme.example", 1),
    "chain.example": ("twin.example", 1),
}
"""Alias domain to target and flag."""

MAILBOXES: Final = {
    "alice@acme.example": 1,
    "bob@acme.example": 1,
    "carol@acme.example": 1,
    "dora@acme.example": 1,
    "kate@acme.example": 1,
    "vera@acme.example": 1,
    "ann@catchall.example": 1,
    "cleo@catchall.example": 0,
    "dora@catchall.example": 1,
    "emil@catchall.example": 1,
    "fwd@inactive.example": 1,
}
"""Address to flag."""

OUT: Final = "someone@outside.example.net"
VACATION_DOMAIN: Final = "autoreply.provider.example"

ALIASES: Final = {
    "alice@acme.example": (OUT, 1),
    "bob@acme.example": (f"{OUT},bob@acme.example", 1),
    "carol@acme.example": ("carol@acme.example", 1),
    "kate@acme.example": ("kate@acme.example", 1),
    "kate+ext@acme.example": (OUT, 1),
    "vera@acme.example": (f"vera#acme.example@{VACATION_DOMAIN},vera@acme.example", 1),
    "team@acme.example": ("carol@acme.example,alice@acme.example", 1),
    "inside@acme.example": ("carol@acme.example,kate@acme.example", 1),
    "typed@acme.example": ("BAR@Outside.Example.NET", 1),
    "UPPER@Acme.example": (OUT, 1),
    "off@acme.example": (OUT, 0),
    "empty@acme.example": ("", 1),
    "unix@acme.example": ("root", 1),
    "via-inactive@acme.example": ("fwd@inactive.example", 1),
    "via-sleeping@acme.example": ("alice@sleeping.example", 1),
    "to-stray@acme.example": ("stray@elsewhere.example.net", 1),
    "stray@elsewhere.example.net": ("carol@acme.example", 1),
    "to-typo@acme.example": ("carol@acmee.example", 1),
    "l1@acme.example": ("l2@acme.example,l1@acme.example", 1),
    "l2@acme.example": ("l1@acme.example,l2@acme.example", 1),
    "l3@acme.example": ("l4@acme.example", 1),
    "l4@acme.example": ("l3@acme.example", 1),
    "@catchall.example": (OUT, 1),
    "ann@catchall.example": ("ann@catchall.example", 1),
    "cleo@catchall.example": ("cleo@catchall.example", 0),
    "emil@catchall.example": ("emil@catchall.example", 0),
    "off@catchall.example": ("carol@acme.example", 0),
    "fwd@inactive.example": (OUT, 1),
    "own@twin.example": ("carol@acme.example", 1),
    "@catchtwin.example": ("carol@acme.example", 1),
    "own@catchtwin.example": ("carol@acme.example", 1),
    "info@backup.example": (OUT, 1),
    "info@relayed.example": (OUT, 1),
    "info@backup-off.example": (OUT, 1),
    "@moved.example": ("@newname.example.net", 1),
    "info@mixed.example": (OUT, 1),
}
"""Address to goto and flag."""

LISTED: Final = {
    "alice@acme.example": True,
    "alice+news@acme.example": True,
    "bob@acme.example": True,
    "carol@acme.example": False,
    "dora@acme.example": False,
    "kate@acme.example": False,
    "kate+ext@acme.example": True,
    "kate+other@acme.example": False,
    "vera@acme.example": False,
    "team@acme.example": True,
    "inside@acme.example": False,
    "typed@acme.example": True,
    "upper@acme.example": True,
    "Upper@ACME.example": True,
    "off@acme.example": False,
    "empty@acme.example": False,
    "unix@acme.example": False,
    "nobody@acme.example": False,
    "via-inactive@acme.example": True,
    "fwd@inactive.example": False,
    "via-sleeping@acme.example": True,
    "alice@sleeping.example": False,
    "to-stray@acme.example": False,
    "stray@elsewhere.example.net": False,
    "to-typo@acme.example": True,
    "l1@acme.example": False,
    "l3@acme.example": False,
    "anybody@catchall.example": True,
    "ann@catchall.example": False,
    "ann+tag@catchall.example": False,
    "cleo@catchall.example": True,
    "dora@catchall.example": True,
    "emil@catchall.example": True,
    "off@catchall.example": True,
    "alice@twin.example": True,
    "alice+news@twin.example": True,
    "carol@twin.example": False,
    "own@twin.example": False,
    "nobody@twin.example": False,
    "anybody@catchtwin.example": True,
    "ann@catchtwin.example": False,
    "ann+tag@catchtwin.example": True,
    "own@catchtwin.example": False,
    "alice@offtwin.example": False,
    "alice@chain.example": False,
    "own@chain.example": False,
    "info@backup.example": True,
    "other@backup.example": False,
    "info@relayed.example": True,
    "info@backup-off.example": False,
    "foo@moved.example": True,
    "info@mixed.example": True,
    "info@all": False,
    OUT: False,
}
"""Address to whether mail to it leaves, as Postfix with PostfixAdmin's queries delivers it."""


def create_tables(database: Database, prefix: str = "", **names: str) -> None:
    """Create PostfixAdmin's tables.

    Args:
        database: An empty database.
        prefix: What stands in front of every name.
        names: Other names for single tables.
    """
    types = _TYPES[database.kind]
    database.execute(
        *(
            f"CREATE TABLE {prefix}{names.get(table, table)} ({columns.format_map(types)}){types['end']}"
            for table, columns in _TABLES.items()
        )
    )


def fill_tables(database: Database, prefix: str = "", **names: str) -> None:
    """Put rows of every state into the tables."""

    def insert(table: str, *rows: dict[str, Any]) -> None:
        flags = ("active", "backupmx") if database.kind == "postgresql" else ()
        shaped = [{key: bool(value) if key in flags else value for key, value in row.items()} for row in rows]
        database.insert(f"{prefix}{names.get(table, table)}", *shaped)

    null = None if database.kind == "postgresql" else ""
    plain = {"transport": "virtual", "backupmx": 0, "active": 1}
    merged = [{"domain": name, **plain, **differs} for name, differs in DOMAINS.items()]
    insert("domain", *({**row, "transport": row["transport"] or null} for row in merged))
    insert(
        "alias_domain",
        *(
            {"alias_domain": alias, "target_domain": target, "active": on}
            for alias, (target, on) in ALIAS_DOMAINS.items()
        ),
    )
    insert("mailbox", *({"username": name, "domain": null, "active": on} for name, on in MAILBOXES.items()))
    insert(
        "alias",
        *(
            {"address": address, "goto": goto, "domain": address.rpartition("@")[2], "active": on}
            for address, (goto, on) in ALIASES.items()
        ),
    )
    insert("vacation", {"email": "vera@acme.example", "domain": "acme.example", "active": 0})
    database.insert(f"{prefix}config", {"id": 1, "name": "version", "value": "1847"})
