"""What a script would read from a PostfixAdmin database, and how it would look an address up.

It knows catch-alls, alias domains, case and lists between commas. It knows no extensions, no IDN in
U-labels, no comments or quotes in an address, no accounts of the host, no domains that rewrite.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Panel:
    """The rows of a database, in dictionaries."""

    def __init__(self, database: str) -> None:
        with closing(sqlite3.connect(database)) as panel:
            self.hosted = {name.lower() for (name,) in panel.execute("SELECT domain FROM domain")}
            pairs = panel.execute("SELECT alias_domain, target_domain FROM alias_domain WHERE active")
            self.twins = {alias.lower(): target.lower() for alias, target in pairs}
            self.hosted.update(self.twins)
            self.rows: dict[str, list[str]] = {}
            for address, goto in panel.execute("SELECT address, goto FROM alias WHERE active"):
                destinations = [each.strip() for each in goto.lower().split(",")]
                self.rows.setdefault(address.lower(), []).extend(destinations)

    def find(self, address: str) -> str | None:
        """Return the key of the row that answers for an address."""
        if address in self.rows:
            return address
        local, _, domain = address.rpartition("@")
        target = self.twins.get(domain)
        keys = (f"@{domain}",) if target is None else (f"{local}@{target}", f"@{target}", f"@{domain}")
        return next((key for key in keys if key in self.rows), None)

    def is_outside(self, address: str) -> bool:
        """Tell whether an address that no row answers for is somebody else's."""
        return address.rpartition("@")[2] not in self.hosted

    def names(self) -> Iterator[str]:
        """Walk the hosted names that rows know, in alias domains too; ``@domain`` for the unknown ones."""
        yield from (key for key in self.rows if not self.is_outside(key))
        locals_of = defaultdict(list)
        targets = set(self.twins.values())
        for key in self.rows:
            local, _, domain = key.rpartition("@")
            if domain in targets:
                locals_of[domain].append(local)
        for alias, target in self.twins.items():
            yield from (f"{local}@{alias}" for local in locals_of[target])
