"""mailcow: the maps of its Postfix, and rows in every state."""

from __future__ import annotations

from typing import Final

from backends.panels.panel import OUT, Now, Panel

MAILCOW: Final = Panel(
    preset="mailcow",
    databases=("mariadb",),
    tables={
        "domain": "domain varchar(255) PRIMARY KEY, backupmx tinyint(1) NOT NULL DEFAULT 0,"
        " relay_all_recipients tinyint(1) NOT NULL DEFAULT 0, active tinyint(1) NOT NULL DEFAULT 1",
        "alias": "id int PRIMARY KEY AUTO_INCREMENT, address varchar(255) NOT NULL UNIQUE,"
        " goto text NOT NULL, domain varchar(255) NOT NULL DEFAULT '',"
        " internal tinyint(1) NOT NULL DEFAULT 0, active tinyint(1) NOT NULL DEFAULT 1",
        "mailbox": "username varchar(255) PRIMARY KEY, local_part varchar(255) NOT NULL DEFAULT '',"
        " domain varchar(255) NOT NULL, kind varchar(100) NOT NULL DEFAULT '',"
        " active tinyint(1) NOT NULL DEFAULT 1",
        "alias_domain": "alias_domain varchar(255) PRIMARY KEY, target_domain varchar(255) NOT NULL,"
        " active tinyint(1) NOT NULL DEFAULT 1",
        "spamalias": "address varchar(255) PRIMARY KEY, goto text NOT NULL, validity int(11),"
        " permanent tinyint(1) NOT NULL DEFAULT 0",
        "recipient_maps": "id int PRIMARY KEY AUTO_INCREMENT, old_dest varchar(255) NOT NULL,"
        " new_dest varchar(255) NOT NULL, active tinyint(1) NOT NULL DEFAULT 0",
    },
    rows={
        "domain": [
            {"domain": "acme.example"},
            {"domain": "all.example"},
            {"domain": "backup.example", "backupmx": 1, "relay_all_recipients": 1},
            {"domain": "off.example", "active": 0},
        ],
        "alias_domain": [
            {"alias_domain": "twin.example", "target_domain": "acme.example"},
            {"alias_domain": "gone.example", "target_domain": "acme.example", "active": 0},
        ],
        "mailbox": [
            {"username": f"{name}@{domain}", "local_part": name, "domain": domain, **more}
            for name, domain, more in (
                ("ann", "acme.example", {}),
                ("ben", "acme.example", {}),
                ("cat", "acme.example", {"active": 2}),
                ("dan", "acme.example", {"active": 0}),
                ("eve", "acme.example", {}),
                ("room", "acme.example", {"kind": "location"}),
                ("busy", "acme.example", {"kind": "thing"}),
                ("sam", "all.example", {}),
                ("tim", "all.example", {}),
                ("car", "all.example", {"kind": "group"}),
                ("out", "off.example", {}),
            )
        ],
        "alias": [
            {"address": address, "goto": goto, **more}
            for address, goto, more in (
                ("ann@acme.example", "ann@acme.example", {}),
                ("ben@acme.example", f"ben@acme.example,{OUT}", {}),
                ("cat@acme.example", OUT, {"active": 2}),
                ("info@acme.example", "ben@acme.example", {"internal": 1}),
                ("sleep@acme.example", OUT, {"active": 0}),
                ("busy@acme.example", OUT, {}),
                ("trash@acme.example", "null@localhost", {}),
                ("learn@acme.example", "spam@localhost", {}),
                ("good@acme.example", "ham@localhost", {}),
                ("Shout@Acme.example", "Some.One@OUTSIDE.example.net", {}),
                ("via@acme.example", "out@off.example", {}),
                ("out@off.example", OUT, {}),
                ("ring@acme.example", "eve@twin.example", {}),
                ("own@twin.example", OUT, {}),
                ("eve@twin.example", OUT, {}),
                ("known@acme.example", OUT, {}),
                ("both@acme.example", "ann@acme.example", {}),
                ("@all.example", OUT, {}),
                ("sam@all.example", "sam@all.example", {}),
                ("info@backup.example", OUT, {}),
            )
        ],
        "spamalias": [
            {"address": "short@acme.example", "goto": OUT, "validity": Now(1, unix=True)},
            {"address": "late@acme.example", "goto": OUT, "validity": Now(-1, unix=True)},
            {"address": "ever@acme.example", "goto": OUT, "permanent": 1},
            {"address": "never@acme.example", "goto": OUT},
            {"address": "both@acme.example", "goto": OUT, "permanent": 1},
            {"address": "ann@twin.example", "goto": OUT, "permanent": 1},
        ],
        "recipient_maps": [
            {"old_dest": "moved@acme.example", "new_dest": "known@acme.example", "active": 1},
            {"old_dest": "stays@acme.example", "new_dest": "known@acme.example"},
            {"old_dest": "known@acme.example", "new_dest": "ann@acme.example", "active": 0},
        ],
    },
    postfix={
        "virtual_alias_maps": (
            "SELECT goto FROM alias WHERE address = '%s' AND active IN ('1', '2')",
            (
                "SELECT 'null@localhost' FROM mailbox"
                " WHERE kind REGEXP 'location|thing|group' AND username = '%s'"
            ),
            (
                "SELECT goto FROM spamalias WHERE address = '%s'"
                " AND (permanent != 0 OR validity >= UNIX_TIMESTAMP())"
            ),
            (
                "SELECT username FROM mailbox JOIN alias_domain"
                " ON mailbox.username = CONCAT('%u', '@', alias_domain.target_domain)"
                " WHERE alias_domain.alias_domain = '%d' AND alias_domain.active = '1'"
                " AND mailbox.active IN ('1', '2')"
            ),
        ),
        "virtual_mailbox_domains": (
            (
                "SELECT alias_domain FROM alias_domain WHERE alias_domain = '%s' AND active = '1'"
                " UNION SELECT domain FROM domain WHERE domain = '%s' AND active = '1' AND backupmx = '0'"
            ),
        ),
        "relay_domains": (
            "SELECT domain FROM domain WHERE domain = '%s' AND active = '1' AND backupmx = '1'",
        ),
        "virtual_mailbox_maps": (
            "SELECT username FROM mailbox WHERE username = '%s' AND active IN ('1', '2')",
        ),
        "recipient_canonical_maps": (
            "SELECT new_dest FROM recipient_maps WHERE old_dest = '%s' AND active = '1'",
        ),
    },
    mailboxes=(
        "ann@acme.example",
        "ben@acme.example",
        "cat@acme.example",
        "eve@acme.example",
        "sam@all.example",
        "tim@all.example",
    ),
    listed={
        "ann@acme.example": False,
        "ben@acme.example": True,
        "ben+news@acme.example": True,
        "cat@acme.example": True,
        "dan@acme.example": False,
        "eve@acme.example": False,
        "info@acme.example": True,
        "sleep@acme.example": False,
        "room@acme.example": False,
        "busy@acme.example": True,
        "trash@acme.example": False,
        "learn@acme.example": False,
        "good@acme.example": False,
        "shout@acme.example": True,
        "via@acme.example": True,
        "ring@acme.example": True,
        "own@twin.example": True,
        "ann@twin.example": True,
        "ben@twin.example": True,
        "ben+news@twin.example": True,
        "cat@twin.example": True,
        "dan@twin.example": False,
        "eve@twin.example": True,
        "info@twin.example": False,
        "busy@twin.example": True,
        "room@twin.example": False,
        "nobody@twin.example": False,
        "known@acme.example": True,
        "both@acme.example": False,
        "short@acme.example": True,
        "late@acme.example": False,
        "ever@acme.example": True,
        "never@acme.example": False,
        "moved@acme.example": True,
        "stays@acme.example": False,
        "sam@all.example": False,
        "sam+tag@all.example": False,
        "tim@all.example": True,
        "car@all.example": False,
        "anybody@all.example": True,
        "info@backup.example": True,
        "other@backup.example": False,
    },
)
