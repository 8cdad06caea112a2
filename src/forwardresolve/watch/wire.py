"""Changes and deltas as JSON, as they stand in the lines that panels and the resident process exchange.

A row that is there now is written as its record is in `forwardresolve.jsonlines`; one that is gone
has ``remove`` in the place of ``record``, and the keys that name it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs

from forwardresolve.entries import Entry
from forwardresolve.errors import AddressError, ConfigError
from forwardresolve.live import (
    Delta,
    Difference,
    RemoveDomain,
    RemoveDomainAlias,
    RemoveForwarding,
    RemoveMailbox,
    SetDomain,
    SetDomainAlias,
    SetForwarding,
    SetMailbox,
)
from forwardresolve.options import structure
from forwardresolve.records import (  # the annotations of fields are read at run time
    DomainKind,  # noqa: TC001
    ForwardTable,  # noqa: TC001
)
from forwardresolve.rows import Rejected
from forwardresolve.shapes import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from forwardresolve.live import Change

MOST_CHANGES: Final = 10_000
"""How many changes one line may have."""


@attrs.frozen
class _Forward:
    source: str
    destinations: str | tuple[str, ...]
    table: ForwardTable = "virtual"


@attrs.frozen
class _NoForward:
    source: str
    table: ForwardTable = "virtual"


@attrs.frozen
class _Mailbox:
    address: str
    shields: bool = False


@attrs.frozen
class _NoMailbox:
    address: str


@attrs.frozen
class _Domain:
    name: str
    kind: DomainKind = "mailbox"


@attrs.frozen
class _NoDomain:
    name: str


@attrs.frozen
class _DomainAlias:
    alias: str
    target: str


@attrs.frozen
class _NoDomainAlias:
    alias: str


_KINDS: Final[Mapping[tuple[str, str], tuple[type[Any], type[Any]]]] = {
    ("record", "forward"): (_Forward, SetForwarding),
    ("remove", "forward"): (_NoForward, RemoveForwarding),
    ("record", "mailbox"): (_Mailbox, SetMailbox),
    ("remove", "mailbox"): (_NoMailbox, RemoveMailbox),
    ("record", "domain"): (_Domain, SetDomain),
    ("remove", "domain"): (_NoDomain, RemoveDomain),
    ("record", "domain_alias"): (_DomainAlias, SetDomainAlias),
    ("remove", "domain_alias"): (_NoDomainAlias, RemoveDomainAlias),
}
_NAMES: Final = tuple(dict.fromkeys(name for _, name in _KINDS))


def changes_of(tables: object) -> tuple[Change, ...]:
    """Read changes.

    Args:
        tables: A list of objects as JSON gives them.

    Raises:
        AddressError: One of them is no change; the message says which, counted from 1.
    """
    if not isinstance(tables, list) or not tables or len(tables) > MOST_CHANGES:
        msg = f"changes must be a list of 1 to {MOST_CHANGES} objects"
        raise AddressError(msg)
    return tuple(_change(table, f"change {number}") for number, table in enumerate(tables, 1))


def tables_of(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Write changes so that `changes_of` reads them."""
    tables = []
    for change in changes:
        for (verb, name), (shape, kind) in _KINDS.items():
            if isinstance(change, kind):
                fields = {each.name: getattr(change, each.name) for each in attrs.fields(shape)}
                if not isinstance(fields.get("destinations", ""), str):
                    fields["destinations"] = list(fields["destinations"])
                tables.append({verb: name, **fields})
    return tables


def table_of(delta: Delta) -> dict[str, Any]:
    """Write a delta."""
    return {
        "addresses": _written(delta.addresses),
        "catch_alls": _written(delta.catch_alls),
        "exceptions": _written(delta.exceptions),
        "entries": {
            "appear": [[each.key, each.listed] for each in delta.entries.appear],
            "vanish": [[each.key, each.listed] for each in delta.entries.vanish],
        },
        "rejected": [
            {"oddity": each.oddity, "text": each.text, "reason": each.reason, "address": each.address}
            for each in delta.rejected
        ],
    }


def delta_of(table: Mapping[str, Any]) -> Delta:
    """Read what `table_of` writes."""
    entries = table["entries"]
    return Delta(
        addresses=_read(table["addresses"]),
        catch_alls=_read(table["catch_alls"]),
        exceptions=_read(table["exceptions"]),
        entries=Difference(
            tuple(Entry(key, listed=listed) for key, listed in entries["appear"]),
            tuple(Entry(key, listed=listed) for key, listed in entries["vanish"]),
        ),
        rejected=tuple(Rejected(**each) for each in table["rejected"]),
    )


def _change(table: object, where: str) -> Change:
    given = dict(table) if isinstance(table, dict) else {}
    verbs = [verb for verb in ("record", "remove") if verb in given]
    if len(verbs) != 1:
        msg = f"{where}: must be an object with either record (a row that is there now) or remove"
        raise AddressError(msg)
    name = given.pop(verbs[0])
    if not isinstance(name, str) or (verbs[0], name) not in _KINDS:
        hint = nearest(name, _NAMES) if isinstance(name, str) else ""
        msg = f"{where}: {verbs[0]} must be one of {', '.join(_NAMES)}{hint}"
        raise AddressError(msg)
    given.pop("origin", None)  # a line of `forwardresolve records` has one
    shape, kind = _KINDS[verbs[0], name]
    try:
        made = structure(given, shape, where)
    except ConfigError as error:
        raise AddressError("; ".join(error.problems)) from None
    change: Change = kind(**attrs.asdict(made))
    return change


def _written(difference: Difference[str]) -> dict[str, Sequence[str]]:
    return {"appear": list(difference.appear), "vanish": list(difference.vanish)}


def _read(table: Mapping[str, Any]) -> Difference[str]:
    return Difference(tuple(table["appear"]), tuple(table["vanish"]))
