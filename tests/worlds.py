"""Random mail hosts, small and nasty, and the recipients that could go wrong on them.

The same state of the generator makes the same world. Everything that decides where mail goes may
meet everything else: all classes of domains, alias domains, catch-alls, keys with extensions, kept
copies, loops, rewriting rows, odd lists, bare names, subdomains, mixed case, quoted local parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from scenarios import Scenario

RECIPIENTS: Final = 20
"""How many recipients a world is asked about, at most."""

_DELIMITERS: Final = ("+", "+", "+", "+-", "-", ".", "")
_CLASSES: Final = ("virtual_mailbox", "virtual_mailbox", "virtual_alias", "relay", "local")
_DOMAINS: Final = ("a.test", "b.test", "c.test", "sub.a.test", "sub.c.test", "host.test")
_OUTSIDE: Final = ("ext.example", "out.example", "sub.b.test", "typo.test")
_NAMES: Final = ("a", "b", "u", "bo", "a.b", "h-i", "bo+t")
_ODD_NAMES: Final = (
    "owner-b",
    "b-request",
    "postmaster",
    "mailer-daemon",
    '"q u"',
    '"x@y"',
    "+a",
    "o'b",
    "a/b",
    "jürgen",
)
_ROUTES: Final = ("u%ext.example", "a%b.test", "ext.example!u")
_EXTENSIONS: Final = ("e", "t", "e", "box", "e{0}t", "")
_ALIASES_ONLY: Final = ("/dev/null", '"|/bin/cat >/dev/null"', ":include:{include}/members", "\\a", "\\b")
_TRANSPORTS: Final = ("{external}", "{relay}", "{virtual}", "error:5.1.2 gone", "discard:")


def random_world(rng: Random) -> Scenario:
    """Return a scenario that nobody thought of."""
    world = _World(rng)
    return world.scenario()


def random_recipients(world: Scenario, rng: Random) -> list[str]:
    """Return up to `RECIPIENTS` addresses of a world that are worth asking about.

    They are keys and their twins in other domains, with and without extensions, and local parts
    and domains that no row knows.
    """
    delimiter = world["recipient_delimiter"]
    tables = ("virtual_aliases", "aliases", "recipient_canonical", "recipient_bcc", "relocated")
    keys = [key for table in tables for key, _ in world.get(table, ()) if not key.startswith("@")]
    keys += [address for address in world["mailboxes"] if not address.startswith("@")]
    locals_ = sorted({key.rpartition("@")[0] or key for key in keys} | {"nobody", "a"})
    hosted = [name for names in world["local_domains"].values() for name in names]
    domains = [*hosted, *(alias for alias, _ in world.get("alias_domains", ()))]
    found: dict[str, str] = {}
    for _ in range(4 * RECIPIENTS):
        if keys and rng.random() < 0.4:
            local, at, domain = rng.choice(keys).rpartition("@")
            local, domain = (local, domain) if at else (domain, rng.choice(hosted))
        else:
            domain = rng.choice(domains if rng.random() < 0.9 else _OUTSIDE)
            local = rng.choice(locals_)
        if delimiter and rng.random() < 0.4 and not _is_route(local):
            local = _extend(local, rng.choice(delimiter) + _extension(rng, delimiter))
        if rng.random() < 0.03 and not local.startswith('"'):
            local = f'"{local}"'
        address = _shout(f"{local}@{domain}", rng)
        found.setdefault(address.casefold(), address)
    if rng.random() < 0.1:
        found["a"] = "a"
    return [*found.values()][:RECIPIENTS]


class _World:
    """The choices of one world, each drawn from one generator."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.delimiter = rng.choice(_DELIMITERS)
        self.postfixadmin = rng.random() < 0.2
        self.domains: dict[str, list[str]] = {}
        for name in rng.sample(_DOMAINS, rng.randint(2, 4)):
            kind = "local" if name == "host.test" else rng.choice(_CLASSES)
            self.domains.setdefault(kind, []).append(name)
        self.names = rng.sample(_NAMES, 4)
        self.hosted = [name for names in self.domains.values() for name in names]
        self.odd = rng.random() < 0.3

    def scenario(self) -> Scenario:
        rng = self.rng
        made: Scenario = {
            "local_domains": self.domains,
            "recipient_delimiter": self.delimiter,
            "main_cf": {"smtpd_reject_unlisted_recipient": "no"},  # see what becomes of unknown ones
            "mailboxes": self._mailboxes(),
            "virtual_aliases": self._rows(rng.randint(3, 14), self._key, self._value),
        }
        if self.postfixadmin or self._happens(0.3):
            made["alias_domains"] = self._alias_domains(made)
            made["postfixadmin"] = self.postfixadmin
        if self._happens(0.3):
            made["myorigin"] = rng.choice([*self.hosted, *_OUTSIDE])
        if "local" in self.domains and self._happens(0.8):
            made["aliases"] = self._rows(rng.randint(1, 6), self._account, self._alias_value)
            made["include_files"] = {"members": "".join(f"{self._member()}\n" for _ in range(2))}
        if self._happens(0.15):
            made["recipient_canonical"] = self._rows(rng.randint(1, 3), self._key, self._address)
        if self._happens(0.15):
            made["recipient_bcc"] = self._rows(rng.randint(1, 2), self._key, self._copy)
        if self._happens(0.2):
            made["transport"] = self._rows(
                rng.randint(1, 2), self._transport_key, lambda: rng.choice(_TRANSPORTS)
            )
        if self._happens(0.1):
            made["relocated"] = self._rows(1, self._address_or_domain, lambda: "new@ext.example")
        if not self.postfixadmin and self._happens(0.15):
            made["virtual_alias_maps"] = [self._further_table()]
        if self.postfixadmin and self._happens(0.3):
            made["inactive"] = [key for key, _ in made["virtual_aliases"] if self._happens(0.3)]
        return made

    def _further_table(self) -> Scenario:
        if self._happens(0.5):
            entries = self._rows(self.rng.randint(1, 4), self._key, self._value)
            return {"type": "texthash", "entries": entries}
        entries = self._rows(self.rng.randint(1, 2), self._pattern, self._pattern_value)
        return {"type": "regexp", "entries": entries}

    def _happens(self, chance: float) -> bool:
        return self.rng.random() < chance

    def _mailboxes(self) -> list[str]:
        addresses = [
            f"{name}@{domain}"
            for kind in ("virtual_mailbox", "local")
            for domain in self.domains.get(kind, ())
            for name in self.names
            if self._happens(0.4)
        ]
        if not self.postfixadmin and self._happens(0.1):
            addresses += [f"@{domain}" for domain in self.domains.get("virtual_mailbox", ())[:1]]
        return addresses

    def _alias_domains(self, made: Scenario) -> list[list[str]]:
        """Draw pairs; an alias domain has no rewriting row of its own beside."""
        taken = {key.casefold() for key, _ in made["virtual_aliases"]}
        free = [name for name in ("al.test", "al2.test", *self.hosted) if f"@{name}" not in taken]
        count = self.rng.randint(1, 2)
        aliases = free[:count] if self.postfixadmin else self.rng.sample(free, min(count, len(free)))
        return [[alias, self.rng.choice([*self.hosted, "al.test"])] for alias in aliases]

    def _rows(self, count: int, key: Callable[[], str], value: Callable[[], str]) -> list[list[str]]:
        """Draw rows; no key twice, which would make a whole table useless."""
        rows: dict[str, list[str]] = {}
        for _ in range(count):
            row = [key(), value()]
            rows.setdefault(row[0].casefold(), row)
        return [*rows.values()]

    def _account(self) -> str:
        """Draw a bare name; what needs quotes is nobody's account, and an owner is no alias for mail."""
        name = self._name()
        return "b" if name.startswith(('"', "owner-")) else name

    def _name(self) -> str:
        return self.rng.choice(_ODD_NAMES if self.odd and self._happens(0.2) else self.names)

    def _address(self) -> str:
        if self.odd and self._happens(0.04):
            return f"{self.rng.choice(_ROUTES)}@{self.rng.choice(self.hosted)}"
        local = self._name()
        if self.delimiter and self._happens(0.2) and not _is_route(local):
            local = _extend(local, self.rng.choice(self.delimiter) + _extension(self.rng, self.delimiter))
        domain = self.rng.choice(self.hosted if self._happens(0.8) else _OUTSIDE)
        return _shout(f"{local}@{domain}", self.rng)

    def _copy(self) -> str:
        """Draw an address that needs no quotes: Postfix quotes those of recipient_bcc_maps twice."""
        address = self._address()
        return "x@ext.example" if address.startswith('"') else address

    def _address_or_domain(self) -> str:
        return self._address() if self._happens(0.7) else f"@{self.rng.choice(self.hosted)}"

    def _transport_key(self) -> str:
        dot = "." if self._happens(0.2) else ""
        domain = self.rng.choice([*self.hosted, *_OUTSIDE])
        return self._address() if self._happens(0.5) else dot + domain

    def _key(self) -> str:
        choice = self.rng.random()
        if choice < 0.15:
            domains = self.hosted if self._happens(0.9) else _OUTSIDE
            return f"@{self.rng.choice(domains)}"
        return self._account() if choice < 0.2 else self._address()

    def _pattern(self) -> str:
        domain = self.rng.choice(self.hosted).replace(".", "\\.")
        return self.rng.choice(
            (f"/^(.*)@{domain}$/", f"/^b(.*)@{domain}$/", f"/^{self.rng.choice(self.names)}@(.*)$/")
        )

    def _pattern_value(self) -> str:
        return self.rng.choice((f"$1@{self.rng.choice([*self.hosted, 'ext.example'])}", self._item()))

    def _item(self) -> str:
        """Draw one destination."""
        choice = self.rng.random()
        if choice < 0.25:
            return f"x@{self.rng.choice(_OUTSIDE)}"
        if choice < 0.3:
            return self._account()
        return f"@{self.rng.choice([*self.hosted, 'ext.example'])}" if choice < 0.33 else self._address()

    def _member(self) -> str:
        """Draw a member of an include; local(8) looks for aliases of those in local domains first."""
        address = self._address()
        return "x@ext.example" if address.rpartition("@")[2].lower() in self.domains["local"] else address

    def _value(self) -> str:
        if self._happens(0.08):
            return f"@{self.rng.choice([*self.hosted, *_OUTSIDE])}"
        items = [self._item() for _ in range(self.rng.choice((1, 1, 1, 2, 2, 3)))]
        return _written(items, self.rng) if self.odd else ", ".join(items)

    def _alias_value(self) -> str:
        items = [
            self.rng.choice(_ALIASES_ONLY) if self._happens(0.15) else self._item()
            for _ in range(self.rng.choice((1, 1, 2, 3)))
        ]
        return ", ".join(self._account() if self._happens(0.4) else item for item in items)


