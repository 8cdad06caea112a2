"""Ask a table that cannot be listed for the keys that are known from elsewhere: ``postmap -q -``.

What only such a table knows is not found: a key that stands in no other table and in no domain's
list. A domain as a whole is found, by a local part that nobody has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator  # noqa: TC003 (attrs reads the fields)
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.sdk import Origin, Remark
from forwardresolve_backends._postfix_entries import Entry

if TYPE_CHECKING:
    from forwardresolve_backends._postfix_commands import Commands

NOBODY: Final = "nobody-has-this-name-7d1f"
"""A local part that stands for every one that no table names."""

_WHOLE_ADDRESS_ONLY: Final = ("regexp", "pcre", "tcp", "socketmap")
"""Types that Postfix asks for a whole address only (maps_find with partial keys leaves them out)."""


@attrs.define
class Candidates:
    """The keys that are known.

    Args:
        addresses: Addresses, folded.
        domains: Domains.
        names: Bare names.
    """

    addresses: set[str] = attrs.field(factory=set)
    domains: set[str] = attrs.field(factory=set)
    names: set[str] = attrs.field(factory=set)
    are_needed: bool = False

    def add(self, keys: Iterable[str]) -> None:
        """Take in the keys of a table."""
        for key in keys:
            local, at, domain = key.rpartition("@")
            if local:
                self.addresses.add(key)
            if at:
                self.domains.add(domain)
            else:
                self.names.add(key)


def probed(table: str, role: str, commands: Commands, candidates: Candidates) -> Iterator[Entry | Remark]:
    """Ask a table.

    Args:
        table: The table, without ``proxy:``.
        role: What Postfix has it for; it says of what form the keys are.
        commands: Postfix' programs.
        candidates: The keys that are known.

    Raises:
        BackendError: It cannot be asked.
    """
    keys = _keys(table, role, candidates)
    origin = Origin(table)
    for key, value in commands.ask(table, keys):
        local, at, domain = key.rpartition("@")
        if local == NOBODY:
            yield Entry(f"{at}{domain}", value.replace(NOBODY, "").strip(), origin)
        else:
            yield Entry(key, value, origin)
    said = (
        f"{table} cannot be listed; it was asked for the {len(keys)} keys that other tables name. What "
        "only it knows is not found."
    )
    yield Remark("postfix-table-probed", said, origin=origin)


def _keys(table: str, role: str, candidates: Candidates) -> list[str]:
    if role == "domain":
        return sorted(candidates.domains | {name for name in candidates.names if "." in name})
    if role == "local":
        return sorted(candidates.names | {key.rpartition("@")[0] for key in candidates.addresses})
    keys = candidates.addresses | {f"{NOBODY}@{domain}" for domain in candidates.domains}
    if table.partition(":")[0] not in _WHOLE_ADDRESS_ONLY:
        keys |= {f"@{domain}" for domain in candidates.domains} | candidates.names
        if role == "transport":
            keys |= candidates.domains
    return sorted(keys)
