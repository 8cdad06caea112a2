"""Findings about where forwardings lead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forwardresolve.addresses import domain_of
from forwardresolve.findings.catalogue import found
from forwardresolve.findings.typos import nearest_domains

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.findings.finding import Finding
    from forwardresolve.findings.strays import Stray, Strays
    from forwardresolve.graph import ForwardingGraph

_DANGLING_IN_ALL: Final = 20
"""So many are one problem where no source names a mailbox at all."""


def of_ends(graph: ForwardingGraph, strays: Strays) -> Iterator[Finding]:
    """Say which destinations end where somebody should look."""
    dangling = []
    for stray in strays.strays:
        if stray.final is None:
            continue
        kind, address = stray.final.kind, stray.final.address
        origin = stray.table.origin(stray.key, stray.destination)
        if kind == "undeliverable":
            if graph.kind(domain_of(address)) != "suspended":
                dangling.append(found("dangling-destination", _bounces(stray, address), stray.key, origin))
        elif kind == "opaque":
            text = f"{stray.key} delivers into {_shown(address)}, and nobody can see where it goes from there"
            yield found("opaque-destination", text, stray.key, origin)
        elif kind == "autoreply":
            text = f"{stray.key} is answered by an autoresponder, {address}"
            yield found("autoreply-destination", text, stray.key, origin)
        elif kind == "mailbox" and "@" not in address and "@" in stray.key:
            text = f"{stray.key} forwards to {address}, which has no domain: an account of the mail host"
            yield found("bare-destination", text, stray.key, origin)
    if len(dangling) > _DANGLING_IN_ALL and not graph.rows.mailboxes:
        text = f"no source names a mailbox, so {len(dangling)} destinations seem to lead nowhere"
        yield found("no-mailboxes", text)
    else:
        yield from dangling


def of_typos(graph: ForwardingGraph, strays: Strays) -> Iterator[Finding]:
    """Say which outside domains are one slip from a hosted one, and who forwards there."""
    ends = (stray.final.address for stray in strays.strays if stray.final and stray.final.kind == "external")
    outside = strays.outside.union(map(domain_of, ends)) - {""}
    rows = graph.rows
    nearest = nearest_domains(outside, rows.domains.keys() | rows.domain_aliases.keys())
    if not nearest:
        return
    users: dict[str, list[tuple[str, str]]] = {}
    virtual = rows.tables["virtual"]
    for key, row in virtual.rows.items():
        for each in row:
            if (domain := each.rpartition("@")[2]) in nearest:
                users.setdefault(domain, []).append((key, each))
    for domain, rows_there in users.items():
        key, destination = min(rows_there)
        more = f" (and {len(rows_there) - 1} more)" if len(rows_there) > 1 else ""
        text = (
            f"{key} forwards to {destination}{more}: {domain} is hosted nowhere here; "
            f"did you mean {nearest[domain]}?"
        )
        yield found("unknown-domain", text, key, virtual.origin(key, destination))


def of_suspended(graph: ForwardingGraph, strays: Strays) -> Iterator[Finding]:
    """Say which suspended domains rows still forward to, or stand for."""
    suspended = {name for name, kind in graph.rows.domains.items() if kind == "suspended"}
    if not suspended:
        return
    used: dict[str, list[tuple[str, str]]] = {}
    virtual = graph.rows.tables["virtual"]
    for stray in strays.strays:
        domain = domain_of(stray.final.address) if stray.final else ""
        if domain in suspended and stray.key != stray.destination:
            used.setdefault(domain, []).append((stray.key, stray.destination))
    for key in virtual:
        domain = domain_of(key)
        if domain in suspended:
            used.setdefault(domain, []).append((key, (virtual.get(key) or (key,))[0]))
    for domain, rows_there in used.items():
        key, destination = min(rows_there)
        count = "a row uses" if len(rows_there) == 1 else f"{len(rows_there)} rows use"
        text = f"{domain} is suspended, yet {count} it: {key} forwards to {destination}"
        yield found("suspended-domain", text, key, virtual.origin(key, destination))


def _bounces(stray: Stray, address: str) -> str:
    if stray.destination == stray.key:
        return f"{stray.key} keeps its mail but has no mailbox, so the mail bounces"
    becomes = "" if address == stray.destination else f"; it becomes {address}"
    return f"{stray.key} forwards to {stray.destination}, which nobody here takes{becomes}"


def _shown(destination: str) -> str:
    what = {"|": "the command ", "/": "the file ", ":": "the include "}
    return what.get(destination.lstrip('"')[:1], "") + destination