def _is_route(local: str) -> bool:
    """Tell whether a local part names another domain: an extension would make that domain invalid."""
    return any(mark in local for mark in "%!@")


def _extension(rng: Random, delimiter: str) -> str:
    return rng.choice(_EXTENSIONS).format(rng.choice(delimiter))


def _extend(local: str, extension: str) -> str:
    """Append an extension; a table of Postfix finds a key only if it is quoted where it must be."""
    bare = local.strip('"') + extension
    must = local.startswith('"') or bare.endswith(".") or ".." in bare
    return f'"{bare}"' if must else bare


def _shout(address: str, rng: Random) -> str:
    """Write some addresses in another case."""
    return rng.choice((address.upper(), address.title())) if rng.random() < 0.05 else address


def _written(items: Sequence[str], rng: Random) -> str:
    """Write a list of destinations as people do."""
    separators = (", ", ",", "; ", " , ,")
    separator = rng.choice(separators if any(item.startswith("@") for item in items) else (*separators, " "))
    decorated = []
    for item in items:
        choice = rng.random()
        if choice < 0.1:
            decorated.append(f"Some Name <{item}>")
        elif choice < 0.15:
            decorated.append(f"{item} (a comment)")
        elif choice < 0.2 and "@" in item and separator.strip():
            decorated.append(f"{item}.")
        else:
            decorated.append(item)
    return separator.join(decorated)
