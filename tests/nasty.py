"""Random mail hosts whose rows get in each other's way; the same seed makes the same ones.

A handful of names, extensions and domains, so that everything meets everything: extensions on keys
and on destinations, several delimiters, rewriting and alias domains in chains and circles,
catch-alls, kept copies, bare names, rows of unhosted domains, and what a host knows beside virtual
aliases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.records import Domain, DomainAlias, Forward, Mailbox, Pattern, Relocated, Transport

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from forwardresolve.records import DomainKind, ForwardTable, Record, TransportKind
    from hosts import Choices

_HOSTED: Final = ("a.test", "b.test", "c.test", "l.test", "r.test")
_FURTHER: Final = ("x.test", "sub.a.test", "sub.r.test", "in.test", "ext.test")
_DELIMITERS: Final = ("+", "+", "+", "+-", "-", ".+", "")
_NAMES: Final = ("u", "w", "h", "k")
_ODD_NAMES: Final = ("postmaster", "owner-x", "x-request", "x", "mailer-daemon")
_EXTENSIONS: Final = ("t", "e", "box")
_UNKNOWN_EXTENSIONS: Final = ("q", "q2")
_OUT: Final = ("out@far.test", "o+1@far.test")
_B_KINDS: Final[Sequence[DomainKind]] = ("mailbox", "alias", "autoreply", "suspended", "discard")
_ENDS: Final[Sequence[TransportKind]] = ("external", "relay", "mailbox", "undeliverable", "autoreply")


@attrs.frozen
class World:
    """A mail host, and what to ask it about.

    Args:
        records: What its one source yields.
        choices: How its graph is read.
        names: Local parts that occur, without extensions.
        domains: Domains that occur.
        known: Addresses that some row names.
    """

    records: tuple[Record, ...]
    choices: Choices
    names: tuple[str, ...]
    domains: tuple[str, ...]
    known: tuple[str, ...]

    def recipient(self, rng: Random) -> str:
        """Return an address that may or may not be known, with up to several extensions."""
        marks = self.choices.get("recipient_delimiter") or "+"
        local, domain = rng.choice([*self.names, "unknown"]), rng.choice(self.domains)
        if self.known and rng.random() < 0.7:
            local, _, domain = rng.choice(self.known).rpartition("@")
            domain = rng.choice(self.domains) if rng.random() < 0.2 else domain
        while rng.random() < 0.4:
            local += rng.choice(marks) + rng.choice([*_EXTENSIONS, *_UNKNOWN_EXTENSIONS])
        return local if rng.random() < 0.01 else f"{local}@{domain}"


def random_world(rng: Random) -> World:
    """Return a mail host that nobody thought of."""
    return Maker(rng).world()


class Maker:
    """The choices of one world, drawn from one generator."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.delimiters = rng.choice(_DELIMITERS)
        self.names = (*_NAMES, *(_ODD_NAMES if self.happens(0.3) else ()))
        self.known: list[str] = []
        self.tag_rate = rng.choice((0.1, 0.3, 0.5))
        self.twins = self.alias_domains()
        self.domains = (*_HOSTED, *_FURTHER, *(alias for alias, _ in self.twins if alias not in _HOSTED))

    def world(self) -> World:
        rng = self.rng
        records: list[Record] = [DomainAlias(alias, target) for alias, target in self.twins]
        records += self.hosted()
        records += [self.forward("virtual") for _ in range(rng.randint(3, 14))]
        if self.twins and self.happens(0.4):
            records += self.rivals(*self.twins[0])
        records += [Mailbox(f"{self.local(0)}@a.test", shields=self.happens(0.3)) for _ in range(3)]
        if self.happens(0.3):
            records += [Mailbox(f"{self.local(0)}@l.test") for _ in range(2)]
        if self.happens(0.4):
            records += [self.account_row() for _ in range(rng.randint(1, 4))]
        if self.happens(0.15):
            rewrites = [self.forward("canonical") for _ in range(rng.randint(1, 3))]
            records += {row.source: row for row in rewrites}.values()
        if self.happens(0.15):
            records += [self.forward("bcc") for _ in range(rng.randint(1, 2))]
        if self.happens(0.2):
            records += [Transport(key, rng.choice(_ENDS)) for key in {self.transport_key() for _ in range(2)}]
        if self.happens(0.1):
            records.append(Relocated(self.address() if self.happens(0.7) else f"@{self.domain()}"))
        if self.happens(0.05):
            records += [self.pattern() for _ in range(rng.randint(1, 2))]
        rng.shuffle(records)
        return World(tuple(records), self.choices(), self.names, self.domains, tuple(self.known))

    def choices(self) -> Choices:
        rng = self.rng
        made: Choices = {
            "recipient_delimiter": self.delimiters,
            "myorigin": rng.choice([None, None, "l.test", "a.test", "ext.test"]),
        }
        if self.happens(0.15):
            made["relay"] = "external"
        if self.happens(0.3):
            made["kept_copy"] = "ignore"
        if self.happens(0.2):
            made["internal_domains"] = ("in.test",)
        if self.happens(0.2):
            made["opaque"] = "external"
        if self.happens(0.2):
            made["autoreply"] = "external"
        return made

    def happens(self, chance: float) -> bool:
        return self.rng.random() < chance

    def hosted(self) -> list[Domain]:
        b_kind = self.rng.choice(_B_KINDS[:2] if self.happens(0.7) else _B_KINDS)
        found = [Domain("a.test"), Domain("b.test", b_kind), Domain("c.test")]
        found += [Domain("l.test", "local"), Domain("r.test", "relay")]
        if any(alias == "al.test" for alias, _ in self.twins) and self.happens(0.5):
            found.append(Domain("al.test"))
        return found

    def alias_domains(self) -> list[tuple[str, str]]:
        if not self.happens(0.5):
            return []
        targets = ["a.test", "b.test"]
        found = [("c.test" if self.happens(0.3) else "al.test", self.rng.choice(targets))]
        if self.happens(0.2):
            found.append(("al2.test", self.rng.choice([*targets, "al.test"])))
        return found

    def local(self, tag_rate: float | None = None) -> str:
        """Draw a local part, with extensions if the rate is above nought."""
        rate = self.tag_rate if tag_rate is None else tag_rate
        marks = self.delimiters or "+"
        local: str = self.rng.choice(self.names)
        while self.rng.random() < rate:
            local += self.rng.choice(marks) + self.rng.choice(_EXTENSIONS)
        return f"+{local}" if rate > 0 and self.happens(0.03) else local

    def domain(self) -> str:
        return self.rng.choice(self.domains)

    def address(self) -> str:
        """Draw an address; every other one is one that was drawn before, or nearly."""
        address = f"{self.local()}@{self.domain()}"
        if self.known and self.happens(0.5):
            local, _, domain = self.rng.choice(self.known).rpartition("@")
            if self.happens(0.3):
                local = local.partition((self.delimiters or "+")[0])[0] or local
            address = f"{local}@{domain}"
        self.known.append(address)
        return address

    def transport_key(self) -> str:
        choice = self.rng.random()
        if choice < 0.5:
            return self.address()
        return self.domain() if choice < 0.8 else ".test"

    def source(self) -> str:
        choice = self.rng.random()
        if choice < 0.15:
            return f"@{self.domain()}"
        return self.local() if choice < 0.22 else self.address()

    def forward(self, table: ForwardTable) -> Forward:
        source = self.source()
        if table == "bcc":
            return Forward(source, self.address(), table)
        count = 1 if table == "canonical" or self.happens(0.6) else self.rng.randint(1, 3)
        destinations = [self.destination(source) for _ in range(count)]
        if count > 1:  # a list that begins with @domain is one odd address, one further back has no name
            bare = "-" not in self.delimiters
            destinations[0] = self.address() if destinations[0][0] == "@" else destinations[0]
            destinations = [each for each in destinations if bare or each[0] != "@"]
        return Forward(source, ",".join(destinations), table)

    def rivals(self, alias: str, target: str) -> list[Forward]:
        """Draw a catch-all of an alias domain's target, and a row of the alias domain itself."""
        own = f"{self.local()}@{alias}"
        self.known += [own] * 3
        return [Forward(f"@{target}", self.address()), Forward(own, self.rng.choice([*_OUT, own]))]

    def pattern(self) -> Pattern:
        domain = self.domain().replace(".", r"\.")
        return Pattern(
            f"^{self.rng.choice(_NAMES)}(.*)@{domain}$", f"{self.rng.choice(_NAMES)}$1@{self.domain()}"
        )

    def destination(self, source: str) -> str:
        choice = self.rng.random()
        if choice < 0.08:
            return f"@{self.domain()}"
        if choice < 0.14:
            return self.local()
        if choice < 0.25:
            return self.rng.choice(_OUT)
        if choice < 0.32 and "@" in source[1:]:
            return source
        return self.address()

    def account_row(self) -> Forward:
        destinations = [
            self.rng.choice(
                ("|filter", "/var/spool/archive", self.local(), self.local(), self.address(), *_OUT)
            )
            for _ in range(self.rng.randint(1, 3))
        ]
        return Forward(self.local(), ",".join(destinations), "local")
