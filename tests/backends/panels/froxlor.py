"""Froxlor: the maps of its Postfix, and rows in every state."""

from __future__ import annotations

from typing import Final

from backends.panels.panel import OUT, Panel

FROXLOR: Final = Panel(
    preset="froxlor",
    databases=("mariadb",),
    tables={
        "panel_customers": "customerid int(11) unsigned PRIMARY KEY,"
        " deactivated tinyint(1) NOT NULL DEFAULT 0",
        "panel_domains": "id int(11) unsigned PRIMARY KEY AUTO_INCREMENT, domain varchar(255) NOT NULL,"
        " isemaildomain tinyint(1) NOT NULL DEFAULT 0, deactivated tinyint(1) NOT NULL DEFAULT 0",
        "mail_virtual": "id int(11) PRIMARY KEY AUTO_INCREMENT, email varchar(255) NOT NULL DEFAULT '',"
        " email_full varchar(255) NOT NULL DEFAULT '', destination text,"
        " customerid int(11) NOT NULL DEFAULT 0, iscatchall tinyint(1) unsigned NOT NULL DEFAULT 0",
        "mail_users": "id int(11) PRIMARY KEY AUTO_INCREMENT, email varchar(255) NOT NULL DEFAULT '' UNIQUE,"
        " postfix enum('Y','N') NOT NULL DEFAULT 'Y', customerid int(11) NOT NULL DEFAULT 0",
    },
    rows={
        "panel_customers": [{"customerid": 1}, {"customerid": 2, "deactivated": 1}],
        "panel_domains": [
            {"domain": "acme.example", "isemaildomain": 1},
            {"domain": "all.example", "isemaildomain": 1},
            {"domain": "former.example", "isemaildomain": 1},
            {"domain": "off.example", "isemaildomain": 1, "deactivated": 1},
            {"domain": "web.example"},
        ],
        "mail_virtual": [
            {"email": email, "email_full": full or email, "destination": to, "customerid": customer}
            for email, full, to, customer in (
                ("ann@acme.example", "", "ann@acme.example", 1),
                ("ben@acme.example", "", f"ben@acme.example {OUT}", 1),
                ("info@acme.example", "", "ann@acme.example ben@acme.example", 1),
                ("team@acme.example", "", "ann@acme.example cat@acme.example", 1),
                ("cat@acme.example", "", "cat@acme.example", 1),
                ("blank@acme.example", "", "  ", 1),
                ("none@acme.example", "", None, 1),
                ("via@acme.example", "", "out@off.example", 1),
                ("web@acme.example", "", "any@web.example", 1),
                ("out@off.example", "", OUT, 1),
                ("@all.example", "any@all.example", f"any@all.example {OUT}", 1),
                ("sam@all.example", "", "sam@all.example", 1),
                ("info@former.example", "", OUT, 2),
            )
        ],
        "mail_users": [
            {"email": email, "postfix": postfix}
            for email, postfix in (
                ("ann@acme.example", "Y"),
                ("ben@acme.example", "Y"),
                ("cat@acme.example", "N"),
                ("any@all.example", "Y"),
                ("sam@all.example", "Y"),
                ("lost@all.example", "Y"),
            )
        ],
    },
    postfix={
        "virtual_alias_maps": (
            (
                "SELECT v.destination FROM mail_virtual AS v JOIN panel_customers AS c"
                " ON c.customerid = v.customerid AND c.deactivated = 0"
                " WHERE v.email = '%s' AND TRIM(v.destination) <> ''"
            ),
        ),
        "virtual_mailbox_domains": (
            "SELECT domain FROM panel_domains WHERE domain = '%s' AND isemaildomain = 1 AND deactivated = 0",
        ),
        "virtual_mailbox_maps": ("SELECT email FROM mail_users WHERE email = '%s'",),
    },
    mailboxes=(
        "ann@acme.example",
        "ben@acme.example",
        "cat@acme.example",
        "any@all.example",
        "sam@all.example",
        "lost@all.example",
    ),
    listed={
        "ann@acme.example": False,
        "ben@acme.example": True,
        "ben+tag@acme.example": True,
        "cat@acme.example": False,
        "info@acme.example": True,
        "team@acme.example": False,
        "blank@acme.example": False,
        "none@acme.example": False,
        "nobody@acme.example": False,
        "via@acme.example": True,
        "web@acme.example": True,
        "sam@all.example": False,
        "lost@all.example": True,
        "any@all.example": True,
        "anybody@all.example": True,
        "info@former.example": False,
    },
)
