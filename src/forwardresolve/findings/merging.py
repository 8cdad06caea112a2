"""Findings about the rows as the sources gave them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forwardresolve.destinations import split_destinations
from forwardresolve.findings.catalogue import CATALOGUE, found
from forwardresolve.findings.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.patterns import CompiledPattern
    from forwardresolve.reach import Reach
    from forwardresolve.rows import Oddity, Rejected, Rows

_WHAT: Final[dict[Oddity, str]] = {
    "bad-source": "the source of a row takes no part",
    "bad-destination": "a destination takes no part",
    "bad-domain": "a domain does not count as hosted",
    "bad-pattern": "a pattern takes no part",
    "no-destination": "a row forwards to nothing",
}


def of_sources(rows: Rows) -> Iterator[Finding]:
    """Say what could not take part, what came twice, and what the backends noticed."""
    for rejected in rows.rejected:
        yield found(rejected.oddity, _reason(rejected), rejected.address, rejected.origin)
    for table in rows.tables.values():
        for key, origins in table.repeated():
            sources = sorted({origin.source for origin in origins})
            if len(sources) > 1:
                names = ", ".join(sources[:-1]) + f" and {sources[-1]}"
                text = f"{key} is defined by the sources {names}; their destinations are united"
                yield found("two-sources", text, key, origins[-1])
            else:
                text = f"{key} is defined by {len(origins)} rows of one source; their destinations are united"
                yield found("duplicate-row", text, key, origins[-1])
    for remark in rows.remarks:
        kind = CATALOGUE.get(remark.id, CATALOGUE["remark"])
        yield Finding(remark.id, kind.severity, remark.text, kind.advice, remark.address, remark.origin)


def of_patterns(reach: Reach) -> Iterator[Finding]:
    """Say which patterns may send mail outside for addresses that no list can name."""
    for pattern in reach.graph.rows.patterns:
        if any(_may_leave(reach, text) for text in pattern.destinations):
            yield found("pattern-row", _incomplete(pattern), origin=pattern.origin)
    if reach.nodes.cut_off:
        yield found(
            "too-many-extensions",
            f"more than {len(reach.nodes.derived)} rows lead on to keys with an extension, or to each other "
            "by patterns; the others were not followed",
        )


def _reason(rejected: Rejected) -> str:
    where = f" of {rejected.address}" if rejected.address and rejected.oddity == "bad-destination" else ""
    if rejected.oddity == "no-destination":
        return f"{rejected.address} forwards to nothing"
    return f"{_WHAT[rejected.oddity]}{where}: {rejected.reason}"


def _may_leave(reach: Reach, text: str) -> bool:
    """Tell whether a destination of a pattern leads outside, or depends on what matches."""
    return "$" in text or "\\" in text or any(reach.leaves(each.lower()) for each in split_destinations(text))


def _incomplete(pattern: CompiledPattern) -> str:
    return (
        f"the pattern {pattern.expression.pattern} forwards to {', '.join(pattern.destinations)}; of the "
        "addresses that match it only those are on the list that some row names"
    )
