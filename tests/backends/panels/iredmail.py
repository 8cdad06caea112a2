"""iRedMail: the maps of its Postfix, and rows in every state."""

from __future__ import annotations

from typing import Final

from backends.panels.panel import OUT, Panel

_FLAG: Final = "{flag} NOT NULL DEFAULT"
_OF_DOMAIN: Final = "JOIN alias_domain ON alias_domain.target_domain = domain.domain"

IREDMAIL: Final = Panel(
    preset="iredmail",
    databases=("mariadb", "postgresql"),
    types={"mariadb": {"flag": "tinyint(1)"}, "postgresql": {"flag": "int2"}},
    tables={
        "domain": "domain varchar(255) PRIMARY KEY, transport varchar(255) NOT NULL DEFAULT 'dovecot',"
        f" backupmx {_FLAG} 0, active {_FLAG} 1",
        "alias_domain": "alias_domain varchar(255) PRIMARY KEY, target_domain varchar(255) NOT NULL,"
        f" active {_FLAG} 1",
        "mailbox": "username varchar(255) PRIMARY KEY, domain varchar(255) NOT NULL DEFAULT '',"
        f" transport varchar(255) NOT NULL DEFAULT '', enabledeliver {_FLAG} 1, active {_FLAG} 1",
        "maillists": "address varchar(255) PRIMARY KEY, domain varchar(255) NOT NULL DEFAULT '',"
        f" transport varchar(255) NOT NULL DEFAULT '', active {_FLAG} 1",
        "forwardings": "address varchar(255) NOT NULL, forwarding varchar(255) NOT NULL,"
        f" domain varchar(255) NOT NULL DEFAULT '', is_list {_FLAG} 0, is_alias {_FLAG} 0,"
        f" is_forwarding {_FLAG} 0, is_maillist {_FLAG} 0, active {_FLAG} 1,"
        " PRIMARY KEY (address, forwarding)",
        "recipient_bcc_user": "username varchar(255) PRIMARY KEY, bcc_address varchar(255) NOT NULL,"
        f" domain varchar(255) NOT NULL DEFAULT '', active {_FLAG} 1",
        "recipient_bcc_domain": "domain varchar(255) PRIMARY KEY, bcc_address varchar(255) NOT NULL,"
        f" active {_FLAG} 1",
    },
    rows={
        "domain": [
            {"domain": "acme.example"},
            {"domain": "all.example"},
            {"domain": "copied.example"},
            {"domain": "backup.example", "backupmx": 1},
            {"domain": "off.example", "active": 0},
        ],
        "alias_domain": [
            {"alias_domain": "twin.example", "target_domain": "acme.example"},
            {"alias_domain": "alltwin.example", "target_domain": "all.example"},
            {"alias_domain": "offtwin.example", "target_domain": "acme.example", "active": 0},
            {"alias_domain": "sleeping.example", "target_domain": "off.example"},
        ],
        "mailbox": [
            {"username": address, "domain": address.rpartition("@")[2], **more}
            for address, more in (
                ("ann@acme.example", {}),
                ("ben@acme.example", {}),
                ("cat@acme.example", {"active": 0}),
                ("dan@acme.example", {"enabledeliver": 0}),
                ("sam@all.example", {}),
                ("tim@all.example", {}),
                ("vera@acme.example", {}),
                ("mia@copied.example", {}),
                ("out@off.example", {}),
            )
        ],
        "maillists": [{"address": "list@acme.example", "transport": "mlmmj:acme.example/list"}],
        "forwardings": [
            {"address": address, "forwarding": to, "domain": address.rpartition("@")[2], **more}
            for address, to, more in (
                ("ann@acme.example", "ann@acme.example", {"is_forwarding": 1}),
                ("ben@acme.example", "ben@acme.example", {"is_forwarding": 1}),
                ("ben@acme.example", OUT, {"is_forwarding": 1}),
                ("cat@acme.example", "cat@acme.example", {"is_forwarding": 1, "active": 0}),
                ("vera@acme.example", "vera@acme.example", {"is_forwarding": 1}),
                ("info@acme.example", "ben@acme.example", {"is_alias": 1}),
                ("team@acme.example", "ann@acme.example", {"is_list": 1}),
                ("team@acme.example", "info@acme.example", {"is_list": 1}),
                ("staff@acme.example", "ann@acme.example", {"is_list": 1}),
                ("gone@acme.example", OUT, {"is_alias": 1, "active": 0}),
                ("list@acme.example", "list@acme.example", {"is_maillist": 1}),
                ("all.example", OUT, {"is_list": 1}),
                ("sam@all.example", "sam@all.example", {"is_forwarding": 1}),
                ("info@all.example", "ann@acme.example", {"is_alias": 1}),
                ("own@twin.example", OUT, {"is_alias": 1}),
                ("via@acme.example", "out@off.example", {"is_alias": 1}),
                ("out@off.example", OUT, {"is_forwarding": 1}),
                ("info@backup.example", OUT, {"is_alias": 1}),
                ("mia@copied.example", "mia@copied.example", {"is_forwarding": 1}),
                ("noel@copied.example", "ann@acme.example", {"is_alias": 1}),
            )
        ],
        "recipient_bcc_user": [
            {"username": "vera@acme.example", "bcc_address": OUT, "domain": "acme.example"},
            {"username": "ann@acme.example", "bcc_address": OUT, "domain": "acme.example", "active": 0},
            {"username": "mia@copied.example", "bcc_address": "ann@acme.example", "domain": "copied.example"},
        ],
        "recipient_bcc_domain": [
            {"domain": "copied.example", "bcc_address": OUT},
            {"domain": "off.example", "bcc_address": OUT},
        ],
    },
    postfix={
        "virtual_alias_maps": (
            (
                "SELECT forwarding FROM forwardings JOIN domain ON domain.domain = forwardings.domain"
                " WHERE address = '%s' AND forwardings.active = 1 AND backupmx = 0 AND domain.active = 1"
            ),
            (
                f"SELECT forwarding FROM domain {_OF_DOMAIN} JOIN forwardings"
                " ON forwardings.address = CONCAT('%u', '@', target_domain)"
                " WHERE alias_domain = '%d' AND forwardings.active = 1 AND alias_domain.active = 1"
                " AND backupmx = 0"
            ),
            (
                "SELECT forwarding FROM forwardings JOIN domain ON domain.domain = forwardings.address"
                " WHERE address = '%d' AND '%u' NOT LIKE '%%+%%' AND forwardings.active = 1"
                " AND domain.active = 1 AND backupmx = 0"
            ),
            (
                f"SELECT forwarding FROM domain {_OF_DOMAIN} JOIN forwardings"
                " ON forwardings.address = target_domain"
                " WHERE alias_domain = '%d' AND forwardings.active = 1 AND alias_domain.active = 1"
            ),
        ),
        "virtual_mailbox_domains": (
            (
                "SELECT domain FROM domain WHERE domain = '%s' AND backupmx = 0 AND active = 1"
                f" UNION SELECT alias_domain FROM domain {_OF_DOMAIN} WHERE alias_domain = '%s'"
                " AND alias_domain.active = 1 AND domain.active = 1 AND backupmx = 0"
            ),
        ),
        "relay_domains": ("SELECT domain FROM domain WHERE domain = '%s' AND backupmx = 1 AND active = 1",),
        "virtual_mailbox_maps": (
            (
                "SELECT username FROM mailbox JOIN domain ON domain.domain = mailbox.domain"
                " WHERE username = '%s' AND mailbox.active = 1 AND enabledeliver = 1 AND domain.active = 1"
            ),
        ),
        "recipient_bcc_maps": (
            (
                "SELECT bcc_address FROM recipient_bcc_user JOIN domain"
                " ON domain.domain = recipient_bcc_user.domain WHERE username = '%s'"
                " AND backupmx = 0 AND domain.active = 1 AND recipient_bcc_user.active = 1"
            ),
            (
                "SELECT bcc_address FROM recipient_bcc_domain JOIN domain"
                " ON domain.domain = recipient_bcc_domain.domain"
                " WHERE recipient_bcc_domain.domain = '%d' AND domain.active = 1"
            ),
        ),
    },
    mailboxes=(
        "ann@acme.example",
        "ben@acme.example",
        "vera@acme.example",
        "sam@all.example",
        "tim@all.example",
        "mia@copied.example",
    ),
    listed={
        "ann@acme.example": False,
        "ben@acme.example": True,
        "ben+tag@acme.example": True,
        "cat@acme.example": False,
        "vera@acme.example": True,
        "info@acme.example": True,
        "team@acme.example": True,
        "staff@acme.example": False,
        "gone@acme.example": False,
        "list@acme.example": False,
        "nobody@acme.example": False,
        "via@acme.example": False,
        "sam@all.example": False,
        "sam+tag@all.example": False,
        "tim@all.example": True,
        "info@all.example": False,
        "anybody@all.example": True,
        "anybody+tag@all.example": True,
        "ann@twin.example": False,
        "ben@twin.example": True,
        "own@twin.example": False,
        "nobody@twin.example": False,
        "sam@alltwin.example": False,
        "sam+tag@alltwin.example": True,
        "anybody@alltwin.example": True,
        "mia@copied.example": False,
        "noel@copied.example": True,
        "info@backup.example": False,
        "other@backup.example": False,
    },
)
