"""A PostfixAdmin database means what Postfix with PostfixAdmin's queries does, on every database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from backends.postfixadmin_panel import (
    ALIAS_DOMAINS,
    ALIASES,
    DOMAINS,
    LISTED,
    MAILBOXES,
    OUT,
    VACATION_DOMAIN,
    create_tables,
    fill_tables,
)
from forwardresolve import ForwardingGraph, resolve
from forwardresolve.options import structure
from forwardresolve.sdk import BackendMisconfigured, Domain, DomainAlias, Forward, Mailbox, Origin, Remark
from forwardresolve_backends.postfixadmin import PostfixAdmin
from servers.postfix import ask_postfix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from forwardresolve.sdk import Record
    from servers.sql import Database


@pytest.fixture
def panel(database: Database) -> Database:
    """Make a PostfixAdmin database with rows in every state."""
    create_tables(database)
    fill_tables(database)
    return database


def read(database: Database, **options: Any) -> list[Record]:  # noqa: ANN401 (whatever TOML gives)
    return list(structure({"url": database.url, **options}, PostfixAdmin, "source.panel").records())


def kinds(records: Iterable[Record]) -> dict[str, str]:
    return {record.name: record.kind for record in records if isinstance(record, Domain)}


def remarks(records: Iterable[Record]) -> list[tuple[str, str]]:
    return [(record.id, record.text) for record in records if isinstance(record, Remark)]


def test_the_records_are_the_same_on_every_database(panel: Database) -> None:
    found = read(panel, vacation_domain=VACATION_DOMAIN)
    expected: set[Record] = {
        Domain(VACATION_DOMAIN, "autoreply", Origin("vacation_domain")),
        *(Domain(name, "mailbox", Origin("domain")) for name, differs in DOMAINS.items() if not differs),
        Domain("moved.example", "mailbox", Origin("domain")),
        Domain("Mixed.Example", "mailbox", Origin("domain")),
        Domain("inactive.example", "suspended", Origin("domain")),
        Domain("sleeping.example", "suspended", Origin("domain")),
        Domain("backup-off.example", "suspended", Origin("domain")),
        Domain("backup.example", "relay", Origin("domain")),
        Domain("relayed.example", "relay", Origin("domain")),
        *(DomainAlias(alias, to, Origin("alias_domain")) for alias, (to, on) in ALIAS_DOMAINS.items() if on),
        *(Mailbox(address, origin=Origin("mailbox")) for address, on in MAILBOXES.items() if on),
        *(Forward(address, goto, origin=Origin("alias")) for address, (goto, on) in ALIASES.items() if on),
    }
    expected.remove(Domain("ALL", "mailbox", Origin("domain")))
    assert set(found) == expected
    assert len(found) == len(expected)


def test_the_verdicts_are_those_of_postfix(panel: Database) -> None:
    graph = ForwardingGraph.from_sources({"panel": read(panel, vacation_domain=VACATION_DOMAIN)})
    resolution = resolve(graph)
    assert {address: resolution.verdict(address).listed for address in LISTED} == LISTED


def test_the_list_is_the_same_on_every_database(panel: Database) -> None:
    graph = ForwardingGraph.from_sources({"panel": read(panel, vacation_domain=VACATION_DOMAIN)})
    resolution = resolve(graph)
    names = {"alice", "bob", "inside+ext", "kate+ext", "team", "to-typo", "typed", "upper"}
    names |= {"via-inactive", "via-sleeping"}
    elsewhere = {"info@backup.example", "info@mixed.example", "info@relayed.example"}
    twins = {f"{local}@{domain}" for local in names for domain in ("acme.example", "twin.example")}
    assert set(resolution.addresses) == twins | elsewhere
    assert dict(resolution.catch_alls) == {
        "catchall.example": ("ann@catchall.example",),
        "catchtwin.example": ("ann@catchtwin.example", "own@catchtwin.example"),
        "moved.example": (),
    }


@pytest.mark.live
@pytest.mark.usefixtures("private_postfix")
def test_what_is_said_to_be_listed_leaves_a_real_postfix() -> None:
    alias_domains = {alias: target for alias, (target, on) in ALIAS_DOMAINS.items() if on}
    relays = [name for name in DOMAINS if name in ("backup.example", "relayed.example")]
    active = [
        name for name, differs in DOMAINS.items() if differs.get("active", 1) and name not in ("ALL", *relays)
    ]
    scenario = {
        "postfixadmin": True,
        "local_domains": {"virtual_mailbox": active, "relay": relays, "local": ["host.invalid"]},
        "mailboxes": [address for address, on in MAILBOXES.items() if on],
        "virtual_aliases": [[address, goto] for address, (goto, _) in ALIASES.items()],
        "inactive": [address for address, (_, on) in ALIASES.items() if not on],
        "alias_domains": [[alias, target] for alias, target in alias_domains.items()],
        "transport": [[VACATION_DOMAIN, "discard:"]],
        "recipient_delimiter": "+",
    }
    hosted = {name.casefold() for name in (*active, *relays)}
    asked = [address for address in LISTED if address.casefold().rpartition("@")[2] in hosted]
    outcomes = ask_postfix(scenario, asked)
    assert {address for address in asked if outcomes[address].external} == {
        address for address in asked if LISTED[address]
    }


def test_a_loop_is_told(panel: Database) -> None:
    resolution = resolve(ForwardingGraph.from_sources({"panel": read(panel)}))
    statuses = {name: resolution.verdict(f"{name}@acme.example").status for name in ("l1", "l3", "alice")}
    assert statuses == {"l1": "ok", "l3": "loop", "alice": "ok"}


def test_without_the_vacation_domain_an_autoreply_leaves_and_a_remark_names_the_domain(
    panel: Database,
) -> None:
    found = read(panel)
    assert resolve(ForwardingGraph.from_sources({"panel": found})).verdict("vera@acme.example").listed
    ((remark, text),) = remarks(found)
    assert remark == "vacation-domain-unset"
    assert f"autoreplies in {VACATION_DOMAIN}, but vacation_domain is not set" in text


def test_another_vacation_domain_is_remarked(panel: Database) -> None:
    found = read(panel, vacation_domain="away.example")
    ((_, text),) = remarks(found)
    assert f"autoreplies in {VACATION_DOMAIN}, but vacation_domain is away.example" in text


def test_only_what_looks_like_the_source_is_an_autoreply(panel: Database) -> None:
    panel.insert(
        "alias",
        {
            "address": "c#d@acme.example",
            "goto": "c#@acme.example",
            "domain": "",
            "active": panel.kind == "postgresql" or 1,
        },
    )
    assert remarks(read(panel, vacation_domain=VACATION_DOMAIN.upper())) == []


def test_a_vacation_domain_that_is_also_a_row_stays_the_autoresponder(panel: Database) -> None:
    assert kinds(read(panel, vacation_domain="Acme.Example"))["acme.example"] == "autoreply"


def test_a_backup_mx_may_count_as_mailbox_domain(panel: Database) -> None:
    found = kinds(read(panel, backup_mx="mailbox"))
    assert found["backup.example"] == found["relayed.example"] == "mailbox"
    assert found["backup-off.example"] == "suspended"


def test_prefix_and_table_names_are_those_of_the_configuration(database: Database) -> None:
    names = {"alias": "forwards", "domain": "domains"}
    create_tables(database, "pfa_", **names)
    fill_tables(database, "pfa_", **names)
    found = read(database, prefix="pfa_", tables=names)
    assert Forward("alice@acme.example", OUT, origin=Origin("pfa_forwards")) in found
    assert Domain("acme.example", origin=Origin("pfa_domains")) in found


def test_a_wrong_prefix_is_told(panel: Database) -> None:
    with pytest.raises(
        BackendMisconfigured,
        match=r"table pfa_domain: cannot be read \(.*pfa_domain.*\); check prefix and tables against",
    ):
        read(panel, prefix="pfa_")


@pytest.mark.parametrize(
    ("table", "column"),
    [("alias", "goto"), ("mailbox", "username"), ("domain", "backupmx"), ("alias_domain", "active")],
)
def test_a_missing_column_is_told(panel: Database, table: str, column: str) -> None:
    panel.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO formerly")
    with pytest.raises(BackendMisconfigured, match=rf"table {table}: cannot be read \(.*{column}.*\); check"):
        read(panel)


def test_an_empty_panel_gives_no_record(database: Database) -> None:
    create_tables(database)
    assert read(database) == []
