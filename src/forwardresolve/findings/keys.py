"""The keys of virtual aliases that are no addresses of hosted domains: few, and found in one loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forwardresolve.graph import ForwardingGraph


@attrs.frozen
class Keys:
    """The keys that deserve a look.

    Args:
        catch_alls: The keys of whole domains.
        bare: The keys without a domain.
        foreign: Each domain that no source hosts, with the keys in it.
        rewriting: Keys of whole domains whose local parts stay, each with the key of the domain
            that they go on to.
    """

    catch_alls: tuple[str, ...]
    bare: tuple[str, ...]
    foreign: Mapping[str, tuple[str, ...]]
    rewriting: Mapping[str, str]


def find_keys(graph: ForwardingGraph) -> Keys:
    """Walk all keys of virtual aliases once."""
    virtual = graph.rows.tables["virtual"]
    ours = graph.rows.domains.keys() | graph.rows.domain_aliases.keys()
    odd = [key for key in virtual if key[0] == "@" or key.rpartition("@")[2] not in ours]
    catch_alls = tuple(key for key in odd if key[0] == "@")
    foreign: dict[str, list[str]] = {}
    for key in odd:
        domain = key.rpartition("@")[2]
        if "@" in key and graph.kind(domain) == "external" and domain != graph.settings.myorigin:
            foreign.setdefault(domain, []).append(key)
    return Keys(
        catch_alls,
        bare=tuple(key for key in odd if "@" not in key),
        foreign={domain: tuple(keys) for domain, keys in foreign.items()},
        rewriting=_rewriting(graph, catch_alls),
    )


def _rewriting(graph: ForwardingGraph, catch_alls: tuple[str, ...]) -> dict[str, str]:
    """Map the rewriting domains; a domain alias passes its addresses on by its target's row."""
    rows = graph.rows.tables["virtual"].rows
    onward = {
        key: f"@{row[0].rpartition('@')[2]}" for key in catch_alls if (row := rows[key]) and row[0][0] == "@"
    }
    aliases = graph.rows.domain_aliases.items()
    by_target = {f"@{alias}": onward[key] for alias, target in aliases if (key := f"@{target}") in onward}
    return onward | by_target
