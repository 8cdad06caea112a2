"""ISPConfig 3: the maps of its Postfix, and rows in every state."""

from __future__ import annotations

from typing import Any, Final

from backends.panels.panel import OUT, Panel

_FLAG: Final = "enum('n','y') NOT NULL DEFAULT"
_BASE: Final = "CONCAT(SUBSTRING_INDEX('%u', '+', 1), '@%d')"
_HOSTED: Final = (
    "EXISTS (SELECT 1 FROM mail_domain WHERE domain = SUBSTRING_INDEX('%s', '@', -1) AND active = 'y'"
    " AND server_id = 1)"
)


def _forwarding(source: str, destination: str, kind: str = "forward", **more: Any) -> dict[str, Any]:  # noqa: ANN401 (a column's value)
    return {
        "server_id": 1,
        "source": source,
        "destination": destination,
        "type": kind,
        "active": "y",
        **more,
    }


ISPCONFIG: Final = Panel(
    preset="ispconfig",
    databases=("mariadb",),
    tables={
        "mail_domain": "domain_id int(11) unsigned PRIMARY KEY AUTO_INCREMENT,"
        f" server_id int(11) unsigned NOT NULL DEFAULT 0, domain varchar(255) NOT NULL, active {_FLAG} 'n'",
        "mail_relay_domain": "relay_domain_id bigint(20) PRIMARY KEY AUTO_INCREMENT,"
        " server_id int(11) NOT NULL DEFAULT 0, domain varchar(255),"
        " active varchar(255) NOT NULL DEFAULT 'y'",
        "mail_forwarding": "forwarding_id int(11) unsigned PRIMARY KEY AUTO_INCREMENT,"
        " server_id int(11) unsigned NOT NULL DEFAULT 0, source varchar(255) NOT NULL DEFAULT '',"
        " destination text, type enum('alias','aliasdomain','forward','catchall') NOT NULL DEFAULT 'alias',"
        f" active {_FLAG} 'n'",
        "mail_user": "mailuser_id int(11) unsigned PRIMARY KEY AUTO_INCREMENT,"
        " server_id int(11) unsigned NOT NULL DEFAULT 0, email varchar(255) NOT NULL DEFAULT '', cc text,"
        f" forward_in_lda {_FLAG} 'n', postfix {_FLAG} 'y', disabledeliver {_FLAG} 'n',"
        f" disablesmtp {_FLAG} 'n'",
        "mail_transport": "transport_id int(11) unsigned PRIMARY KEY AUTO_INCREMENT,"
        " server_id int(11) unsigned NOT NULL DEFAULT 0, domain varchar(255) NOT NULL DEFAULT '',"
        f" transport varchar(255) NOT NULL DEFAULT '', active {_FLAG} 'n'",
    },
    rows={
        "mail_domain": [
            {"server_id": server, "domain": domain, "active": active}
            for server, domain, active in (
                (1, "acme.example", "y"),
                (1, "all.example", "y"),
                (1, "twin.example", "y"),
                (1, "off.example", "n"),
                (2, "other.example", "y"),
            )
        ],
        "mail_relay_domain": [{"server_id": 1, "domain": "relayed.example"}],
        "mail_user": [
            {"server_id": 1, "email": email, "cc": None, **more}
            for email, more in (
                ("ann@acme.example", {}),
                ("ben@acme.example", {"cc": f"{OUT}, ann@acme.example"}),
                ("cat@acme.example", {"cc": OUT, "forward_in_lda": "y"}),
                ("dan@acme.example", {"cc": OUT, "disabledeliver": "y"}),
                ("eve@acme.example", {"cc": OUT, "disablesmtp": "y"}),
                ("fay@acme.example", {"cc": OUT, "postfix": "n"}),
                ("sam@all.example", {}),
                ("tim@all.example", {"forward_in_lda": "y"}),
                ("una@all.example", {"postfix": "n"}),
                ("vic@all.example", {"cc": "ann@acme.example", "disabledeliver": "y"}),
                ("row@all.example", {}),
                ("tom@twin.example", {}),
                ("max@off.example", {}),
            )
        ]
        + [{"server_id": 2, "email": "zoe@all.example", "cc": None}],
        "mail_forwarding": [
            _forwarding("info@acme.example", "ann@acme.example", "alias"),
            _forwarding("sales@acme.example", f"ann@acme.example, {OUT}"),
            _forwarding("team@acme.example", "ben@acme.example\ncat@acme.example", "alias"),
            _forwarding("lda@acme.example", "cat@acme.example", "alias"),
            _forwarding("stopped@acme.example", OUT, active="n"),
            _forwarding("elsewhere@acme.example", OUT, server_id=2),
            _forwarding("via@acme.example", "out@off.example"),
            _forwarding("out@off.example", OUT),
            _forwarding("row@all.example", OUT),
            _forwarding("kept@all.example", "ann@acme.example", "alias"),
            _forwarding("stopped@all.example", "ann@acme.example", active="n"),
            _forwarding("@all.example", OUT, "catchall"),
            _forwarding("@acme.example", OUT, "catchall", active="n"),
            _forwarding("@twin.example", "@acme.example", "aliasdomain"),
            _forwarding("own@twin.example", OUT),
            _forwarding("info@relayed.example", OUT),
            _forwarding("sales+inner@acme.example", "ann@acme.example"),
            _forwarding("info+outer@acme.example", OUT),
        ],
    },
    postfix={
        "virtual_alias_maps": (
            (
                "SELECT s.destination FROM mail_forwarding AS s"
                f" WHERE (s.source = '%s' OR s.source = {_BASE}) AND s.type IN ('alias', 'forward')"
                " AND s.active = 'y' AND s.server_id = 1"
                " UNION SELECT s.destination FROM mail_forwarding AS s"
                " WHERE s.source = '@%d' AND s.type = 'catchall' AND s.active = 'y' AND s.server_id = 1"
                f" AND NOT EXISTS (SELECT 1 FROM mail_user WHERE (email = '%s' OR email = {_BASE})"
                f" AND {_HOSTED} AND server_id = 1)"
                f" AND NOT EXISTS (SELECT 1 FROM mail_forwarding WHERE (source = '%s' OR source = {_BASE})"
                " AND active = 'y' AND server_id = 1)"
            ),
            (
                "SELECT destination FROM mail_forwarding WHERE source = '@%d' AND type = 'aliasdomain'"
                " AND active = 'y' AND server_id = 1"
            ),
            (
                "SELECT email FROM mail_user WHERE email = '%s' AND forward_in_lda = 'n'"
                f" AND disabledeliver = 'n' AND postfix = 'y' AND server_id = 1 AND {_HOSTED}"
                " UNION SELECT cc FROM mail_user WHERE email = '%s' AND cc != ''"
                " AND (forward_in_lda = 'n' OR disabledeliver = 'y') AND disablesmtp = 'n' AND server_id = 1"
                f" AND {_HOSTED}"
            ),
        ),
        "virtual_alias_domains": (
            (
                "SELECT SUBSTRING_INDEX(destination, '@', -1) FROM mail_forwarding WHERE source = '@%s'"
                " AND type = 'aliasdomain' AND active = 'y' AND server_id = 1"
            ),
        ),
        "virtual_mailbox_domains": (
            (
                "SELECT domain FROM mail_domain WHERE domain = '%s' AND active = 'y' AND server_id = 1"
                " AND NOT EXISTS (SELECT 1 FROM mail_forwarding WHERE source = '@%s' AND type = 'aliasdomain'"
                " AND active = 'y' AND server_id = 1)"
            ),
        ),
        "relay_domains": (
            "SELECT domain FROM mail_relay_domain WHERE domain = '%s' AND active = 'y' AND server_id = 1",
        ),
        "virtual_mailbox_maps": (
            (
                "SELECT email FROM mail_user WHERE email = '%s' AND postfix = 'y' AND disabledeliver = 'n'"
                f" AND server_id = 1 AND {_HOSTED}"
            ),
        ),
    },
    parameters={"server_id": 1},
    mailboxes=(
        "ann@acme.example",
        "ben@acme.example",
        "cat@acme.example",
        "eve@acme.example",
        "sam@all.example",
        "tim@all.example",
        "row@all.example",
    ),
    listed={
        "ann@acme.example": False,
        "ben@acme.example": True,
        "ben+tag@acme.example": True,
        "cat@acme.example": False,
        "dan@acme.example": True,
        "eve@acme.example": False,
        "fay@acme.example": True,
        "info@acme.example": False,
        "sales@acme.example": True,
        "sales+tag@acme.example": True,
        "sales+inner@acme.example": True,
        "info+outer@acme.example": True,
        "info+tag@acme.example": False,
        "team@acme.example": True,
        "lda@acme.example": False,
        "stopped@acme.example": False,
        "elsewhere@acme.example": False,
        "nobody@acme.example": False,
        "via@acme.example": True,
        "sam@all.example": False,
        "sam+tag@all.example": False,
        "tim@all.example": False,
        "tim+tag@all.example": False,
        "una@all.example": False,
        "vic@all.example": False,
        "row@all.example": True,
        "kept@all.example": False,
        "stopped@all.example": True,
        "zoe@all.example": True,
        "anybody@all.example": True,
        "anybody+tag@all.example": True,
        "ann@twin.example": False,
        "ben@twin.example": True,
        "sales+tag@twin.example": True,
        "own@twin.example": True,
        "tom@twin.example": False,
        "info@relayed.example": True,
        "other@relayed.example": False,
    },
)
