"""Realistic data from a seed: a PostfixAdmin database of a hosting provider, of any size.

Domain sizes follow Zipf; 60 % of the addresses are mailboxes, each with its own alias row, some of
which also forward; chains reach depth 6; there are loops, catch-alls, domain aliases, IDN, mixed
case, destinations that dangle, and a few addresses with an extension.
"""

from __future__ import annotations

import sqlite3
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCHEMA = """
CREATE TABLE domain (domain TEXT PRIMARY KEY, backupmx INT, transport TEXT, active INT);
CREATE TABLE mailbox (username TEXT PRIMARY KEY, domain TEXT, active INT);
CREATE TABLE alias (address TEXT PRIMARY KEY, goto TEXT, domain TEXT, active INT);
CREATE TABLE alias_domain (alias_domain TEXT PRIMARY KEY, target_domain TEXT, active INT);
"""
QUERIES = (
    "SELECT domain, backupmx, transport, active FROM domain",
    "SELECT username, active FROM mailbox",
    "SELECT address, goto, active FROM alias",
    "SELECT alias_domain, target_domain, active FROM alias_domain",
)
"""What the PostfixAdmin backend reads: the yardstick walks exactly these rows."""

PROVIDERS = ("gmail.com", "outlook.com", "gmx.net", "bluewin.ch", "yahoo.com", "icloud.com")


def make_database(path: Path, addresses: int, seed: int = 1) -> None:
    """Write a PostfixAdmin database with about so many alias rows; equal seeds give equal rows."""
    rng = Random(seed)  # noqa: S311 (repeatable data, no secrets)
    domains = _domains(max(10, addresses // 20))
    weights = list(accumulate(1 / rank for rank in range(1, len(domains) + 1)))
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    try:
        connection.executescript(SCHEMA)
        connection.executemany(
            "INSERT INTO domain VALUES (?, 0, 'virtual', 1)", ((each,) for each in domains)
        )
        owners = rng.choices(domains, cum_weights=weights, k=addresses)
        mailboxes = [f"first.last{number}@{owners[number]}" for number in range(addresses * 6 // 10)]
        connection.executemany(
            "INSERT INTO mailbox VALUES (?, ?, 1)", ((each, each.rpartition("@")[2]) for each in mailboxes)
        )
        rows = _aliases(rng, mailboxes, owners[len(mailboxes) :], domains)
        connection.executemany(
            "INSERT OR IGNORE INTO alias VALUES (?, ?, ?, 1)",
            ((source, goto, source.rpartition("@")[2]) for source, goto in rows),
        )
        twins = [(f"twin-{number}.example", rng.choice(domains)) for number in range(len(domains) // 50)]
        connection.executemany("INSERT INTO alias_domain VALUES (?, ?, 1)", twins)
        connection.commit()
    finally:
        connection.close()


def _domains(count: int) -> list[str]:
    """Name the domains; one in fifty is an IDN, written in A-labels as PostfixAdmin stores it."""
    return [
        f"xn--kunde-{number}-t9a.example" if number % 50 == 49 else f"customer-{number}.example"
        for number in range(count)
    ]


def _aliases(
    rng: Random, mailboxes: list[str], owners: list[str], domains: list[str]
) -> Iterator[tuple[str, str]]:
    for mailbox in mailboxes:
        forwards = rng.random() < 0.12
        yield mailbox, f"{mailbox},{_outside(rng)}" if forwards else mailbox
    catch_alls = domains[:: max(1, len(domains) // max(1, len(domains) // 20))]
    for domain in catch_alls:
        yield f"@{domain}", _outside(rng) if rng.random() < 0.5 else rng.choice(mailboxes)
    chain: list[str] = []
    for number, domain in enumerate(owners[len(catch_alls) :]):
        name = f"alias{number}@{domain}"
        kind = rng.random()
        if kind < 0.40:
            goto = _outside(rng)
        elif kind < 0.85 or not chain:
            goto = rng.choice(mailboxes)
        else:
            goto = chain[-1]  # one more hop on the chain that is growing
        if rng.random() < 0.10:
            goto += f",{rng.choice(mailboxes)}"
        if rng.random() < 0.005:
            goto = f"nobody{number}@{domain}"
        if rng.random() < 0.0005:
            yield f"tagged{number}+list@{domain}", _outside(rng)
        chain = [*chain[-4:], name] if kind >= 0.70 else []
        if number % 5000 == 4999:
            yield f"ping{number}@{domain}", f"pong{number}@{domain}"
            yield f"pong{number}@{domain}", f"ping{number}@{domain}"
        yield name.capitalize() if rng.random() < 0.02 else name, goto


def _outside(rng: Random) -> str:
    return f"somebody{rng.randrange(10**7)}@{rng.choice(PROVIDERS)}"
