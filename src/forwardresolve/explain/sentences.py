"""One sentence about an address: why it is listed, or why not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forwardresolve.addresses import domain_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forwardresolve.graph import ForwardingGraph
    from forwardresolve.reachability import Verdict
    from forwardresolve.settings import FinalKind

_PLACES: Final[Mapping[FinalKind, tuple[str, str]]] = {
    "mailbox": ("a mailbox", "mailboxes"),
    "relay": ("a relay domain", "addresses of relay domains"),
    "opaque": ("a command or file that cannot be followed", "commands and files that cannot be followed"),
    "discard": ("the bin", "addresses that are thrown away"),
    "autoreply": ("an autoresponder", "autoresponders"),
    "list": ("a mailing list", "mailing lists"),
}


def why(graph: ForwardingGraph, verdict: Verdict, ways: Sequence[tuple[str, ...]]) -> str:
    """Say why an address is listed, or why not.

    Args:
        graph: The graph.
        verdict: The verdict about the address.
        ways: Its ways out, shortest first.
    """
    name = verdict.address
    if not verdict.hosted:
        return f"{name} is not listed: {_not_accepted(graph, name)}."
    if verdict.listed:
        told = f"{name} is listed: {_leaves(verdict, ways)}{_copy(verdict)}."
    elif verdict.reaches_external:
        told = (
            f"{name} is not listed, although {_leaves(verdict, ways)}: it keeps a copy, and "
            'kept_copy = "ignore" leaves such addresses to the filter of the mailbox.'
        )
    elif verdict.status == "loop" and not verdict.finals:
        told = f"{name} is not listed: its mail goes round in a circle and never leaves."
    else:
        told = f"{name} is not listed: {_stays(verdict)}."
    return told + _refused(verdict)


def _not_accepted(graph: ForwardingGraph, address: str) -> str:
    domain = domain_of(address) or graph.settings.myorigin
    if not domain:
        return "it has no domain, so it is an account of the mail host, which nobody outside can write to"
    kind = graph.kind(domain)
    if kind == "suspended":
        return f"{domain} is suspended, so mail to it is refused"
    if kind == "internal":
        return f"{domain} is declared internal, but mail for it is not accepted here"
    if kind == "external":
        return f"no source hosts {domain}, so it is itself outside"
    return "Postfix accepts no mail from outside for an address that holds a route"


def _leaves(verdict: Verdict, ways: Sequence[tuple[str, ...]]) -> str:
    """Say where mail leaves, and how far that is."""
    ends = {way[-1] for way in ways}
    count = len(ways[0]) - 1
    if ways[0][-1] == verdict.address:
        first = "mail to its domain counts as outside"
    elif count == 1:
        first = f"it forwards to {ways[0][-1]}"
    else:
        first = f"its mail reaches {ways[0][-1]} over {count} forwardings"
    others = len(ends) - 1
    more = "" if not others else f", and {others} more {'address' if others == 1 else 'addresses'} outside"
    return first + more


def _copy(verdict: Verdict) -> str:
    if not verdict.keeps_copy:
        return ""
    mailboxes = [final.address for final in verdict.finals if final.kind == "mailbox"]
    if len(mailboxes) > 1:
        return f"; copies stay in {len(mailboxes)} mailboxes"
    where = (
        "here"
        if not mailboxes
        else "in its mailbox"
        if mailboxes == [verdict.address]
        else f"in {mailboxes[0]}"
    )
    return f"; a copy stays {where}"


def _stays(verdict: Verdict) -> str:
    """Say where mail ends that does not leave."""
    kinds: dict[FinalKind, list[str]] = {}
    for final in verdict.finals:
        kinds.setdefault(final.kind, []).append(final.address)
    bounced = kinds.pop("undeliverable", [])
    if not kinds:
        return "nobody takes its mail, so it bounces"
    ends = [_place(kind, found, verdict.address) for kind, found in kinds.items()]
    text = "its mail stays, in " + " and in ".join(ends)
    return f"{text}; at {', '.join(bounced)} it bounces" if bounced else text


def _place(kind: FinalKind, addresses: Sequence[str], name: str) -> str:
    one, many = _PLACES[kind]
    if len(addresses) > 1:
        return f"{len(addresses)} {many}"
    if kind == "mailbox":
        return "its own mailbox" if addresses[0] == name else f"the mailbox {addresses[0]}"
    return f"{one} ({addresses[0]})"


def _refused(verdict: Verdict) -> str:
    """Say that Postfix cannot expand it."""
    if verdict.status == "ok":
        return ""
    why_not = "goes round in a circle" if verdict.status == "loop" else "goes beyond a limit"
    kept = "; it stays on the list for the day that this is repaired" if verdict.listed else ""
    return f" At present Postfix refuses mail to it with 451, because the expansion {why_not}{kept}."
