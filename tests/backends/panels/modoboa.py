"""Modoboa: the maps of its Postfix, and rows in every state."""

from __future__ import annotations

from typing import Any, Final

from backends.panels.panel import OUT, Now, Panel

_ALIASES: Final[tuple[tuple[int, str, bool, Now | None, dict[str, Any]], ...]] = (
    (1, "ann@acme.example", True, None, {"internal": True}),
    (2, "ben@acme.example", True, None, {"internal": True}),
    (3, "ben@acme.example", True, None, {}),
    (4, "cat@acme.example", False, None, {"internal": True}),
    (5, "dan@acme.example", True, None, {"internal": True}),
    (6, "dan@acme.example", False, None, {}),
    (7, "info@acme.example", True, None, {}),
    (8, "soon@acme.example", True, Now(2), {}),
    (9, "late@acme.example", True, Now(-2), {}),
    (10, "stopped@acme.example", False, None, {}),
    (11, "@all.example", True, None, {}),
    (12, "sam@all.example", True, None, {"internal": True}),
    (13, "@twin.example", True, None, {"internal": True}),
    (14, "own@twin.example", True, None, {}),
    (15, "late@all.example", True, Now(-2), {}),
    (16, "info@relayed.example", True, None, {}),
    (17, "local@relayed.example", True, None, {"internal": True}),
    (18, "out@off.example", True, None, {}),
    (19, "via@acme.example", True, None, {}),
    (20, "tim@all.example", False, None, {"internal": True}),
)
_RECIPIENTS: Final = (
    (1, "ann@acme.example"),
    (2, "ben@acme.example"),
    (3, OUT),
    (4, "cat@acme.example"),
    (5, "dan@acme.example"),
    (6, OUT),
    (7, "ann@acme.example"),
    (7, "ben@acme.example"),
    (8, OUT),
    (9, OUT),
    (10, OUT),
    (11, OUT),
    (12, "sam@all.example"),
    (13, "@acme.example"),
    (14, OUT),
    (15, "ann@acme.example"),
    (16, OUT),
    (17, "local@relayed.example"),
    (18, OUT),
    (19, "out@off.example"),
    (20, "tim@all.example"),
)
_MAILBOXES: Final = (
    (1, "ann", 1, True),
    (2, "ben", 1, True),
    (3, "cat", 1, False),
    (4, "dan", 1, True),
    (5, "sam", 2, True),
    (6, "local", 3, True),
    (7, "tim", 2, True),
)
_ALIAS_MAP: Final = (
    "SELECT r.address FROM modoboa_admin_aliasrecipient AS r JOIN admin_alias AS a ON a.id = r.alias_id"
    " WHERE a.address = '%s' AND a.enabled{true} AND (a.expire_at IS NULL OR a.expire_at > {now})"
)
_ALIAS_DOMAINS: Final = (
    "SELECT d.name FROM admin_domain AS d JOIN admin_domainalias AS a ON a.target_id = d.id"
    " WHERE a.name = '%s' AND a.enabled{true} AND d.enabled{true}"
)
_DOMAINS: Final = "SELECT name FROM admin_domain WHERE name = '%s' AND type = '{type}' AND enabled{true}"


def _maps(now: str, true: str) -> dict[str, tuple[str]]:
    return {
        "virtual_alias_maps": (_ALIAS_MAP.format(true=true, now=now),),
        "virtual_alias_domains": (_ALIAS_DOMAINS.format(true=true),),
        "virtual_mailbox_domains": (_DOMAINS.format(true=true, type="domain"),),
        "relay_domains": (_DOMAINS.format(true=true, type="relaydomain"),),
    }


MODOBOA: Final = Panel(
    preset="modoboa",
    databases=("sqlite", "postgresql", "mariadb"),
    judges=("postgresql",),
    types={
        "sqlite": {"flag": "bool NOT NULL", "time": "datetime NULL"},
        "postgresql": {"flag": "boolean NOT NULL", "time": "timestamp with time zone NULL"},
        "mariadb": {"flag": "bool NOT NULL", "time": "datetime(6) NULL"},
    },
    flags=frozenset({"enabled", "internal", "is_active"}),
    tables={
        "admin_domain": "id integer PRIMARY KEY, name varchar(100) NOT NULL UNIQUE,"
        " type varchar(20) NOT NULL, enabled {flag}",
        "admin_domainalias": "id integer PRIMARY KEY, name varchar(255) NOT NULL UNIQUE,"
        " target_id integer NOT NULL, enabled {flag}",
        "core_user": "id integer PRIMARY KEY, email varchar(254) NOT NULL, is_active {flag}",
        "admin_mailbox": "id integer PRIMARY KEY, address varchar(252) NOT NULL,"
        " domain_id integer NOT NULL, user_id integer NOT NULL",
        "admin_alias": "id integer PRIMARY KEY, address varchar(254) NOT NULL, enabled {flag},"
        " internal {flag}, expire_at {time}",
        "modoboa_admin_aliasrecipient": "id integer PRIMARY KEY, alias_id integer NOT NULL,"
        " address varchar(254) NOT NULL",
    },
    rows={
        "admin_domain": [
            {"id": 1, "name": "acme.example", "type": "domain", "enabled": True},
            {"id": 2, "name": "all.example", "type": "domain", "enabled": True},
            {"id": 3, "name": "relayed.example", "type": "relaydomain", "enabled": True},
            {"id": 4, "name": "off.example", "type": "domain", "enabled": False},
        ],
        "admin_domainalias": [
            {"id": 1, "name": "twin.example", "target_id": 1, "enabled": True},
            {"id": 2, "name": "offtwin.example", "target_id": 1, "enabled": False},
        ],
        "core_user": [
            {"id": number, "email": f"user{number}", "is_active": active}
            for number, _, _, active in _MAILBOXES
        ],
        "admin_mailbox": [
            {"id": number, "address": local, "domain_id": domain, "user_id": number}
            for number, local, domain, _ in _MAILBOXES
        ],
        "admin_alias": [
            {
                "id": number,
                "address": address,
                "enabled": enabled,
                "internal": False,
                "expire_at": expires,
                **more,
            }
            for number, address, enabled, expires, more in _ALIASES
        ],
        "modoboa_admin_aliasrecipient": [
            {"id": number, "alias_id": alias, "address": address}
            for number, (alias, address) in enumerate(_RECIPIENTS)
        ],
    },
    postfix={
        "virtual_mailbox_maps": "",
        **_maps("now()", " = 1"),
    },
    on={
        "sqlite": _maps("datetime('now')", " = 1"),
        "postgresql": _maps("now()", ""),
    },
    mailboxes=(
        "ann@acme.example",
        "ben@acme.example",
        "dan@acme.example",
        "sam@all.example",
        "tim@all.example",
    ),
    listed={
        "ann@acme.example": False,
        "ben@acme.example": True,
        "ben+tag@acme.example": True,
        "cat@acme.example": False,
        "dan@acme.example": False,
        "info@acme.example": True,
        "soon@acme.example": True,
        "late@acme.example": False,
        "stopped@acme.example": False,
        "nobody@acme.example": False,
        "via@acme.example": True,
        "sam@all.example": False,
        "sam+tag@all.example": False,
        "tim@all.example": True,
        "late@all.example": True,
        "anybody@all.example": True,
        "ann@twin.example": False,
        "ben@twin.example": True,
        "ben+tag@twin.example": True,
        "own@twin.example": True,
        "nobody@twin.example": False,
        "info@relayed.example": True,
        "local@relayed.example": False,
        "other@relayed.example": False,
    },
)
