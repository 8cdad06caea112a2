"""The backend ``postfix`` says what a real Postfix of the same configuration answers and does."""

from __future__ import annotations

import subprocess
from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from backends.postfix_configuration import resolution, write_main_cf
from forwardresolve import Remark
from forwardresolve.errors import BackendMisconfigured
from forwardresolve.operate.mail_host import MailHost, compare
from forwardresolve_backends.postfix import Postfix
from scenarios import expected_outcomes, named_scenarios, verdict_in_short
from servers.postfix import ask_postfix
from servers.postfix_files import SinkPorts, write_files
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


NOT_SAID: Final = {
    "aliases-depth": "more than 24 nested rows of aliases(5) bounce; we follow them to their end",
    "aliases-ext-propagate": "propagate_unmatched_extensions is a remark",
    "aliases-include-loop": "a list's member that is the list bounces; here it stays",
    "always-bcc": "always_bcc is a remark",
    "dotforward": "a .forward file is no table",
    "dup-keys-texthash": "a server refuses the whole table, which postmap does not; that is a remark",
    "empty-dest": "a value of commas only is a finding; the row is left out",
    "ext-no-propagate": "propagate_unmatched_extensions is a remark",
    "idn-key-a-label": "U-labels and A-labels are one domain for us, two for Postfix",
    "limit-small": "the limits are taken to have their defaults",
    "luser-relay": "luser_relay is a remark",
    "pa-catchall-beats-extension": "a table that asks for the domain alone is a remark",
    "sender-bcc": "sender_bcc_maps depend on the sender",
    "sql-expansion-limit": "expansion_limit is a remark",
    "sql-percent-d-guard": "a catch-all drops an extension that Postfix carries on",
    "sql-percent-d-order": "a table that asks for the domain alone is a remark",
    "static-map": "a static table is refused",
    "transport-elsewhere": "a next hop by SMTP counts as a relay, and that is a remark",
}
"""Scenarios that the records say otherwise, and why."""


@pytest.mark.parametrize("name", sorted(set(named_scenarios()) - set(NOT_SAID)))
def test_a_named_scenario_is_read_from_its_own_configuration(name: str, tmp_path: Path) -> None:
    scenario = named_scenarios()[name]
    write_files(scenario, tmp_path, SinkPorts(25, 26, 24))
    read = resolution(Postfix(config_dir=tmp_path / "etc").records())
    expected = expected_outcomes(scenario)
    said = {each: verdict_in_short(read.verdict(each), scenario) for each in expected}
    assert said == {each: outcome.in_short() for each, outcome in expected.items()}


@pytest.mark.parametrize(
    ("name", "remark"),
    [
        ("always-bcc", "postfix-setting-not-read"),
        ("dup-keys-texthash", "duplicate-key"),
        ("ext-no-propagate", "postfix-setting-not-read"),
        ("luser-relay", "postfix-setting-not-read"),
        ("pa-catchall-beats-extension", "postfix-domain-before-extension"),
        ("sql-expansion-limit", "postfix-expansion-limit"),
        ("sql-percent-d-order", "postfix-domain-before-extension"),
        ("transport-elsewhere", "postfix-transport-elsewhere"),
    ],
)
def test_what_no_record_says_is_a_remark(name: str, remark: str, tmp_path: Path) -> None:
    write_files(named_scenarios()[name], tmp_path, SinkPorts(25, 26, 24))
    records = Postfix(config_dir=tmp_path / "etc").records()
    assert remark in {each.id for each in records if isinstance(each, Remark)}


def test_a_static_table_is_refused_by_its_name(tmp_path: Path) -> None:
    write_files(named_scenarios()["static-map"], tmp_path, SinkPorts(25, 26, 24))
    with pytest.raises(
        BackendMisconfigured, match=r"virtual_alias_maps = static:x@ext\.example: cannot be listed"
    ):
        list(Postfix(config_dir=tmp_path / "etc").records())


def test_the_queries_of_postfixadmin_are_read_on_each_server(server: Server, tmp_path: Path) -> None:
    database = server.new_database()
    true = "1" if server.kind == "mariadb" else "true"
    database.execute(
        "CREATE TABLE alias (address varchar(99), goto text, active boolean)",
        "CREATE TABLE alias_domain (alias_domain varchar(99), target_domain varchar(99), active boolean)",
        f"INSERT INTO alias_domain VALUES ('twin.test', 'd.test', {true})",  # noqa: S608 (no text of others)
    )
    rows = random_rows(Random(5), 200)  # noqa: S311 (repeatable choices, no secrets)
    database.insert("alias", *({"address": key, "goto": value, "active": True} for key, value in rows))
    database.insert("alias", {"address": "off@a.test", "goto": "x@ext.example", "active": False})
    twin = "SELECT goto FROM alias,alias_domain WHERE alias_domain.alias_domain = '%d' and alias.address = "
    live = f"AND alias.active = {true} AND alias_domain.active={true}"
    queries = {
        "alias": f"SELECT goto FROM alias WHERE address='%s' AND active = '{true}'",  # noqa: S608 (as the panel has it)
        "twin": f"{twin}CONCAT('%u', '@', alias_domain.target_domain) {live}",
        "all": f"{twin}CONCAT('@', alias_domain.target_domain) {live}",
    }
    kind = "mysql" if server.kind == "mariadb" else "pgsql"
    login = f"hosts = 127.0.0.1:{server.port}\nuser = owner\npassword = {PASSWORD}\n"
    for name, query in queries.items():
        text = f"{login}dbname = {database.url.rpartition('/')[2]}\nquery = {query}\n"
        (tmp_path / f"{name}.cf").write_text(text)
    tables = " ".join(f"proxy:{kind}:{{here}}/{name}.cf" for name in queries)
    etc = write_main_cf(tmp_path, virtual_alias_maps=tables, virtual_mailbox_domains=" ".join(DOMAINS))
    read = resolution(Postfix(config_dir=etc).records())
    compared = compare(read.graph, MailHost(etc), 500)
    assert compared.asked > 200
    # An alias domain's catch-all answers before an extension is taken off; that is a remark.
    assert [each for each in compared.differences if "+x7d1f@twin.test" not in each.address] == []
    assert not any("off@a.test" in each for each in read.addresses)
