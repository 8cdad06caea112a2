"""ViMbAdmin: the maps of its Postfix, and rows in every state."""

from __future__ import annotations

from typing import Final

from backends.panels.panel import OUT, Panel

VIMBADMIN: Final = Panel(
    preset="vimbadmin",
    databases=("mariadb",),
    tables={
        "domain": "id bigint PRIMARY KEY AUTO_INCREMENT, domain varchar(255) NOT NULL,"
        " transport varchar(255) NOT NULL DEFAULT 'virtual', backupmx tinyint(1) NOT NULL DEFAULT 0,"
        " active tinyint(1) NOT NULL DEFAULT 1",
        "mailbox": "id bigint PRIMARY KEY AUTO_INCREMENT, username varchar(255) NOT NULL UNIQUE,"
        " active tinyint(1) NOT NULL DEFAULT 1, delete_pending tinyint(1), Domain_id bigint",
        "alias": "id bigint PRIMARY KEY AUTO_INCREMENT, address varchar(255) NOT NULL UNIQUE,"
        " goto longtext NOT NULL, active tinyint(1) NOT NULL DEFAULT 1, Domain_id bigint",
    },
    rows={
        "domain": [
            {"domain": "acme.example"},
            {"domain": "all.example"},
            {"domain": "backup.example", "backupmx": 1},
            {"domain": "off.example", "active": 0},
        ],
        "mailbox": [
            {"username": "ann@acme.example"},
            {"username": "ben@acme.example"},
            {"username": "cat@acme.example", "active": 0},
            {"username": "sam@all.example"},
            {"username": "tim@all.example"},
        ],
        "alias": [
            {"address": address, "goto": goto, "active": active}
            for address, goto, active in (
                ("ann@acme.example", "ann@acme.example", 1),
                ("ben@acme.example", f"ben@acme.example,{OUT}", 1),
                ("cat@acme.example", "cat@acme.example", 1),
                ("info@acme.example", "ben@acme.example,ann@acme.example", 1),
                ("team@acme.example", "ann@acme.example", 1),
                ("stopped@acme.example", OUT, 0),
                ("@all.example", OUT, 1),
                ("sam@all.example", "sam@all.example", 1),
                ("tim@all.example", "tim@all.example", 0),
                ("via@acme.example", "out@off.example", 1),
                ("out@off.example", OUT, 1),
                ("info@backup.example", OUT, 1),
            )
        ],
    },
    postfix={
        "virtual_alias_maps": ("SELECT goto FROM alias WHERE address = '%s' AND active = '1'",),
        "virtual_mailbox_domains": (
            "SELECT domain FROM domain WHERE domain = '%s' AND active = '1' AND backupmx = '0'",
        ),
        "relay_domains": (
            "SELECT domain FROM domain WHERE domain = '%s' AND active = '1' AND backupmx = '1'",
        ),
        "virtual_mailbox_maps": ("SELECT username FROM mailbox WHERE username = '%s' AND active = '1'",),
    },
    mailboxes=("ann@acme.example", "ben@acme.example", "sam@all.example", "tim@all.example"),
    listed={
        "ann@acme.example": False,
        "ben@acme.example": True,
        "ben+tag@acme.example": True,
        "cat@acme.example": False,
        "info@acme.example": True,
        "team@acme.example": False,
        "stopped@acme.example": False,
        "nobody@acme.example": False,
        "via@acme.example": True,
        "sam@all.example": False,
        "sam+tag@all.example": False,
        "tim@all.example": True,
        "anybody@all.example": True,
        "info@backup.example": True,
        "other@backup.example": False,
    },
)
