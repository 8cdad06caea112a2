"""How much each source gives, kept up when only a part of it is read. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from forwardresolve.deploy.guard import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forwardresolve.rows import Rows


def tallies_after(tallies: Mapping[str, Tally], old: Rows, new: Rows) -> dict[str, Tally] | None:
    """Return how much each source gives when a part of the rows has changed.

    Several rows of one address count as one: whether one of them has come or gone is only known
    after a whole reading.

    Args:
        tallies: How much each gave.
        old: The part as it was.
        new: The part as it is.

    Returns:
        How much each gives; None where it cannot be told which source has brought a domain or taken
        it away.
    """
    domains = len(new.domains) - len(old.domains)
    if len(tallies) == 1:
        [(name, tally)] = tallies.items()
        forwardings = _keys_by_source(new).total() - _keys_by_source(old).total()
        return {name: _plus(tally, domains, forwardings)}
    if new.domains.keys() != old.domains.keys():
        return None
    come, gone = _keys_by_source(new), _keys_by_source(old)
    return {name: _plus(tally, 0, come[name] - gone[name]) for name, tally in tallies.items()}


def _plus(tally: Tally, domains: int, forwardings: int) -> Tally:
    return Tally(max(0, tally.domains + domains), max(0, tally.forwardings + forwardings))


def _keys_by_source(rows: Rows) -> Counter[str]:
    """Count the keys that each source has rows for, without mailboxes that stand in for a row."""
    found: Counter[str] = Counter()
    for name, table in rows.tables.items():
        for key in table:
            if name != "virtual" or key not in rows.shields or key in rows.overruled:
                found.update({origin.source for origin in (table.arrows(key) or {}).values()})
    return found
