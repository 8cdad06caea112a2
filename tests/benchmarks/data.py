"""Realistic data from a seed: the mail host of a provider, of any size, as SQLite or as CSV.

Write some with ``python -m tests.benchmarks.data DIRECTORY --addresses 100000``.
"""

from __future__ import annotations

import argparse
import csv
import sqlite3
from itertools import accumulate, pairwise
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

import attrs
import idna

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

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

CSV_FILES: Final = {
    "domains": ("domain",),
    "alias_domains": ("alias_domain", "target_domain"),
    "mailboxes": ("address",),
    "forwards": ("source", "destination"),
}
"""The options of the CSV backend, and the columns that each file has."""

PROVIDERS = ("gmail.com", "outlook.com", "gmx.net", "bluewin.ch", "yahoo.com", "icloud.com")
DEEPEST: Final = 6
"""How many aliases lead to one another at most, before a mailbox or the way out."""


@attrs.frozen
class MailHost:
    """What a panel knows.

    Args:
        domains: The hosted domains, the largest first, in A-labels as PostfixAdmin stores them.
        domain_aliases: Alias domain to target.
        mailboxes: Addresses with a mailbox.
        aliases: Source and destinations between commas; walked once, because there may be millions.
    """

    domains: Sequence[str]
    domain_aliases: Mapping[str, str]
    mailboxes: Sequence[str]
    aliases: Iterable[tuple[str, str]]


