"""Which names has a hosted domain, beside those that can be read off its own rows?

Most domains are plain: a known name in them is the key of a row. The others look into further
domains (an alias domain into its target, a rewriting domain into the one it goes to), share the
bare names of the mail host, or are rewritten or copied before aliases are looked at.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import attrs

from forwardresolve.addresses import append_extension, split_address, split_extension

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from forwardresolve.graph import ForwardingGraph
    from forwardresolve.nodes import Nodes


@attrs.frozen
class Plan:
    """Where the names of the hosted domains are to be looked for.

    Args:
        hosted: All hosted domains.
        special: The hosted domains that are not plain, each with all domains it looks into,
            itself first.
        gathered: The domains whose local parts have to be gathered for that.
        odd: Keys, in plain domains too, whose extensions have to be looked at.
        looking: The domains that are not plain wherever they are hosted.
    """

    hosted: tuple[str, ...]
    special: Mapping[str, tuple[str, ...]]
    gathered: frozenset[str]
    odd: frozenset[str]
    looking: frozenset[str]


def plan_names(nodes: Nodes) -> Plan:
    """Find out which domains and keys need more than a look at their rows."""
    graph = nodes.graph
    onward = onward_domains(graph)
    first = set(onward) | _accounts(graph) | _rewritten(graph)
    hosted = tuple(_hosted(graph))
    below: dict[str, tuple[str, ...]] = {}
    special = {domain: _all_below(domain, onward, below) for domain in hosted if domain in first}
    gathered = frozenset(_spread(special, onward))
    odd: set[str] = set(nodes.starred)
    for name in (*nodes.tagged, *nodes.derived):
        local, domain = split_address(name)
        base, _ = split_extension(local, graph.settings.recipient_delimiter)
        odd |= {name, f"{base}@{domain}"}
    return Plan(hosted, special, gathered, frozenset(odd), frozenset(first))


def names_to_decide(
    nodes: Nodes, plan: Plan, gathered: Mapping[str, Iterable[str]]
) -> Iterator[tuple[str, dict[str, set[str]]]]:
    """Group the names that need a closer look.

    Args:
        nodes: The places of the graph.
        plan: What `plan_names` found.
        gathered: The local parts of the rows of each domain in ``plan.gathered``.

    Yields:
        Each domain with its bases and, for each base, the extensions that a row names; an empty
        one stands for the base itself.
    """
    graph = nodes.graph
    groups: dict[str, dict[str, set[str]]] = {}
    plain = frozenset(plan.hosted) - plan.special.keys()
    virtual = graph.rows.tables["virtual"]
    odd = (name for name in plan.odd if name in virtual or name in nodes.derived)
    names = [name for name in odd if split_address(name)[1] in plain]
    names += _special_names(nodes, plan, gathered)
    for name in names:
        local, domain = split_address(name)
        if local:
            base, extension = split_extension(local, graph.settings.recipient_delimiter)
            groups.setdefault(domain, {}).setdefault(base, set()).add(extension)
    yield from groups.items()


def _special_names(nodes: Nodes, plan: Plan, gathered: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Yield the names of the domains that look into others."""
    accounts = tuple(account_names(nodes))
    further: dict[str, list[str]] = {}
    for name in further_names(nodes):
        local, domain = split_address(name)
        further.setdefault(domain, []).append(local)
    local_parts = {
        lower: (
            *gathered.get(lower, ()),
            *further.get(lower, ()),
            *(accounts if knows_accounts(nodes.graph, lower) else ()),
        )
        for lower in plan.gathered
    }
    named = {lower for lower, names in local_parts.items() if names}
    for domain, lowers in plan.special.items() if named else ():
        for lower in named.intersection(lowers):
            yield from (f"{local}@{domain}" for local in local_parts[lower])


def _hosted(graph: ForwardingGraph) -> Iterator[str]:
    rows = graph.rows
    yield from (domain for domain in rows.domains if graph.hosts(domain))
    yield from (alias for alias in rows.domain_aliases if alias not in rows.domains)
    if "relay" in rows.domains.values():
        # Subdomains of a relay domain are hosted too, though only rows can name them.
        tables = rows.tables
        keys = chain(tables["virtual"], tables["canonical"], tables["bcc"], rows.relocated)
        named = {key.rpartition("@")[2] for key in keys if "@" in key}
        known = rows.domains.keys() | rows.domain_aliases.keys()
        named |= {key.rpartition("@")[2] for key in rows.transports if not key.startswith(".")}
        yield from (domain for domain in named - known if domain and graph.hosts(domain))


