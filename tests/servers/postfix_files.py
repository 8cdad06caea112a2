"""The configuration and the tables of a private Postfix that serves one scenario."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

import attrs

from scenarios import Scenario, accounts_of, origin_of, twins

Row = Sequence[str]

DAEMONS: Final = Path("/usr/lib/postfix/sbin")
"""Where Debian keeps the daemons."""

PROBE_SERVICE: Final = "probe"
"""The name of the SMTP service, a socket in the queue directory."""

_MASTER_CF: Final = f"""\
{PROBE_SERVICE} unix n - n - 30 smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - 20 smtp
relay unix - - n - 20 smtp
lmtp unix - - n - 20 lmtp
local unix - n n - 10 local
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""

_SPEED: Final[Mapping[str, str]] = {
    "default_destination_concurrency_limit": "50",
    "default_destination_recipient_limit": "1000",
    "in_flow_delay": "0",
    "initial_destination_concurrency": "20",
    "lmtp_connection_cache_on_demand": "no",
    "local_destination_concurrency_limit": "10",
    "max_idle": "300s",
    "max_use": "100000",
    "smtp_connection_cache_on_demand": "no",
    "smtpd_error_sleep_time": "0",
    "smtpd_hard_error_limit": "1000000",
    "smtpd_junk_command_limit": "1000000",
    "smtpd_peername_lookup": "no",
    "smtpd_soft_error_limit": "1000000",
}

_POSTFIXADMIN: Final[Mapping[str, str]] = {
    "alias": "SELECT goto FROM alias WHERE address = '%s' AND active = 1",
    "alias_domain": (
        "SELECT goto FROM alias, alias_domain WHERE alias_domain = '%d' AND active = 1"
        " AND address = '%u' || '@' || target_domain"
    ),
    "alias_domain_catchall": (
        "SELECT goto FROM alias, alias_domain WHERE alias_domain = '%d' AND active = 1"
        " AND address = '@' || target_domain"
    ),
}


@attrs.frozen
class SinkPorts:
    """The loopback ports of the sinks, for mail that leaves, is relayed, or has a mailbox."""

    external: int
    relay: int
    mailbox: int

    def fill_in(self, transport: str) -> str:
        """Put the sinks in place of their names in a transport."""
        return transport.format(
            external=f"smtp:[127.0.0.1]:{self.external}",
            relay=f"relay:[127.0.0.1]:{self.relay}",
            virtual=f"lmtp:inet:127.0.0.1:{self.mailbox}",
        )


def write_files(scenario: Scenario, base: Path, ports: SinkPorts) -> None:
    """Write main.cf, master.cf and the tables of a scenario below ``base/etc``."""
    etc, include = base / "etc", base / "include"
    for directory in (etc, include):
        directory.mkdir()
    for name, text in scenario.get("include_files", {}).items():
        include.joinpath(name).write_text(text, encoding="utf-8")
    settings = _settings(scenario, base, ports)
    lines = [f"{key} = {value}\n" for key, value in settings.items()]
    etc.joinpath("main.cf").write_text("".join(lines), encoding="utf-8")
    etc.joinpath("master.cf").write_text(_MASTER_CF, encoding="utf-8")
    for path in etc.iterdir():
        os.utime(path, (0, 0))  # Postfix waits while a file looks as if it were being written
    map_type = scenario.get("map_type", "texthash")
    if map_type != "texthash":
        command = ["postmap", "-c", str(etc), f"{map_type}:{etc / 'virtual'}"]
        subprocess.run(command, check=True, capture_output=True)