def make_host(addresses: int, seed: int = 1) -> MailHost:
    """Make a mail host with about so many alias rows; equal seeds give equal hosts.

    Domain sizes follow Zipf. 60 % of the rows belong to mailboxes, 12 % of which also forward. The
    others are aliases, up to six of which lead to one another. One row in fifty is written in mixed
    case, one domain in fifty is an IDN, one in fifty has an alias domain, one in twenty a catch-all.
    There are rings, destinations that dangle, and a few sources with an extension.
    """
    rng = Random(seed)  # noqa: S311 (repeatable data, no secrets)
    domains = _domains(max(10, addresses // 20))
    weights = list(accumulate(1 / rank for rank in range(1, len(domains) + 1)))
    owners = rng.choices(domains, cum_weights=weights, k=addresses)
    mailboxes = [f"first.last{number}@{owners[number]}" for number in range(addresses * 6 // 10)]
    twins = {f"twin-{number}.example": rng.choice(domains) for number in range(max(1, len(domains) // 50))}
    rows = _Rows(rng, mailboxes, {target: alias for alias, target in twins.items()})
    catch_alls = domains[::20]
    aliases = owners[len(mailboxes) + len(catch_alls) :]
    return MailHost(domains, twins, mailboxes, rows.walk(catch_alls, aliases))


def make_database(path: Path, addresses: int, seed: int = 1) -> None:
    """Write a PostfixAdmin database with about so many alias rows; equal seeds give equal bytes."""
    write_database(path, make_host(addresses, seed))


def write_database(path: Path, host: MailHost) -> None:
    """Write a mail host as a PostfixAdmin database."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    try:
        connection.executescript(SCHEMA)
        connection.executemany(
            "INSERT INTO domain VALUES (?, 0, 'virtual', 1)", ((each,) for each in host.domains)
        )
        connection.executemany(
            "INSERT INTO mailbox VALUES (?, ?, 1)",
            ((each, each.rpartition("@")[2]) for each in host.mailboxes),
        )
        connection.executemany(
            "INSERT INTO alias VALUES (?, ?, ?, 1)",
            ((source, goto, source.rpartition("@")[2]) for source, goto in host.aliases),
        )
        connection.executemany("INSERT INTO alias_domain VALUES (?, ?, 1)", host.domain_aliases.items())
        connection.commit()
    finally:
        connection.close()


def write_csv(directory: Path, host: MailHost) -> dict[str, str]:
    """Write a mail host as files for the CSV backend, an IDN in U-labels as people write it.

    Returns:
        The backend's options.
    """
    unicode = {each: idna.decode(each) for each in host.domains if each.startswith("xn--")}

    def said(text: str) -> str:
        return ",".join(map(_in_unicode, text.split(","))) if "@xn--" in text else text

    def _in_unicode(address: str) -> str:
        local, at, domain = address.rpartition("@")
        return f"{local}{at}{unicode.get(domain, domain)}"

    rows: dict[str, Iterable[Sequence[str]]] = {
        "domains": ((unicode.get(each, each),) for each in host.domains),
        "alias_domains": ((alias, unicode.get(each, each)) for alias, each in host.domain_aliases.items()),
        "mailboxes": ((said(each),) for each in host.mailboxes),
        "forwards": ((said(source), said(goto)) for source, goto in host.aliases),
    }
    options = {name: str(directory / f"{name}.csv") for name in CSV_FILES}
    for name, columns in CSV_FILES.items():
        with Path(options[name]).open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(rows[name])
    return options


def _domains(count: int) -> list[str]:
    names = (f"küche-{number}" if number % 50 == 9 else f"customer-{number}" for number in range(count))
    return [idna.encode(f"{name}.example").decode() for name in names]


@attrs.frozen
class _Rows:
    """Makes the alias rows.

    Args:
        rng: Where chance comes from.
        mailboxes: The mailboxes.
        twins: Domains that have an alias domain, and one of these.
    """

    rng: Random
    mailboxes: Sequence[str]
    twins: Mapping[str, str]

    def walk(self, catch_alls: Sequence[str], owners: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Yield the rows of mailboxes, of catch-alls, and of aliases in the domains of ``owners``."""
        for source, goto in self._plain(catch_alls, owners):
            chance = self.rng.random()
            if chance < 0.02:
                yield source.title(), goto
            elif chance < 0.04:
                yield source, goto.title()
            else:
                yield source, goto

    def _plain(self, catch_alls: Sequence[str], owners: Sequence[str]) -> Iterator[tuple[str, str]]:
        chance = self.rng.random
        for mailbox in self.mailboxes:
            yield mailbox, f"{mailbox},{self._outside()}" if chance() < 0.12 else mailbox
        for domain in catch_alls:
            yield f"@{domain}", self._outside() if chance() < 0.5 else self._mailbox()
        before, depth = "", 0
        for number, domain in enumerate(owners):
            name = f"alias{number}@{domain}"
            goes_on = 0 < depth < DEEPEST and chance() < (0.6 if depth > 1 else 0.075)
            depth = depth + 1 if goes_on else 1
            goto = before if goes_on else self._outside() if chance() < 0.47 else self._mailbox()
            if chance() < 0.10:
                goto += f",{self._mailbox()}"
            if chance() < 0.005:
                goto, depth = f"nobody{number}@{domain}", 0
            if chance() < 0.0005:
                yield f"tagged{number}+list@{domain}", self._outside()
            if number % 1000 == 999:
                yield from self._ring(number, domain)
            yield name, goto
            before = name

    def _ring(self, number: int, domain: str) -> Iterator[tuple[str, str]]:
        """Yield two to four rows that lead to one another; half of the rings have a way out."""
        names = [f"ring{number}-{place}@{domain}" for place in range(self.rng.randrange(2, 5))]
        way_out = f",{self._outside()}" if self.rng.random() < 0.5 else ""
        yield names[-1], names[0] + way_out
        yield from pairwise(names)

    def _mailbox(self) -> str:
        """Choose a mailbox; a third of those that can be are written with their alias domain."""
        chosen = self.rng.choice(self.mailboxes)
        local, _, domain = chosen.rpartition("@")
        is_written_so = domain in self.twins and self.rng.random() < 1 / 3
        return f"{local}@{self.twins[domain]}" if is_written_so else chosen

    def _outside(self) -> str:
        return f"somebody{self.rng.randrange(10**7)}@{self.rng.choice(PROVIDERS)}"


def main() -> None:
    """Write a database and the files of CSV."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--addresses", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    make_database(options.directory / "panel.sqlite", options.addresses, options.seed)
    write_csv(options.directory, make_host(options.addresses, options.seed))


if __name__ == "__main__":
    main()