def onward_domains(graph: ForwardingGraph) -> dict[str, tuple[str, ...]]:
    """Map each domain to those that its addresses go on to with their local part kept."""
    onward: dict[str, tuple[str, ...]] = {}
    for alias, target in graph.rows.domain_aliases.items():
        onward[alias] = (target,)
    for table in (graph.rows.tables["virtual"], graph.rows.tables["canonical"]):
        for key, row in table.rewriting():
            onward[key[1:]] = (*onward.get(key[1:], ()), row[0].rpartition("@")[2])
    return onward


def _all_below(
    domain: str, onward: Mapping[str, tuple[str, ...]], known: dict[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """Return a domain and all those that it looks into.

    Args:
        domain: The domain.
        onward: From `onward_domains`.
        known: What is known of other domains: one that goes on to them alone looks into the same.
    """
    line: dict[str, None] = {}
    here = domain
    while here not in known and here not in line and len(onward.get(here, ())) == 1:
        line[here] = None
        (here,) = onward[here]
    lowers = known[here] if here in known else _spread((here,), onward)
    for each in reversed(line):
        lowers = (each, *lowers) if each not in lowers else _spread((each,), onward)
        known[each] = lowers
    return lowers


def _spread(domains: Iterable[str], onward: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return domains and all those that they look into, the nearest first."""
    found = dict.fromkeys(domains)
    queue = [*found]
    for here in queue:
        further = [lower for lower in onward.get(here, ()) if lower not in found]
        found.update(dict.fromkeys(further))
        queue += dict.fromkeys(further)
    return tuple(found)


def knows_accounts(graph: ForwardingGraph, domain: str) -> bool:
    """Tell whether the bare names of the host count in a domain."""
    return graph.kind(domain) == "local" or domain == graph.settings.myorigin


def _accounts(graph: ForwardingGraph) -> set[str]:
    """Return the domains in which the bare names of the host count, and routes are read."""
    candidates = {*graph.rows.domains, *filter(None, (graph.settings.myorigin,))}
    return {domain for domain in candidates if knows_accounts(graph, domain)}


def account_names(nodes: Nodes) -> Iterator[str]:
    """Yield the bare names that count in every domain of the host itself."""
    tables = nodes.graph.rows.tables
    yield from tables["local"]
    for name in ("virtual", "canonical", "bcc"):
        yield from (key for key in tables[name] if "@" not in key)
    yield from (name for name in _entered_names(nodes) if "@" not in name)


def _rewritten(graph: ForwardingGraph) -> set[str]:
    """Return the domains in which more than their own rows decides: before, beside or behind them."""
    tables, rows = graph.rows.tables, graph.rows
    keys = (*tables["canonical"], *tables["bcc"], *rows.relocated, *(rows.mailboxes if rows.patterns else ()))
    addresses = (*keys, *(key for key in rows.transports if "@" in key))
    return {key.rpartition("@")[2] for key in addresses}


def further_names(nodes: Nodes) -> Iterator[str]:
    """Yield the names that are known by something else than a row of virtual aliases."""
    tables, rows = nodes.graph.rows.tables, nodes.graph.rows
    yield from nodes.derived
    if rows.patterns or (tables["bcc"] and nodes.graph.settings.kept_copy == "ignore"):
        # A pattern may answer for a mailbox that no row names. A copy leaves whatever becomes of the
        # recipient, so a mailbox makes the difference.
        yield from rows.mailboxes
    for table in (tables["canonical"], tables["bcc"], rows.transports, rows.relocated):
        yield from (key for key in table if "@" in key)
    yield from (name for name in _entered_names(nodes) if "@" in name)


def _entered_names(nodes: Nodes) -> Iterator[str]:
    """Yield names that lead, rewritten by recipient_canonical, to a name with an extension."""
    delimiters = nodes.graph.settings.recipient_delimiter
    canonical = nodes.graph.rows.tables["canonical"].rows
    extensions = {
        split_extension(split_address(name)[0], delimiters)[1] for name in (*nodes.tagged, *nodes.derived)
    }
    for key in canonical:
        if key[0] != "@":
            yield from (append_extension(key, extension) for extension in extensions if extension)
