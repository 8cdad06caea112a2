"""The backend ``postfix`` says what a real Postfix of the same configuration answers and does."""

from __future__ import annotations

import subprocess
from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from backends.postfix_configuration import resolution
from forwardresolve.operate.mail_host import MailHost, compare
from forwardresolve_backends.postfix import Postfix
from scenarios import verdict_in_short
from servers.postfix import ask_postfix
from servers.private import Account
from servers.sql import PASSWORD, Database, Server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from forwardresolve import Resolution
    from scenarios import Scenario

pytestmark = [pytest.mark.live, pytest.mark.usefixtures("private_postfix")]

KEYS: Final = 2000
DOMAINS: Final = ("a.test", "b.test", "c.test", "d.test", "twin.test")
SQLITE_QUERY: Final = "query = SELECT destination FROM rows WHERE source = '%s' AND live = 1\n"
Rows = list[tuple[str, str]]


def random_rows(rng: Random, count: int) -> Rows:
    """Make rows over all domains but the twin; lists, kept copies, extensions and catch-alls among them."""
    rows = {}
    for _ in range(count):
        local, domain = f"u{rng.randrange(1500)}", rng.choice(DOMAINS[:4])
        key = rng.choices([f"{local}@{domain}", f"{local}+e@{domain}", f"@{domain}"], [40, 6, 0.05])[0]
        ends = [f"x{rng.randrange(99)}@ext.example", f"box{rng.randrange(60)}@{domain}"]
        ends += [
            f"u{rng.randrange(1500)}@{rng.choice(DOMAINS)}",
            key.lstrip("@") if key[0] != "@" else ends[0],
        ]
        rows[key] = ", ".join(dict.fromkeys(rng.choices(ends, [5, 6, 2, 1], k=rng.choice((1, 1, 1, 2, 3)))))
    return [*rows.items()]


@pytest.fixture
def mail_host(postgresql: Server) -> Iterator[Scenario]:
    """Make a mail host whose aliases lie in tables of text, LMDB, SQLite and PostgreSQL, in series."""
    with Account("postfix").directory("postfix-tables-") as directory:  # where Postfix may look
        yield _mail_host(postgresql, directory)


def _mail_host(postgresql: Server, directory: Path) -> Scenario:
    rng = Random(7)  # noqa: S311 (repeatable choices, no secrets)
    text, lmdb, sqlite, panel = (random_rows(rng, KEYS // 4) for _ in range(4))
    (directory / "aliases").write_text("".join(f"{key} {value}\n" for key, value in lmdb))
    subprocess.run(["/usr/sbin/postmap", f"lmdb:{directory / 'aliases'}"], check=True)
    file = Database("sqlite", f"sqlite:///{directory}/aliases.db")
    file.execute("CREATE TABLE rows (source TEXT, destination TEXT, live INTEGER)")
    file.insert("rows", *({"source": key, "destination": value, "live": 1} for key, value in sqlite))
    file.insert("rows", {"source": "u1@a.test", "destination": "off@ext.example", "live": 0})
    (directory / "sqlite.cf").write_text(f"dbpath = {directory}/aliases.db\n" + SQLITE_QUERY)
    database = postgresql.new_database()
    database.execute(
        "CREATE TABLE alias (address text, goto text, active boolean)",
        "CREATE TABLE alias_domain (alias_domain text, target_domain text, active boolean)",
        "INSERT INTO alias_domain VALUES ('twin.test', 'd.test', true)",
    )
    database.insert("alias", *({"address": key, "goto": value, "active": True} for key, value in panel))
    login = (
        f"hosts = 127.0.0.1:{postgresql.port}\nuser = owner\npassword = {PASSWORD}\n"
        f"dbname = {database.url.rpartition('/')[2]}\n"
    )
    queries = {
        "alias": "SELECT goto FROM alias WHERE address='%s' AND active = true",
        "twin": (
            "SELECT goto FROM alias,alias_domain WHERE alias_domain.alias_domain = '%d' AND "
            "alias.address = '%u' || '@' || alias_domain.target_domain AND alias.active = true "
            "AND alias_domain.active = true"
        ),
    }
    for name, query in queries.items():
        (directory / f"{name}.cf").write_text(f"{login}query = {query}\n")
    tables = [f"lmdb:{directory}/aliases", *(f"pgsql:{directory}/{name}.cf" for name in queries)]
    tables.insert(1, f"proxy:sqlite:{directory}/sqlite.cf")
    return {
        "local_domains": {"virtual_mailbox": DOMAINS[:3], "virtual_alias": DOMAINS[3:]},
        "mailboxes": [f"box{number}@{domain}" for number in range(60) for domain in DOMAINS[:3]],
        "virtual_aliases": text,
        "virtual_alias_maps": [{"type": "raw", "spec": table} for table in tables],
        "recipient_delimiter": "+",
    }


def recipients(read: Resolution) -> list[str]:
    """Return a recipient for every key, half of the time with another extension or in the twin."""
    rng = Random(3)  # noqa: S311 (repeatable choices, no secrets)
    keys = sorted(key for key in read.graph.rows.tables["virtual"] if key[0] != "@")
    return sorted(
        {
            rng.choice([key, key, key.replace("@", "+z@"), f"{key.partition('@')[0]}@twin.test"])
            for key in keys
        }
    )


def test_two_thousand_keys_of_four_kinds_of_tables_go_where_postfix_says(mail_host: Scenario) -> None:
    seen: list[Resolution] = []

    def look(etc: Path) -> None:
        read = resolution(Postfix(config_dir=etc).records())
        compared = compare(read.graph, MailHost(etc), KEYS)
        assert compared.asked >= KEYS * 9 // 10
        assert len(compared.tables) == 5
        assert compared.differences == ()
        seen.append(read)

    ask_postfix(mail_host, [], look)
    asked = recipients(seen[0])
    outcomes = ask_postfix(mail_host, asked)
    said = {each: verdict_in_short(seen[0].verdict(each), mail_host) for each in asked}
    assert said == {each: outcome.in_short() for each, outcome in outcomes.items()}
    assert all(
        any(kind in each for each in said.values()) for kind in ("external", "mailbox", "undeliverable")
    )
