"""Which names are decided together, and which of them a place decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forwardresolve.addresses import split_address, split_extension
from forwardresolve.names import account_names, further_names, knows_accounts, onward_domains, plan_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forwardresolve.live.mentions import Mentions
    from forwardresolve.nodes import Nodes


class Known:
    """The names that some row knows, in groups: a base, with the extensions that are known with it.

    Attributes:
        hosted: All hosted domains.
        above: Each domain, and those whose addresses go on to it with their local part kept.
        entered: Hosted domains whose recipients are rewritten or copied before aliases are looked at.

    Args:
        nodes: The places.
        mentions: The keys of each domain.
    """

    def __init__(self, nodes: Nodes, mentions: Mentions) -> None:
        graph = nodes.graph
        self._nodes = nodes
        self._mentions = mentions
        self._virtual = graph.rows.tables["virtual"]
        self._delimiters = graph.settings.recipient_delimiter
        plan = plan_names(nodes)
        self.hosted = set(plan.hosted)
        self._lower = plan.special
        self._looking = plan.looking
        self.above = _turned_round(onward_domains(graph))
        self._hosts = frozenset(lower for lower in plan.gathered if knows_accounts(graph, lower))
        self._account_domains = self._looking_into(self._hosts)
        self.entered = self._entered()
        tagged = (name for name in nodes.tagged if name in self._virtual)
        self._extensions = self._grouped((*tagged, *nodes.derived))
        further = (name for name in further_names(nodes) if split_address(name)[1] in plan.gathered)
        self._further = self._grouped(further)
        self._accounts: dict[str, dict[str, None]] = {}
        for name in account_names(nodes):
            base, extension = split_extension(name, self._delimiters)
            self._accounts.setdefault(base, {})[extension] = None

    def is_alone(self, domain: str) -> bool:
        """Tell whether a domain looks into no other, whether it is hosted or not."""
        return domain not in self._looking

    def host(self, domain: str, *, hosted: bool) -> None:
        """Note that such a domain is hosted, or not any more."""
        (self.hosted.add if hosted else self.hosted.discard)(domain)

    def extend(self, name: str) -> None:
        """Note a key that has a delimiter in it."""
        base, extension = self.split(name)
        self._extensions.setdefault(base, {})[extension] = None

    def shorten(self, name: str) -> None:
        """Forget such a key."""
        base, extension = self.split(name)
        self._extensions[base].pop(extension)
        if not self._extensions[base]:
            del self._extensions[base]

    def split(self, name: str) -> tuple[str, str]:
        """Take the extension off an address."""
        local, domain = split_address(name)
        base, extension = split_extension(local, self._delimiters)
        return f"{base}@{domain}", extension

    def is_plain(self, domain: str) -> bool:
        """Tell whether a hosted domain looks into no other."""
        return domain not in self._lower

    def is_lone(self, key: str) -> bool:
        """Tell whether the row of a plain domain decides its name alone, and all extensions with it."""
        return key not in self._extensions and key not in self._nodes.starred

    def extensions(self, base: str) -> set[str]:
        """Return the extensions that are known with a base; an empty one stands for the base itself."""
        local, domain = split_address(base)
        found: set[str] = set()
        for lower in self._lower.get(domain, (domain,)):
            name = f"{local}@{lower}"
            found.update(self._extensions.get(name, ()))
            if name in self._virtual:
                found.add("")
            if domain in self._lower:
                found.update(self._further.get(name, ()))
            if lower in self._hosts:
                found.update(self._accounts.get(local, ()))
        return found

    def above_all(self, domain: str) -> tuple[str, ...]:
        """Return a domain and all those whose addresses go on to it with their local part kept."""
        return (domain, *self.above.get(domain, ()))

    def groups_of(self, place: str) -> Iterator[str]:
        """Yield the bases, each with its domain, of all names that may be decided in a place.

        Args:
            place: A place that is neither a catch-all nor a pattern's.
        """
        local, domain = split_address(place) if place[-1] != "@" else (place[:-1], "")
        local = split_extension(local, self._delimiters)[0]
        for each in self.above_all(domain) if domain else self._account_domains:
            if each in self.hosted:
                yield f"{local}@{each}"

    def groups_in(self, domain: str) -> Iterator[str]:
        """Yield the bases of all known names of a hosted domain."""
        found: dict[str, None] = {}
        for lower in self._lower.get(domain, (domain,)):
            for name in self._mentions.names_in(lower):
                if name in self._virtual:
                    found[split_address(self.split(name)[0])[0]] = None
        if domain in self._lower:
            further = map(split_address, self._further)
            found.update((local, None) for local, lower in further if lower in self._lower[domain])
        if not self._hosts.isdisjoint(self._lower.get(domain, ())):
            found.update((base, None) for base in self._accounts)
        found.pop("", None)
        yield from (f"{local}@{domain}" for local in found)

    def _grouped(self, names: Iterable[str]) -> dict[str, dict[str, None]]:
        found: dict[str, dict[str, None]] = {}
        for name in names:
            base, extension = self.split(name)
            found.setdefault(base, {})[extension] = None
        return found

    def _looking_into(self, lowers: Iterable[str]) -> tuple[str, ...]:
        wanted = frozenset(lowers)
        return tuple(domain for domain, below in self._lower.items() if not wanted.isdisjoint(below))

    def _entered(self) -> tuple[str, ...]:
        tables = self._nodes.graph.rows.tables
        keys = (*tables["canonical"], *tables["bcc"])
        found = self._looking_into(split_address(key)[1] for key in keys if "@" in key)
        bare = self._account_domains if any("@" not in key for key in keys) else ()
        return tuple(dict.fromkeys((*found, *bare)))


def _turned_round(onward: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Map each domain to all above it, given those right below."""
    right_above: dict[str, list[str]] = {}
    for domain, lowers in onward.items():
        for lower in lowers:
            right_above.setdefault(lower, []).append(domain)
    found = {}
    for domain in right_above:
        queue = [domain]
        seen = {domain}
        for here in queue:
            further = [each for each in dict.fromkeys(right_above.get(here, ())) if each not in seen]
            seen.update(further)
            queue += further
        found[domain] = tuple(queue[1:])
    return found
