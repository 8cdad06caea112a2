"""The finite table that decides every possible recipient of the hosted domains.

A recipient is looked up in this order; the first entry found decides, and nothing found means no:
the full address; if it splits, ``base+*@domain``; then ``base@domain``; then ``@domain``; then
``@.parent`` upwards. An entry stands in the table only where the look-up would say otherwise
without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.addresses import split_address, split_extension

if TYPE_CHECKING:
    from collections.abc import Mapping


STAR: Final = "+*"
"""What ends the local part of a key that stands for every extension without an entry of its own."""


@attrs.frozen
class Entry:
    """One line of the table.

    Args:
        key: ``address``; ``base+*@domain`` for the base with any extension that has no entry of
            its own (always written with ``+``); ``@domain`` for every other local part;
            ``@.domain`` for every address of its subdomains. An address whose own local part ends
            like that is written in quotes: ``"base+*"@domain``.
        listed: False for an exception from a wider entry.
    """

    key: str
    listed: bool = True

    def __str__(self) -> str:
        """Write it as the reference table does: an exception has a ``-`` behind it."""
        return self.key if self.listed else f"{self.key} -"


def exact_key(address: str) -> str:
    """Return the key that stands for one normalised address and for nothing else."""
    if f"{STAR}@" not in address:
        return address
    local, domain = split_address(address)
    return f'"{local}"@{domain}' if local.endswith(STAR) else address


def look_up(table: Mapping[str, bool], address: str, delimiters: str) -> bool:
    """Decide a recipient by the table alone.

    Args:
        table: Key to `Entry.listed`.
        address: A normalised address.
        delimiters: Postfix' ``recipient_delimiter``.

    Returns:
        Whether the recipient is listed.
    """
    local, domain = split_address(address)
    base, extension = split_extension(local, delimiters)
    keys = [exact_key(address)]
    if extension:
        keys += [f"{base}{STAR}@{domain}", exact_key(f"{base}@{domain}")]
    keys.append(f"@{domain}")
    while "." in domain:
        domain = domain.partition(".")[2]
        keys.append(f"@.{domain}")
    return next((table[key] for key in keys if key in table), False)