def _settings(scenario: Scenario, base: Path, ports: SinkPorts) -> dict[str, str]:
    etc = base / "etc"
    domains = {kind: ", ".join(names) for kind, names in scenario["local_domains"].items()}
    alias_domains = ", ".join(alias for alias, _ in scenario.get("alias_domains", ()))
    rows_are_here = "virtual_mailbox" if scenario.get("postfixadmin") else "virtual_alias"
    if alias_domains:
        declared = {name for names in scenario["local_domains"].values() for name in names}
        new = [alias for alias, _ in scenario["alias_domains"] if alias not in declared]
        domains[rows_are_here] = ", ".join(filter(None, (domains.get(rows_are_here), *new)))
    accounts = {address.rpartition("@")[0] for address in accounts_of(scenario)}
    in_domains = [*scenario.get("mailboxes", ()), *twins(scenario)]
    aliases = [
        (key, value.replace("{include}", str(base / "include"))) for key, value in scenario.get("aliases", ())
    ]
    transport = [(key, ports.fill_in(value)) for key, value in scenario.get("transport", ())]
    settings: dict[str, str] = {
        "compatibility_level": "3.6",
        "queue_directory": str(base / "queue"),
        "data_directory": str(base / "data"),
        "maillog_file": str(base / "log"),
        "maillog_file_prefixes": str(base),
        "enable_long_queue_ids": "yes",
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "mynetworks": "127.0.0.0/8",
        "myhostname": "probe.invalid",
        "mydomain": "invalid",
        "myorigin": origin_of(scenario),
        "append_dot_mydomain": "no",
        "smtp_dns_support_level": "disabled",
        "mydestination": domains.get("local", ""),
        "virtual_mailbox_domains": domains.get("virtual_mailbox", ""),
        "virtual_alias_domains": domains.get("virtual_alias", ""),
        "relay_domains": domains.get("relay", ""),
        "virtual_mailbox_maps": _text_table(etc, "mailboxes", _names(in_domains)),
        "alias_maps": _text_table(etc, "aliases", aliases),
        "local_recipient_maps": f"$alias_maps {_text_table(etc, 'accounts', _names(accounts))}",
        "relay_recipient_maps": "",
        "virtual_alias_maps": " ".join(_virtual_tables(scenario, etc)),
        "recipient_canonical_maps": _text_table(etc, "canonical", scenario.get("recipient_canonical", ())),
        "recipient_bcc_maps": _text_table(etc, "bcc", scenario.get("recipient_bcc", ())),
        "transport_maps": _text_table(etc, "transport", transport),
        "relocated_maps": _text_table(etc, "relocated", scenario.get("relocated", ())),
        "always_bcc": scenario.get("always_bcc", ""),
        "recipient_delimiter": scenario.get("recipient_delimiter", ""),
        "default_transport": ports.fill_in("{external}"),
        "relay_transport": ports.fill_in("{relay}"),
        "virtual_transport": ports.fill_in("{virtual}"),
        "mailbox_transport": ports.fill_in("{virtual}"),
        "allow_mail_to_commands": "alias, forward, include",
        "allow_mail_to_files": "alias, forward, include",
        "smtpd_recipient_restrictions": "permit_mynetworks, reject",
    }
    if "propagate" in scenario:
        settings["propagate_unmatched_extensions"] = ", ".join(scenario["propagate"])
    settings.update(_SPEED)
    for key, value in scenario.get("main_cf", {}).items():
        settings[key] = str(value).replace("{base}/inc", str(base / "include"))
    return settings


def _virtual_tables(scenario: Scenario, etc: Path) -> list[str]:
    """Write the virtual alias tables and return how main.cf names them, in order."""
    rows = scenario.get("virtual_aliases", [])
    if scenario.get("postfixadmin"):
        inactive = scenario.get("inactive", ())
        database = etc / "postfixadmin.sqlite"
        with sqlite3.connect(database) as connection:
            connection.execute("CREATE TABLE alias (address TEXT PRIMARY KEY, goto TEXT, active INTEGER)")
            connection.execute("CREATE TABLE alias_domain (alias_domain TEXT, target_domain TEXT)")
            connection.executemany(
                "INSERT INTO alias VALUES (?, ?, ?)",
                [(key.lower(), value, key not in inactive) for key, value in rows],
            )
            connection.executemany(
                "INSERT INTO alias_domain VALUES (?, ?)", scenario.get("alias_domains", ())
            )
        connection.close()
        names = [
            _sqlite_table(etc, name, database, {"query": query}) for name, query in _POSTFIXADMIN.items()
        ]
    else:
        rewriting = [(f"@{alias}", f"@{target}") for alias, target in scenario.get("alias_domains", ())]
        names = [_table(etc, scenario.get("map_type", "texthash"), "virtual", [*rows, *rewriting])]
    for number, table in enumerate(scenario.get("virtual_alias_maps", ())):
        name = f"virtual{number}"
        if table["type"] == "raw":
            names.append(table["spec"])
        elif table["type"] == "sqlite":
            database = etc / f"{name}.sqlite"
            with sqlite3.connect(database) as connection:
                connection.executescript(table["sql"])
            connection.close()
            names.append(_sqlite_table(etc, name, database, table["cf"]))
        else:
            names.append(_table(etc, table["type"], name, table["entries"]))
    return names


def _names(names: Iterable[str]) -> list[Row]:
    return [(name, "here") for name in sorted(names)]


def _text_table(etc: Path, name: str, rows: Iterable[Row]) -> str:
    return _table(etc, "texthash", name, rows)


def _table(etc: Path, kind: str, name: str, rows: Iterable[Row]) -> str:
    path = etc / name
    path.write_text("".join(f"{key} {value}\n" for key, value in rows), encoding="utf-8")
    return f"{kind}:{path}"


def _sqlite_table(etc: Path, name: str, database: Path, options: Mapping[str, str]) -> str:
    path = etc / f"{name}.cf"
    lines = [f"{key} = {value}\n" for key, value in {"dbpath": str(database), **options}.items()]
    path.write_text("".join(lines), encoding="utf-8")
    return f"sqlite:{path}"
