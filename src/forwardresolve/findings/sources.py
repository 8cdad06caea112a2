"""Findings about the addresses that rows stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forwardresolve.addresses import FRESH, domain_of, split_address, split_extension
from forwardresolve.expansion import shortest_path
from forwardresolve.findings.catalogue import found
from forwardresolve.places import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.findings.finding import Finding
    from forwardresolve.findings.keys import Keys
    from forwardresolve.findings.strays import Strays
    from forwardresolve.graph import ForwardingGraph
    from forwardresolve.nodes import Nodes
    from forwardresolve.reachability import Resolution


def of_unhosted(graph: ForwardingGraph, keys: Keys) -> Iterator[Finding]:
    """Say which domains nobody hosts although rows stand for addresses in them."""
    virtual = graph.rows.tables["virtual"]
    for domain, there in keys.foreign.items():
        first = min(there)
        stands = (
            f"{first} forwards" if len(there) == 1 else f"{len(there)} rows forward ({first} is the first)"
        )
        text = f"{stands}, but no source hosts {domain}: mail from outside never gets there"
        yield found(
            "source-not-hosted", text, first, virtual.origin(first, (virtual.get(first) or (first,))[0])
        )


def of_mailboxes(graph: ForwardingGraph, keys: Keys) -> Iterator[Finding]:
    """Say which mailboxes get no mail, because a catch-all takes it or their domain has none."""
    rows, virtual = graph.rows, graph.rows.tables["virtual"]
    takers = {key[1:] for key in keys.catch_alls}
    takers |= {alias for alias, target in rows.domain_aliases.items() if target in takers}
    plain = {name for name, kind in rows.domains.items() if kind in ("mailbox", "local", "relay")}
    plain = (plain | rows.domain_aliases.keys() | graph.settings.internal_domains) - takers
    for address in [each for each in rows.mailboxes if each.rpartition("@")[2] not in plain]:
        local, domain = split_address(address)
        if not domain or not local:
            continue
        if domain in takers:
            hop = graph.step(address)
            if hop.row[:1] == "@" and not hop.lists_itself:
                text = f"the catch-all {hop.row} takes the mail of the mailbox {address}"
                yield found("swallowed-mailbox", text, address, hop.arrows[0].origin)
        kind = graph.kind(domain)
        if kind == "external":
            text = (
                f"there is a mailbox {address}, but no source hosts {domain}: its addresses count as external"
            )
            yield found("source-not-hosted", text, address)
        elif kind in ("alias", "autoreply", "discard") and address not in virtual:
            text = f"the mailbox {address} gets no mail: its domain is of the class {kind}"
            yield found("unreachable-mailbox", text, address)


def of_catch_alls(resolution: Resolution, keys: Keys) -> Iterator[Finding]:
    """Say which catch-alls send mail for any name outside."""
    graph = resolution.graph
    virtual = graph.rows.tables["virtual"]
    for key in keys.catch_alls:
        row = virtual.rows.get(key) or (key,)
        passed_on = row[0][0] == "@" and graph.kind(domain_of(row[0])) != "external"
        if passed_on or not graph.hosts(domain := key[1:]):
            continue
        way = shortest_path(graph, f"{FRESH}{key}", resolution.reach.leaves)
        if way:
            text = f"mail to any name at {domain} leaves, to {shown(way[-1])}"
            yield found("catch-all-external", text, key, virtual.origin(key, row[0]))


def of_delimiters(nodes: Nodes) -> Iterator[Finding]:
    """Say which keys hold the delimiter, and where mail goes with one more extension."""
    graph = nodes.graph
    virtual, delimiters = graph.rows.tables["virtual"], graph.settings.recipient_delimiter
    for name in nodes.tagged:
        row = virtual.get(name)
        local, domain = split_address(name)
        base, extension = split_extension(local, delimiters)
        if row and extension and domain:
            text = (
                f"{name} holds the delimiter and has a row of its own; {base}@{domain} answers for every "
                "other extension"
            )
            yield found("delimiter-in-address", text, name, virtual.origin(name, row[0]))


def of_shadows(graph: ForwardingGraph, keys: Keys, strays: Strays) -> Iterator[Finding]:
    """Say which rows are never asked, because another answers before."""
    virtual, local = graph.rows.tables["virtual"], graph.rows.tables["local"]
    own = sorted(name for name, kind in graph.rows.domains.items() if kind == "local")
    accounts = sorted({*own, *filter(None, [graph.settings.myorigin])})
    for alias, target in graph.rows.domain_aliases.items():
        if (key := f"@{alias}") in virtual and f"@{target}" in virtual:
            text = f"the catch-all {key} is never asked: @{target} answers before it"
            yield found("shadowed-row", text, key, virtual.origin(key, (virtual.get(key) or (key,))[0]))
    for key in keys.bare:
        if all(f"{key}@{domain}" in virtual for domain in accounts):
            where = f"{key}@{accounts[0]} answers first" if accounts else "no domain is the host's own"
            text = f"the row of the bare name {key} is never asked: {where}"
            yield found("shadowed-row", text, key, virtual.origin(key, (virtual.get(key) or (key,))[0]))
    wanted = {stray.row.removesuffix("@") for stray in strays.strays} if own else set()
    for key in local if own else ():
        takers = [_taker(graph, f"{key}@{domain}") for domain in own]
        if all(takers) and key not in wanted:
            text = f"the alias {key} of the host is never asked: {takers[0]} takes its mail first"
            yield found("shadowed-row", text, key, local.origin(key, (local.get(key) or (key,))[0]))
    for address in graph.rows.relocated:
        if address[0] != "@" and (taker := _taker(graph, address)):
            text = f"{address} is said to have moved, but {taker} forwards its mail"
            yield found("shadowed-row", text, address)


def _taker(graph: ForwardingGraph, address: str) -> str:
    """Return the row of virtual aliases that takes an address away, or nothing."""
    hop = graph.step(address)
    return hop.row if hop.row and hop.table == "virtual" and not hop.lists_itself else ""
