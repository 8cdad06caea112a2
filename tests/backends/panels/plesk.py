"""Plesk: what is known of its tables, and what its files for Postfix hold."""

from __future__ import annotations

from typing import Final

from backends.panels.panel import OUT, Panel

_ADDRESS: Final = "CONCAT(m.mail_name, '@', d.name)"
_MAIL: Final = "FROM mail AS m JOIN domains AS d ON d.id = m.dom_id"

PLESK: Final = Panel(
    preset="plesk",
    databases=("mariadb",),
    tables={
        "domains": "id int(10) unsigned PRIMARY KEY, name varchar(255) NOT NULL,"
        " status bigint(20) unsigned NOT NULL DEFAULT 0",
        "domain_aliases": "id int(10) unsigned PRIMARY KEY AUTO_INCREMENT, name varchar(255) NOT NULL,"
        " dom_id int(10) unsigned NOT NULL, mail enum('true','false') NOT NULL DEFAULT 'true',"
        " status bigint(20) unsigned NOT NULL DEFAULT 0",
        "mail": "id int(10) unsigned PRIMARY KEY, mail_name varchar(245) NOT NULL,"
        " dom_id int(10) unsigned NOT NULL, postbox enum('true','false') NOT NULL DEFAULT 'false',"
        " mail_group enum('true','false') NOT NULL DEFAULT 'false'",
        "mail_redir": "id int(10) unsigned PRIMARY KEY AUTO_INCREMENT, mn_id int(10) unsigned NOT NULL,"
        " address varchar(255) NOT NULL",
        "mail_aliases": "id int(10) unsigned PRIMARY KEY AUTO_INCREMENT, mn_id int(10) unsigned NOT NULL,"
        " alias varchar(245) NOT NULL",
    },
    rows={
        "domains": [
            {"id": 1, "name": "acme.example"},
            {"id": 2, "name": "off.example", "status": 16},
        ],
        "domain_aliases": [
            {"name": "twin.example", "dom_id": 1},
            {"name": "web.example", "dom_id": 1, "mail": "false"},
        ],
        "mail": [
            {"id": number, "mail_name": name, "dom_id": 1, "postbox": postbox, "mail_group": group}
            for number, name, postbox, group in (
                (1, "ann", "true", "false"),
                (2, "ben", "true", "true"),
                (3, "cat", "false", "true"),
                (4, "dan", "true", "false"),
                (5, "team", "false", "true"),
                (6, "none", "false", "false"),
            )
        ],
        "mail_redir": [
            {"mn_id": number, "address": address}
            for number, address in (
                (2, OUT),
                (3, OUT),
                (3, "ann@acme.example"),
                (4, OUT),
                (5, "ann@acme.example"),
                (5, "dan@acme.example"),
            )
        ],
        "mail_aliases": [{"mn_id": 2, "alias": "benny"}, {"mn_id": 1, "alias": "annie"}],
    },
    postfix={
        "virtual_alias_maps": (
            (
                f"SELECT r.address {_MAIL} JOIN mail_redir AS r ON r.mn_id = m.id"
                f" WHERE {_ADDRESS} = '%s' AND m.mail_group = 'true'"
                f" UNION SELECT {_ADDRESS} {_MAIL} WHERE {_ADDRESS} = '%s' AND m.postbox = 'true'"
                f" UNION SELECT {_ADDRESS} {_MAIL} JOIN mail_aliases AS a ON a.mn_id = m.id"
                " WHERE CONCAT(a.alias, '@', d.name) = '%s'"
            ),
            (
                "SELECT CONCAT('@', d.name) FROM domain_aliases AS a JOIN domains AS d ON d.id = a.dom_id"
                " WHERE '%s' = CONCAT('@', a.name) AND a.mail = 'true'"
            ),
        ),
        "virtual_mailbox_domains": (
            (
                "SELECT name FROM domains WHERE name = '%s' AND status = 0"
                " UNION SELECT name FROM domain_aliases WHERE name = '%s' AND mail = 'true' AND status = 0"
            ),
        ),
        "virtual_mailbox_maps": (f"SELECT m.id {_MAIL} WHERE {_ADDRESS} = '%s' AND m.postbox = 'true'",),
    },
    mailboxes=("ann@acme.example", "ben@acme.example", "dan@acme.example"),
    listed={
        "ann@acme.example": False,
        "ben@acme.example": True,
        "ben+tag@acme.example": True,
        "cat@acme.example": True,
        "dan@acme.example": False,
        "team@acme.example": False,
        "none@acme.example": False,
        "benny@acme.example": True,
        "annie@acme.example": False,
        "nobody@acme.example": False,
        "ben@twin.example": True,
        "ann@twin.example": False,
    },
)
