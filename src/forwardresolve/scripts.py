"""Redirects of mailboxes (Sieve, RFC 5228): they take mail on where a mailbox would have got it.

A script runs when mail has come to its mailbox, behind all aliases. So its redirects count where
nothing else takes the address on, or where its row lists the address itself; elsewhere the mailbox
never sees mail, and the script is dead. A script that counts is put into virtual aliases, where it
says the same for every way to the address: with an extension, under a domain alias, in a list.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forwardresolve.addresses import split_address, split_extension

if TYPE_CHECKING:
    from forwardresolve.ends import Ends
    from forwardresolve.lookup import Lookup
    from forwardresolve.records import Origin
    from forwardresolve.rows import Rows


def run_scripts(rows: Rows, lookup: Lookup, ends: Ends) -> None:
    """Put the redirects of mailboxes that mail comes to into virtual aliases.

    Args:
        rows: What the sources said, complete; its virtual aliases are changed.
        lookup: The look-up in these rows.
        ends: The ends of paths in these rows.
    """
    virtual, scripts = rows.tables["virtual"], rows.tables["sieve"]
    changed: dict[str, dict[str, Origin]] = {}
    for address in scripts:
        onward = _aliases(address, rows, lookup)
        if onward is not None and ends.sent_elsewhere(address) is None:
            changed[address] = onward | (scripts.arrows(address) or {})
    for address, arrows in changed.items():
        rows.scripted[address] = virtual.arrows(address)
        virtual.replace(address, dict(sorted(arrows.items())))


def stop_scripts(rows: Rows) -> None:
    """Take the redirects of mailboxes out of virtual aliases again, so that rows can be changed.

    Args:
        rows: The rows; afterwards they are as the sources gave them.
    """
    for address, arrows in rows.scripted.items():
        rows.tables["virtual"].replace(address, arrows)
    rows.scripted.clear()


def _aliases(address: str, rows: Rows, lookup: Lookup) -> dict[str, Origin] | None:
    """Return what aliases make of an address besides itself; None where they take it from its mailbox."""
    virtual = rows.tables["virtual"]
    found = lookup.find(address, virtual)
    arrows = tuple(lookup.answers(address, virtual, found)) if found else ()
    onward = {arrow.destination: arrow.origin for arrow in arrows if arrow.destination != address}
    if found and len(onward) == len(arrows):
        return None
    local, domain = split_address(address)
    if rows.domains.get(domain) == "local":
        accounts = rows.tables["local"]
        base, _ = split_extension(local, lookup.delimiters)
        key = next((name for name in (local, base) if name in accounts), None)
        if key is not None:
            row = accounts.get(key) or ()
            return onward | {address: accounts.origin(key, key)} if key in row else None
    return onward
