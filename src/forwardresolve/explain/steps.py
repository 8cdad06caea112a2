"""What becomes of one address in one step, put into words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.addresses import split_address
from forwardresolve.patterns import PATTERN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forwardresolve.graph import ForwardingGraph
    from forwardresolve.hops import Arrow, Hop
    from forwardresolve.settings import FinalKind

_ENDS: Final[Mapping[FinalKind, str]] = {
    "external": "leaves",
    "relay": "is passed on to a relay domain",
    "mailbox": "ends in a mailbox",
    "opaque": "cannot be followed any further",
    "discard": "is thrown away",
    "autoreply": "is answered by an autoresponder and goes no further",
    "list": "goes to a mailing list",
}


@attrs.frozen
class End:
    """Where a way ends.

    Args:
        kind: What becomes of the mail.
        address: The address, as it is when it gets there.
        outside: It counts as outside.
        kept: The address is forwarded as well; this is the copy that stays.
        text: The same in words.
    """

    kind: FinalKind
    address: str
    outside: bool
    kept: bool
    text: str


@attrs.frozen
class Step:
    """One address on the way.

    Args:
        address: The address.
        answered: How a row came to answer for it, in words; empty where the row is its own.
        arrows: The ways on; those that leave come first, the shortest at the front.
        end: Where mail ends here; None where all of it goes on.
        distance: How many forwardings it is to the nearest end outside; None where none leaves.
    """

    address: str
    answered: str
    arrows: tuple[Arrow, ...]
    end: End | None
    distance: int | None = None


def step_of(graph: ForwardingGraph, hop: Hop) -> Step:
    """Put a hop into words; its distance is not known yet."""
    end = None
    if hop.final is not None:
        kind, address = hop.final.kind, hop.final.address
        outside = graph.settings.counts_as_outside(kind)
        kept = bool(hop.arrows)
        text = "a copy stays in its mailbox" if kept and kind == "mailbox" else _end(graph, hop)
        if outside and kind != "external":
            text += ", which counts as outside"
        end = End(kind, address, outside, kept, text)
    return Step(hop.address, _answered(graph, hop), hop.arrows, end)


def _answered(graph: ForwardingGraph, hop: Hop) -> str:
    """Say how a row came to answer."""
    key, (local, domain) = hop.row, split_address(hop.address)
    if not key or key == hop.address:
        return ""
    if key.startswith(PATTERN):
        pattern = graph.rows.patterns[int(key.removeprefix(PATTERN))]
        return f"pattern {pattern.expression.pattern}"
    if hop.table == "local":
        extension = local.removeprefix(key)
        return f"the account {key} of the mail host{f', {extension} is dropped' if extension else ''}"
    key_domain = split_address(key)[1]
    words = []
    if key_domain and key_domain != domain:
        words.append(f"{domain} stands for {key_domain}")
    if key[0] == "@":
        row = graph.rows.tables["virtual"].get(key) or ("",)
        how = "the whole domain is rewritten by" if row[0][:1] == "@" else "taken by the catch-all"
        words.append(f"{how} {key}")
    else:
        words.append(f"row {key}")
    if hop.extension:
        words.append(f"{hop.extension} goes along")
    return ", ".join(words)


def _end(graph: ForwardingGraph, hop: Hop) -> str:
    """Say where mail ends."""
    assert hop.final is not None  # noqa: S101 (asked only where it ends)
    kind, address = hop.final.kind, hop.final.address
    of = "" if address == hop.address else f" as {address}"
    if kind == "opaque":
        return f"goes into {_what(address)}, and nobody can see where from there"
    if kind == "undeliverable":
        return f"bounces{of} ({_why_not(graph, address)})"
    return _ENDS[kind] + of


def _what(destination: str) -> str:
    names = {"|": "a command", "/": "a file", ":": "an include"}
    return names[destination.lstrip('"')[:1]]


def _why_not(graph: ForwardingGraph, address: str) -> str:
    """Say why an address cannot be delivered."""
    local, domain = split_address(address)
    if not domain:
        return "the mail host has no such account"
    kind = graph.kind(domain)
    if kind == "suspended":
        return f"{domain} is suspended"
    if local[:1] == "-":
        return "Postfix takes no address that begins with a hyphen"
    if graph.ends.sent_elsewhere(address):
        moved = graph.rows.relocated
        return (
            "its owner has moved" if address in moved or f"@{domain}" in moved else "its transport refuses it"
        )
    if kind == "alias":
        return f"{domain} has no mailboxes"
    return "no such mailbox"
