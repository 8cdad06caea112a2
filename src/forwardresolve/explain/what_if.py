"""What would change if some forwardings were not there, or others were; the sources stay as they are."""

from __future__ import annotations

import re
from copy import copy
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.errors import AddressError
from forwardresolve.explain.explanation import Explanation, explain
from forwardresolve.graph import ForwardingGraph
from forwardresolve.reachability import Resolution, resolve
from forwardresolve.records import Forward, Origin
from forwardresolve.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forwardresolve.records import ForwardTable

Change = tuple[str, str]
"""A source and one of its destinations."""

_SHOWN: Final = 20
_SUPPOSED: Final = Origin("supposed")
_CHANGE = re.compile(r"([^@]*@[^=]*|[^@=]+)=(.+)", re.DOTALL).fullmatch


@attrs.frozen
class WhatIf:
    """The difference that some forwardings make.

    Args:
        without: The forwardings that are taken away.
        having: The forwardings that are added.
        before: What becomes of the address now.
        after: What would become of it.
        newly_listed: What would come onto the list: addresses, and ``@domain`` for all others of
            a domain. Sorted.
        no_longer_listed: What would leave it. Sorted.
    """

    without: tuple[Change, ...]
    having: tuple[Change, ...]
    before: Explanation
    after: Explanation
    newly_listed: tuple[str, ...]
    no_longer_listed: tuple[str, ...]

    def __str__(self) -> str:
        """Tell it to a person."""
        return "\n".join(_as_text(self))


def read_change(text: str) -> Change:
    """Read ``SOURCE=DESTINATION`` as the command line has it.

    Raises:
        AddressError: The text is none.
    """
    match = _CHANGE(text)
    if match is None:
        msg = f"{text!r} is no change; write SOURCE=DESTINATION, for example info@a.example=joe@b.example"
        raise AddressError(msg)
    return match[1], match[2]


def what_if(
    resolution: Resolution, address: str, *, without: Sequence[Change] = (), having: Sequence[Change] = ()
) -> WhatIf:
    """Find out what would change.

    Args:
        resolution: The answer for a graph; neither is touched.
        address: The address to explain, in any spelling.
        without: Forwardings to take away.
        having: Forwardings to add.

    Raises:
        AddressError: A text is no address, or there is no such forwarding to take away.
    """
    with resolution.steady():
        return _what_if(resolution, address, without, having)


def _what_if(
    resolution: Resolution, address: str, without: Sequence[Change], having: Sequence[Change]
) -> WhatIf:
    graph = resolution.graph
    rows = graph.rows
    for change in without:
        rows = _taken_away(rows, *_placed(graph, rows, change))
    for change in having:
        rows = _added(rows, *_placed(graph, rows, change))
    changed = resolve(ForwardingGraph(rows, graph.settings))
    now, then = _keys(resolution), _keys(changed)
    return WhatIf(
        without=tuple(without),
        having=tuple(having),
        before=explain(resolution, address),
        after=explain(changed, address),
        newly_listed=tuple(sorted(then - now)),
        no_longer_listed=tuple(sorted(now - then)),
    )


def _placed(graph: ForwardingGraph, rows: Rows, change: Change) -> tuple[ForwardTable, str, str]:
    """Return the table, the key and the normalised destination of a change."""
    source, destination = change
    table: ForwardTable = "virtual"
    if "@" not in source and source.lower() not in rows.tables["virtual"]:
        table = "local"
    read = Rows()
    read.read("", [Forward(source, destination, table)])
    read.complete(graph.settings.myorigin)
    found = [(key, read.tables[table].get(key) or ()) for key in read.tables[table]]
    if read.rejected or not found or len(found[0][1]) != 1:
        reason = read.rejected[0].reason if read.rejected else "one destination, please"
        msg = f"{source}={destination}: {reason}"
        raise AddressError(msg)
    return table, found[0][0], found[0][1][0]


def _taken_away(rows: Rows, table: ForwardTable, key: str, destination: str) -> Rows:
    row = rows.tables[table].get(key) or ()
    if destination not in row:
        goes = f"it forwards to {', '.join(row)}" if row else "no row has this source"
        msg = f"{key} does not forward to {destination}: {goes}"
        raise AddressError(msg)
    return _with_row(rows, table, key, tuple(each for each in row if each != destination))


def _added(rows: Rows, table: ForwardTable, key: str, destination: str) -> Rows:
    row = rows.tables[table].get(key) or ()
    return _with_row(rows, table, key, tuple(dict.fromkeys((*row, destination))))


def _with_row(rows: Rows, table: ForwardTable, key: str, destinations: tuple[str, ...]) -> Rows:
    before = rows.tables[table]
    known = before.get(key) or ()
    arrows = {each: before.origin(key, each) if each in known else _SUPPOSED for each in destinations}
    changed = copy(rows)
    changed.tables = {**rows.tables, table: before.with_row(key, arrows)}
    return changed


def _keys(resolution: Resolution) -> set[str]:
    return {*resolution.addresses, *(f"@{domain}" for domain in resolution.catch_alls)}


def _as_text(change: WhatIf) -> Iterator[str]:
    yield from (f"without {source} -> {destination}" for source, destination in change.without)
    yield from (f"with {source} -> {destination}" for source, destination in change.having)
    yield ""
    if change.before.sentence == change.after.sentence:
        yield f"Nothing changes for this address: {change.after.sentence}"
    else:
        yield f"now:  {change.before.sentence}"
        yield f"then: {change.after.sentence}"
    yield ""
    yield from _difference("comes onto the list", "come onto the list", change.newly_listed)
    yield from _difference("leaves the list", "leave the list", change.no_longer_listed)
    if not change.newly_listed and not change.no_longer_listed:
        yield "The list stays as it is."
    yield ""
    yield from str(change.after).splitlines()[2:]


def _difference(one: str, many: str, keys: tuple[str, ...]) -> Iterator[str]:
    if keys:
        more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
        count = f"1 entry {one}" if len(keys) == 1 else f"{len(keys)} entries {many}"
        yield f"{count}: {', '.join(keys[:_SHOWN])}{more}"
