"""Mailu: what its own program answers to Postfix, as one query, and rows in every state."""

from __future__ import annotations

from typing import Any, Final

from backends.panels.panel import OUT, Panel

_DOMAIN: Final = "COALESCE((SELECT domain_name FROM alternative WHERE name = '%d'), '%d')"
_BASE: Final = "substr('%u', 1, CASE instr('%u', '+') WHEN 0 THEN -1 ELSE instr('%u', '+') - 1 END)"
_OF_USER: Final = (
    "CASE WHEN forward_enabled AND forward_destination <> '' THEN forward_destination ||"
    f" CASE WHEN forward_keep THEN ',%u@' || {_DOMAIN} ELSE '' END ELSE '%u@' || {_DOMAIN} END AS destination"
)
_LIVE: Final = (
    "NOT disabled AND NOT EXISTS (SELECT 1 FROM user WHERE user.email = alias.owner_email AND NOT enabled)"
)
_ALIAS: Final = f"FROM alias WHERE domain_name = {_DOMAIN} AND {_LIVE} AND"


def _user(email: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 (a column's value)
    localpart, _, domain = email.rpartition("@")
    columns = {"enabled": True, "forward_enabled": False, "forward_destination": "", "forward_keep": True}
    return {"email": email, "localpart": localpart, "domain_name": domain, **columns, **more}


def _alias(email: str, destination: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 (a column's value)
    localpart, _, domain = email.rpartition("@")
    columns = {"wildcard": "%" in email, "destination": destination, "disabled": False, "owner_email": None}
    return {"email": email, "localpart": localpart, "domain_name": domain, **columns, **more}


MAILU: Final = Panel(
    preset="mailu",
    databases=("sqlite", "postgresql", "mariadb"),
    judges=("sqlite",),
    types={
        "sqlite": {"flag": "BOOLEAN NOT NULL"},
        "postgresql": {"flag": "boolean NOT NULL"},
        "mariadb": {"flag": "tinyint(1) NOT NULL"},
    },
    flags=frozenset({"enabled", "forward_enabled", "forward_keep", "wildcard", "disabled"}),
    tables={
        "domain": "name varchar(80) PRIMARY KEY, max_users integer",
        "alternative": "name varchar(80) PRIMARY KEY, domain_name varchar(80)",
        "relay": "name varchar(80) PRIMARY KEY, smtp varchar(80)",
        "user": "email varchar(255) PRIMARY KEY, localpart varchar(80) NOT NULL,"
        " domain_name varchar(80) NOT NULL, enabled {flag}, forward_enabled {flag},"
        " forward_destination varchar(4096), forward_keep {flag}",
        "alias": "email varchar(255) PRIMARY KEY, localpart varchar(80) NOT NULL,"
        " domain_name varchar(80) NOT NULL, wildcard {flag}, destination varchar(4096) NOT NULL,"
        " owner_email varchar(255), disabled {flag}",
    },
    rows={
        "domain": [
            {"name": name}
            for name in (
                "acme.example",
                "all.example",
                "some.example",
                "mix.example",
                "tail.example",
                "head.example",
            )
        ],
        "alternative": [
            {"name": "twin.example", "domain_name": "acme.example"},
            {"name": "alltwin.example", "domain_name": "all.example"},
            {"name": "sometwin.example", "domain_name": "some.example"},
        ],
        "relay": [{"name": "relayed.example", "smtp": "192.0.2.1"}],
        "user": [
            _user("ann@acme.example"),
            _user("ben@acme.example", forward_enabled=True, forward_destination=OUT),
            _user("cat@acme.example", forward_enabled=True, forward_destination=OUT, forward_keep=False),
            _user("dan@acme.example", forward_destination=OUT),
            _user("eve@acme.example", enabled=False),
            _user("fay@acme.example", forward_enabled=True, forward_destination=None, forward_keep=False),
            _user("sam@all.example"),
            _user("fay@all.example", forward_enabled=True, forward_destination=None, forward_keep=False),
            _user("sales-ann@some.example"),
            _user("bob@tail.example"),
        ],
        "alias": [
            _alias("info@acme.example", "ann@acme.example,ben@acme.example"),
            _alias("staff@acme.example", "ann@acme.example,eve@acme.example"),
            _alias("ann@acme.example", OUT),
            _alias("stopped@acme.example", OUT, disabled=True),
            _alias("owned@acme.example", OUT, owner_email="ann@acme.example"),
            _alias("orphan@acme.example", OUT, owner_email="eve@acme.example"),
            _alias("%@all.example", OUT),
            _alias("info@all.example", "ann@acme.example"),
            _alias("in-%@all.example", "ann@acme.example"),
            _alias("sales-%@some.example", OUT),
            _alias("sales-in-%@some.example", "ann@acme.example"),
            _alias("sales-ch@some.example", "ann@acme.example"),
            _alias("old-%@some.example", OUT, disabled=True),
            _alias("%-desk@some.example", OUT),
            _alias("a_c@some.example", OUT, wildcard=True),
            _alias("%@mix.example", "ann@acme.example"),
            _alias("%+out@mix.example", OUT),
            _alias("%tag@tail.example", OUT),
            _alias("in@tail.example", "ann@acme.example"),
            _alias("bob+tag@tail.example", OUT),
            _alias("pat+x@head.example", "ann@acme.example"),
            _alias("pat+%@head.example", OUT),
            _alias("%-out@mix.example", OUT),
        ],
    },
    postfix={
        "virtual_alias_maps": (
            (
                "SELECT destination FROM ("
                f"SELECT 0 AS turn, 0 AS size, {_OF_USER} FROM user WHERE email = '%u@' || {_DOMAIN}"
                f" UNION ALL SELECT 1, 0, {_OF_USER} FROM user WHERE email = {_BASE} || '@' || {_DOMAIN}"
                f" UNION ALL SELECT 2, 0, destination {_ALIAS} NOT wildcard AND localpart = '%u'"
                " UNION ALL SELECT 3, 0, REPLACE(destination, '@', substr('%u', instr('%u', '+')) || '@')"
                f" {_ALIAS} NOT wildcard AND localpart = {_BASE}"
                f" UNION ALL SELECT 4, -length(localpart), destination {_ALIAS} wildcard"
                f" AND {_BASE} <> '' AND {_BASE} LIKE localpart"
                f" UNION ALL SELECT 5, -length(localpart), destination {_ALIAS} wildcard"
                " AND '%u' LIKE localpart"
                ") ORDER BY turn, size LIMIT 1"
            ),
        ),
        "virtual_mailbox_domains": (
            "SELECT name FROM domain WHERE name = '%s' UNION SELECT name FROM alternative WHERE name = '%s'",
        ),
        "relay_domains": ("SELECT name FROM relay WHERE name = '%s'",),
        "virtual_mailbox_maps": ("SELECT email FROM user WHERE email = '%s'",),
    },
    mailboxes=(
        "ann@acme.example",
        "ben@acme.example",
        "cat@acme.example",
        "dan@acme.example",
        "eve@acme.example",
        "fay@acme.example",
        "sam@all.example",
        "fay@all.example",
        "sales-ann@some.example",
        "bob@tail.example",
    ),
    listed={
        "ann@acme.example": False,
        "ann+tag@acme.example": False,
        "ben@acme.example": True,
        "ben+tag@acme.example": True,
        "cat@acme.example": True,
        "dan@acme.example": False,
        "eve@acme.example": False,
        "fay@acme.example": False,
        "info@acme.example": True,
        "info+tag@acme.example": True,
        "staff@acme.example": False,
        "stopped@acme.example": False,
        "owned@acme.example": True,
        "orphan@acme.example": False,
        "nobody@acme.example": False,
        "sam@all.example": False,
        "sam+tag@all.example": False,
        "fay@all.example": False,
        "info@all.example": False,
        "info+tag@all.example": False,
        "in-any@all.example": False,
        "anybody@all.example": True,
        "anybody+tag@all.example": True,
        "sales-x@some.example": True,
        "sales-x+tag@some.example": True,
        "sales-in-x@some.example": False,
        "sales-ann@some.example": False,
        "sales-ann+tag@some.example": False,
        "sales-ch@some.example": False,
        "sales-ch+tag@some.example": False,
        "old-x@some.example": False,
        "help-desk@some.example": True,
        "help-desk+tag@some.example": True,
        "abc@some.example": True,
        "abbc@some.example": False,
        "x+out@mix.example": False,
        "x-out@mix.example": True,
        "x@mix.example": False,
        "in@tail.example": False,
        "in+tag@tail.example": False,
        "bob@tail.example": False,
        "bob+tag@tail.example": False,
        "any-tag@tail.example": True,
        "pat+x@head.example": False,
        "pat+x+y@head.example": True,
        "ann@twin.example": False,
        "ben+tag@twin.example": True,
        "info@twin.example": True,
        "sam@alltwin.example": False,
        "sam+tag@alltwin.example": False,
        "anybody@alltwin.example": True,
        "sales-x@sometwin.example": True,
        "sales-ch@sometwin.example": False,
        "other@relayed.example": False,
    },
)
