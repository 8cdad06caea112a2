"""Decide every name that some row knows in a hosted domain, and write the finite table.

A recipient whose local part no row knows fares like every other such recipient of its domain, and
an extension that no row knows like every other such extension. So known names, one name that
nobody can know, and one extension that nobody can know decide all recipients.
"""

from __future__ import annotations

from heapq import merge
from typing import TYPE_CHECKING

import attrs

from forwardresolve.addresses import FRESH, append_extension, split_address, split_extension
from forwardresolve.entries import STAR, Entry, exact_key
from forwardresolve.names import names_to_decide, plan_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forwardresolve.names import Plan
    from forwardresolve.reach import Reach


@attrs.frozen
class Survey:
    """Every known name, decided.

    Args:
        addresses: The exact addresses that are listed, sorted.
        catch_alls: Each hosted domain whose unknown addresses are listed, to the sorted known
            addresses in it that are not.
        positive: The keys of the finite table that are listed, sorted.
        negative: Its keys that are exceptions, sorted.
    """

    addresses: tuple[str, ...]
    catch_alls: Mapping[str, tuple[str, ...]]
    positive: tuple[str, ...]
    negative: tuple[str, ...]

    def entries(self) -> Iterator[Entry]:
        """Walk the finite table, sorted by key; a million entries are never held at once."""
        return merge(
            (Entry(key) for key in self.positive),
            (Entry(key, listed=False) for key in self.negative),
            key=lambda entry: entry.key,
        )


@attrs.frozen
class Signs:
    """The keys of the table while it is written.

    Args:
        positive: Those that are listed.
        negative: Those that are exceptions.
    """

    positive: list[str] = attrs.field(factory=list)
    negative: list[str] = attrs.field(factory=list)

    def put(self, key: str, *, listed: bool) -> None:
        """Note a key."""
        (self.positive if listed else self.negative).append(key)


def survey(reach: Reach) -> Survey:
    """Decide every known name of every hosted domain."""
    plan = plan_names(reach.nodes)
    plain = {domain: reach.counts_by_default(domain) for domain in plan.hosted if domain not in plan.special}
    defaults = plain | {domain: reach.counts(f"{FRESH}@{domain}") for domain in plan.special}
    gathered: dict[str, list[str]] = {domain: [] for domain in plan.gathered}
    walked = _walk_rows(reach, plan, plain, gathered)
    listed, exceptions = walked.listed, walked.exceptions
    signs = Signs(list(map(exact_key, listed)), list(map(exact_key, exceptions)))
    listed += walked.covered
    below = decide_below(reach)
    for domain, counts in below.items():
        signs.put(f"@.{domain}", listed=counts)
    for domain, counts in defaults.items():
        if counts != said_above(below, domain):
            signs.put(f"@{domain}", listed=counts)
    for domain, bases in names_to_decide(reach.nodes, plan, gathered):
        default = defaults[domain]
        for base, extensions in bases.items():
            for address, counts in decide(reach, f"{base}@{domain}", extensions, signs, default=default):
                if counts:
                    listed.append(address)
                elif default:
                    exceptions.append(address)
    return Survey(
        addresses=tuple(sorted(listed)),
        catch_alls=_catch_alls(defaults, exceptions),
        positive=tuple(sorted(signs.positive)),
        negative=tuple(sorted(signs.negative)),
    )


@attrs.frozen
class Walked:
    """The keys of plain domains, decided.

    Args:
        listed: Those that are listed though the unknown addresses of their domain are not.
        covered: Those that are listed as their domain is.
        exceptions: Those that are not listed though their domain is.
    """

    listed: list[str] = attrs.field(factory=list)
    covered: list[str] = attrs.field(factory=list)
    exceptions: list[str] = attrs.field(factory=list)


def _walk_rows(
    reach: Reach, plan: Plan, plain: Mapping[str, bool], gathered: Mapping[str, list[str]]
) -> Walked:
    """Decide the keys of plain domains, and gather the local parts that others look into."""
    walked = Walked()
    settings = reach.graph.settings
    selves_stay = not reach.graph.rows.transports and settings.only_external_is_outside
    via, staying, odd = reach.via, reach.staying, plan.odd
    # In most domains a key that does not count needs no further look.
    notable = gathered.keys() | {domain for domain, counts in plain.items() if counts}
    for key, row in reach.graph.rows.tables["virtual"].rows.items():
        counts = (key in via and key not in staying) if row else not selves_stay and reach.counts(key)
        local, _, domain = key.rpartition("@")
        if not local or not (counts or domain in notable):
            continue
        if domain in gathered:
            gathered[domain].append(local)
        default = plain.get(domain)
        if default is None or key in odd:
            continue
        if counts:
            (walked.covered if default else walked.listed).append(key)
        elif default:
            walked.exceptions.append(key)
    return walked


def decide(
    reach: Reach, address: str, extensions: set[str], signs: Signs, *, default: bool
) -> Iterator[tuple[str, bool]]:
    """Decide one base and its extensions; write the entries that the look-up needs.

    Args:
        reach: What reaches outside.
        address: The base, with its domain.
        extensions: The extensions that a row names; an empty one for the base itself.
        signs: Where the entries are noted.
        default: Whether the unknown addresses of the domain count.

    Yields:
        The names that a row knows, or that differ from their base, and whether they count.
    """
    delimiters = reach.graph.settings.recipient_delimiter
    counts = reach.graph.ends.accepts(address) and reach.counts(address)
    if counts != default:
        signs.put(exact_key(address), listed=counts)
    if "" in extensions or counts != default:
        yield address, counts
    fresh = append_extension(address, reach.nodes.fresh_extension)
    starred = counts
    if delimiters and split_extension(split_address(fresh)[0], delimiters)[0] == split_address(address)[0]:
        starred = reach.counts(fresh)
        if starred != counts:
            local, domain = split_address(address)
            signs.put(f"{local}{STAR}@{domain}", listed=starred)
    for extension in sorted(extensions - {""}):
        name = append_extension(address, extension)
        counts = reach.graph.ends.accepts(name) and reach.counts(name)
        if counts != starred:
            signs.put(exact_key(name), listed=counts)
        yield name, counts


def decide_below(reach: Reach) -> dict[str, bool]:
    """Decide the subdomains that relay domains and transports bring.

    Returns:
        The domains whose subdomains fare otherwise than what the nearest one above them says, each
        with whether these count.
    """
    graph = reach.graph
    relays = {domain for domain, kind in graph.rows.domains.items() if kind == "relay"}
    relays |= {key[1:] for key in graph.rows.transports if key.startswith(".")}
    below: dict[str, bool] = {}
    for domain in sorted(relays, key=len):
        unknown = f"{FRESH}.{domain}"
        counts = graph.hosts(unknown) and reach.counts(f"{FRESH}@{unknown}")
        if counts != said_above(below, domain):
            below[domain] = counts
    return below


def said_above(below: Mapping[str, bool], domain: str) -> bool:
    """Return what the entries for subdomains say of a domain: the nearest parent's word."""
    while below and "." in domain:
        domain = domain.partition(".")[2]
        if domain in below:
            return below[domain]
    return False


def _catch_alls(defaults: Mapping[str, bool], exceptions: list[str]) -> dict[str, tuple[str, ...]]:
    by_domain: dict[str, list[str]] = {domain: [] for domain, counts in sorted(defaults.items()) if counts}
    for address in sorted(exceptions):
        by_domain[address.rpartition("@")[2]].append(address)
    return {domain: tuple(names) for domain, names in by_domain.items()}
