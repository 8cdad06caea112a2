"""Mail-in-a-Box: its one map, and rows in every state."""

from __future__ import annotations

from typing import Final

from backends.panels.panel import OUT, Panel

MAILINABOX: Final = Panel(
    preset="mailinabox",
    databases=("sqlite",),
    tables={
        "users": "id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT NOT NULL UNIQUE,"
        " password TEXT NOT NULL DEFAULT '', extra, privileges TEXT NOT NULL DEFAULT '',"
        " quota TEXT NOT NULL DEFAULT '0'",
        "aliases": "id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL UNIQUE,"
        " destination TEXT NOT NULL, permitted_senders TEXT",
        "auto_aliases": "id INTEGER PRIMARY KEY AUTOINCREMENT, source TEXT NOT NULL UNIQUE,"
        " destination TEXT NOT NULL, permitted_senders TEXT",
    },
    rows={
        "users": [
            {"email": f"{name}@acme.example"} for name in ("ann", "ben", "cat", "admin", "both", "abuse")
        ]
        + [{"email": "sam@all.example"}, {"email": "tim@twin.example"}],
        "aliases": [
            {"source": source, "destination": destination, "permitted_senders": senders}
            for source, destination, senders in (
                ("info@acme.example", "ann@acme.example", None),
                ("sales@acme.example", f"ann@acme.example,{OUT}", None),
                ("ben@acme.example", OUT, None),
                ("both@acme.example", f"both@acme.example,{OUT}", "ann@acme.example"),
                ("sender@acme.example", "", "ann@acme.example"),
                ("cat@acme.example", "", "ann@acme.example"),
                ("chain@acme.example", "sales@acme.example", None),
                ("@all.example", OUT, None),
                ("sender@all.example", "", "ann@acme.example"),
                ("@twin.example", "@acme.example", None),
                ("postmaster@acme.example", OUT, None),
                ("only@aliases.example", "any@all.example", None),
            )
        ],
        "auto_aliases": [
            {"source": source, "destination": destination}
            for source, destination in (
                ("postmaster@acme.example", "admin@acme.example"),
                ("abuse@acme.example", OUT),
                ("admin@all.example", "admin@acme.example"),
                ("hostmaster@box.example", "sales@acme.example"),
            )
        ],
    },
    postfix={
        "virtual_alias_maps": (
            (
                "SELECT destination FROM ("
                "SELECT 0 AS rank, destination FROM aliases WHERE source = '%s' AND destination <> ''"
                " UNION SELECT 1, email FROM users WHERE email = '%s'"
                " UNION SELECT 2, destination FROM auto_aliases WHERE source = '%s' AND destination <> ''"
                ") ORDER BY rank LIMIT 1"
            ),
        ),
        "virtual_mailbox_domains": (
            (
                "SELECT 1 FROM users WHERE email LIKE '%%@%s' UNION SELECT 1 FROM aliases"
                " WHERE source LIKE '%%@%s' UNION SELECT 1 FROM auto_aliases WHERE source LIKE '%%@%s'"
            ),
        ),
        "virtual_mailbox_maps": ("SELECT 1 FROM users WHERE email = '%s'",),
    },
    mailboxes=(
        "ann@acme.example",
        "ben@acme.example",
        "cat@acme.example",
        "admin@acme.example",
        "both@acme.example",
        "abuse@acme.example",
        "sam@all.example",
        "tim@twin.example",
    ),
    listed={
        "ann@acme.example": False,
        "ben@acme.example": True,
        "cat@acme.example": False,
        "both@acme.example": True,
        "info@acme.example": False,
        "sales@acme.example": True,
        "sales+tag@acme.example": True,
        "chain@acme.example": True,
        "sender@acme.example": False,
        "postmaster@acme.example": True,
        "abuse@acme.example": False,
        "nobody@acme.example": False,
        "sam@all.example": False,
        "sam+tag@all.example": False,
        "admin@all.example": False,
        "sender@all.example": True,
        "anybody@all.example": True,
        "sales@twin.example": True,
        "info@twin.example": False,
        "ben+tag@twin.example": True,
        "tim@twin.example": False,
        "nobody@twin.example": False,
        "only@aliases.example": True,
        "other@aliases.example": False,
        "hostmaster@box.example": True,
    },
)
