"""Follow an address to the row that decides, over everything that only passes it on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forwardresolve.addresses import FRESH, append_extension, split_address
from forwardresolve.destinations import is_glued
from forwardresolve.patterns import PATTERN

if TYPE_CHECKING:
    from forwardresolve.graph import ForwardingGraph

OUTSIDE: Final = "\0outside"
INSIDE: Final = "\0inside"


class Arrivals:
    """Where addresses arrive in a graph.

    Rewriting domains, domain aliases and rows that list only themselves are stepped over.

    Attributes:
        graph: The graph.
        mixed: Domains in which an extension changes more than the base says: the target of an
            alias domain has a catch-all, which answers for the full address before the name
            without its extension is asked; in a local domain ``user%host`` is a route.
    """

    def __init__(self, graph: ForwardingGraph) -> None:
        self.graph = graph
        self._virtual = graph.rows.tables["virtual"]
        self._local = graph.rows.tables["local"]
        self._shortcuts = _shortcuts(graph)
        rows = graph.rows
        self._single_addresses = bool(rows.transports or rows.relocated or rows.patterns)
        self._defaults: dict[str, str] = {}
        self._rewriting: tuple[tuple[str, str], ...] | None = None
        self.mixed = self._mixed()
        for domain in rows.domains:  # by their own texts, not by those of a million destinations
            self.default(domain)

    def arrive(self, address: str) -> tuple[str, str]:
        """Follow an address to the row that decides.

        Args:
            address: A normalised address inside the mail system; it may hold `FRESH`.

        Returns:
            The key of the row (an account of aliases(5) with an ``@`` behind it; `PATTERN` and the
            address itself where a pattern answers), and the extension it was found without; or
            nothing and the address where the mail ends. A circle of rewriting domains arrives at
            nothing and nothing.
        """
        seen: set[str] = set()
        while "@" in address:
            local, _, domain = address.rpartition("@")
            if domain in seen:
                return "", ""
            seen.add(domain)
            target = self._shortcuts.get(domain)
            if target is not None:
                address = f"{local}@{target}"
                if not target:
                    return "", ""
            found = self.graph.find(address)
            onward = address if found is None else self._passed_on(address, *found)
            if onward is None and found is not None:
                key, extension = found
                return (f"{PATTERN}{address}", "") if self._answers_whole(key) else (key, extension)
            if onward == address:
                return self.stop(address)
            address = onward or ""
        return self._arrive_account(address)

    def _passed_on(self, address: str, key: str, extension: str) -> str | None:
        """Return what a row makes of an address that it only passes on; None where it decides."""
        row = self._virtual.rows.get(key)
        if row == ():
            return f"{split_address(address)[0]}{key}" if key[0] == "@" else append_extension(key, extension)
        if row is None or row[0][0] != "@" or len(row) > 1 or is_glued(row[0]):
            return None
        return f"{split_address(address)[0]}{row[0]}"

    def _answers_whole(self, key: str) -> bool:
        """Tell whether what a row answers depends on the whole address: see `PATTERN`."""
        row = self._virtual.rows.get(key)
        return row is None or is_glued(row[0])

    def stop(self, address: str) -> tuple[str, str]:
        """Return where an address arrives that virtual aliases do not take further."""
        if self.graph.kind(split_address(address)[1]) == "local":
            for arrow in self.graph.stop(address).arrows:
                return self._arrive_account(arrow.destination)
        return "", address

    def default(self, domain: str) -> str:
        """Return where a local part arrives that no row names and no delimiter splits.

        Args:
            domain: A normalised domain.

        Returns:
            The key of the row, `OUTSIDE` or `INSIDE`; nothing where it depends on the local part:
            in a domain that looks into others, and where single addresses go elsewhere.
        """
        found = self._defaults.get(domain)
        if found is None:
            found = self._defaults[domain] = self._default(domain)
        return found

    def passes(self, domain: str) -> bool:
        """Tell whether a domain is stepped over as a whole, because it has no rows of its own."""
        return domain in self._shortcuts

    def look_again(self, domain: str, *, rewriting: bool = False) -> None:
        """Look again where the addresses of a domain arrive.

        Args:
            domain: The domain; its catch-all or its class has changed, or it stands for another.
            rewriting: Whether it may rewrite now, or no longer.
        """
        self._defaults.pop(domain, None)
        if rewriting:
            self._shortcuts = _shortcuts(self.graph)
            self._rewriting = None
        aliases = self.graph.rows.domain_aliases
        if rewriting or domain in aliases or domain in self.mixed or domain in aliases.values():
            self.mixed = self._mixed()

    def end(self, address: str) -> str:
        """Return whether mail that ends at an address is `OUTSIDE` or `INSIDE`."""
        return OUTSIDE if address and self.graph.ends.outside(address) else INSIDE

    def _default(self, domain: str) -> str:
        graph = self.graph
        row = self._virtual.rows.get(f"@{domain}")
        rewrites = row and row[0][0] == "@"
        accounts = graph.kind(domain) == "local" or domain == graph.settings.myorigin
        if rewrites or accounts or self._single_addresses or domain in graph.rows.domain_aliases:
            return ""
        unknown = f"{FRESH}@{domain}"
        key, rest = self.arrive(unknown) if row else ("", unknown)
        return key or self.end(rest)

    def _mixed(self) -> frozenset[str]:
        aliases = self.graph.rows.domain_aliases
        mixed = {alias for alias, target in aliases.items() if f"@{target}" in self._virtual}
        mixed |= {domain for domain, kind in self.graph.rows.domains.items() if kind == "local"}
        if mixed:
            # Whatever rewrites to such a domain inherits it; few do, so a few rounds are enough.
            if self._rewriting is None:
                self._rewriting = tuple(
                    (key[1:], row[0].rpartition("@")[2]) for key, row in self._virtual.rewriting()
                )
            while further := {domain for domain, lower in self._rewriting if lower in mixed} - mixed:
                mixed |= further
        return frozenset(mixed)

    def _arrive_account(self, account: str) -> tuple[str, str]:
        hop = self.graph.step(account)
        return (f"{hop.row}@", "") if self._local.rows.get(hop.row) else ("", account)


def _shortcuts(graph: ForwardingGraph) -> dict[str, str]:
    """Map each rewriting domain without rows of its own to the next domain that decides.

    A circle maps to nothing. Without it a chain of rewriting domains would be walked anew for
    every destination.
    """
    virtual = graph.rows.tables["virtual"]
    rewrites = {
        key[1:]: row[0][1:] for key, row in virtual.rewriting() if len(row) == 1 and not is_glued(row[0])
    }
    if not rewrites:
        return {}
    for key in virtual:
        if key[0] != "@":
            rewrites.pop(key.rpartition("@")[2], None)
    rewrites = {
        domain: target
        for domain, target in rewrites.items()
        if domain != target
        and domain not in graph.rows.domain_aliases
        and domain != graph.settings.myorigin
        and graph.kind(domain) != "local"
    }
    shortcuts: dict[str, str] = {}
    for start in rewrites:
        chain: dict[str, None] = {}
        domain = start
        while domain in rewrites and domain not in shortcuts and domain not in chain:
            chain[domain] = None
            domain = rewrites[domain]
        stop = "" if domain in chain else shortcuts.get(domain, domain)
        shortcuts.update(dict.fromkeys(chain, stop))
    return shortcuts
