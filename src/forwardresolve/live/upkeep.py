"""Keep an answer right after one row has changed: what hangs on it is looked at again, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forwardresolve.addresses import append_extension, split_address
from forwardresolve.arrivals import INSIDE, OUTSIDE
from forwardresolve.destinations import is_glued, is_opaque
from forwardresolve.links import account_destinations, led_to
from forwardresolve.live.edits import FactEdit, RejectedEdit, RowEdit
from forwardresolve.live.extensions import Extensions
from forwardresolve.live.forest import Forest
from forwardresolve.live.known import Known
from forwardresolve.live.mentions import Mentions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from forwardresolve.live.edits import Edit
    from forwardresolve.live.forest import Way
    from forwardresolve.live.telling import Telling
    from forwardresolve.reach import Reach

_FEW: Final = 16
"""How many feeders of a place are searched one by one."""


class Upkeep:
    """The upkeep of an answer.

    Args:
        reach: What reaches outside; it is changed.
        telling: What is told about the names.
    """

    def __init__(self, reach: Reach, telling: Telling) -> None:
        self._reach = reach
        self._nodes = reach.nodes
        self._rows = reach.graph.rows
        self._virtual = self._rows.tables["virtual"]
        self._copies = reach.graph.settings.kept_copy == "ignore"
        self._feeders: dict[str, list[str] | dict[str, None]] = reach.feeders  # type: ignore[assignment]
        for place, names in self._feeders.items():
            if len(names) > _FEW:
                self._feeders[place] = dict.fromkeys(names)
        self._mentions = Mentions(self._nodes)
        self._extensions = Extensions(self._nodes)
        self._known = Known(self._nodes, self._mentions)
        self._telling = telling
        telling.know(self._known)
        self._forests = [Forest(reach.via, self._feeders, self._ways, lambda way: way[1] is OUTSIDE)]
        if self._copies:
            self._forests.append(Forest(reach.staying, self._feeders, self._ways, self._stays))
        self._odd = bool(self._rows.patterns) or any(
            key[0] == "@" and is_glued(row[0]) for key, row in self._virtual.rows.items()
        )
        self._odd |= any("@" in key for key in self._rows.tables["local"])

    def reaches(self, edit: Edit) -> bool:
        """Tell whether an edit is kept up with by looking at what hangs on it alone."""
        match edit:
            case RejectedEdit() | FactEdit("shields" | "overruled"):
                return True
            case FactEdit("mailboxes", name):
                return not self._copies or self._is_simple_mailbox(name)
            case RowEdit("virtual", key):
                return self._is_simple_row(key, (*(self._virtual.get(key) or ()), *(edit.arrows or ())))
            case _:
                return False

    def make(self, edit: Edit) -> bool:
        """Make an edit that is kept up with.

        Returns:
            Whether the answer is right now: places with extensions may have come or gone, and then
            it has to be found out anew.
        """
        if isinstance(edit, RowEdit):
            return self._make_row(edit)
        edit.make(self._rows)
        if isinstance(edit, FactEdit) and edit.fact == "mailboxes":
            self._reach.graph.ends.forget_accounts()
            if self._copies:
                names = self._with_extended(self._watching(edit.name))
                flipped = self._repair({name: self._ways(name) for name in names})
                self._retell(flipped, [edit.name])
        return True

    def _make_row(self, edit: RowEdit) -> bool:
        key, virtual = edit.key, self._virtual
        before = virtual.get(key) or ()
        stood = key in virtual, key in virtual.rows
        stands = bool(edit.arrows), bool(edit.arrows) and tuple(edit.arrows or ()) != (key,)
        marked = bool(self._nodes.has_mark(split_address(key)[0]))
        rows = [key, *(self._watching(key) if stood != stands else ())]
        if marked:
            rows.append(self._nodes.split(key)[0])
        rows = list(dict.fromkeys(rows))
        names = self._with_extended(rows)
        facts = self._extensions.facts(rows)
        linked = [(name, _places(self._ways(name))) for name in names]
        self._mentions.discard(key, before)
        edit.make(self._rows)
        if stood != stands:
            self._note_key(key, stood=stood[0], stands=stands[0], marked=marked)
        self._mentions.add(key, tuple(edit.arrows or (key,)))
        if self._extensions.facts(rows) != facts:
            return False
        for name, places in linked:
            self._detach(name, places)
        changed = {name: self._ways(name) for name in names}
        for name, ways in changed.items():
            self._attach(name, _places(ways))
        flipped = self._repair(changed)
        self._retell(flipped, [key] if stood != stands else [])
        return True

    def _is_simple_row(self, key: str, destinations: Iterable[str]) -> bool:
        """Tell whether a row only says where mail for its own address goes on to, not for a whole domain."""
        local, domain = split_address(key)
        rows = self._rows
        if self._odd or self._nodes.cut_off or not domain or any(each[0] == "@" for each in destinations):
            return False
        if self._nodes.arrivals.passes(domain) or (self._nodes.has_mark(local) and rows.tables["canonical"]):
            return False
        # A row makes a subdomain of a relay domain known.
        hosted = domain in rows.domains or domain in rows.domain_aliases
        return hosted or self._reach.graph.kind(domain) != "relay"

    def _is_simple_mailbox(self, address: str) -> bool:
        """Tell whether a mailbox has a say for its own address only."""
        local, domain = split_address(address)
        if self._odd or not local or not domain or self._nodes.has_mark(local):
            return False
        return not self._rows.tables["bcc"] and self._reach.graph.kind(domain) != "local"

    def _watching(self, key: str) -> list[str]:
        """Return the rows with a destination that may be decided by a row of a key."""
        local, domain = split_address(key)
        found = dict.fromkeys(
            name
            for each in self._known.above_all(domain)
            for name in self._mentions.watching(f"{local}@{each}", exact_first=each == domain)
        )
        return list(found)

    def _with_extended(self, rows: Iterable[str]) -> list[str]:
        """Return rows, and the places that are one of them with an extension."""
        return list(dict.fromkeys(name for row in rows for name in (row, *self._extensions.extended(row))))

    def _note_key(self, key: str, *, stood: bool, stands: bool, marked: bool) -> None:
        """Note that a row has come or gone, or lists only itself now, or no longer."""
        if stands and not stood:
            self._mentions.name(key)
        elif stood and not stands:
            self._mentions.unname(key)
        if marked and stood != stands:
            self._extensions.tag(key)
            (self._known.extend if stands else self._known.shorten)(key)
        if key[0] == "@":
            self._nodes.arrivals.forget_default(key[1:])
            self._nodes.be_wary()

    def _retell(self, places: Iterable[str], keys: Iterable[str]) -> None:
        """Decide anew the names that are decided in some places, or by the rows of some keys."""
        groups: dict[str, None] = {}
        changed = (*places, *keys)
        for place in changed:
            if place[0] != "@":
                groups.update(dict.fromkeys(self._known.groups_of(place)))
                continue
            for domain in self._known.above_all(place[1:]):
                groups.update(dict.fromkeys(self._telling.domain(domain)))
        if changed:
            for domain in self._known.entered:
                self._telling.domain(domain)
                groups.update(dict.fromkeys(self._known.groups_in(domain)))
        for key in keys:
            extension = self._nodes.split(key)[1]
            for base in self._known.groups_of(key) if extension else ():
                self._telling.forget(append_extension(base, extension))
        for base in groups:
            self._telling.group(base)

    def _ways(self, name: str) -> list[Way]:
        """Return all ways on from a place, as they are now."""
        nodes = self._nodes
        found = []
        for each in self._destinations(name):
            place = led_to(nodes, name, each, nodes.place(each))
            if place:
                found.append((each, place))
        return found

    def _destinations(self, name: str) -> Iterator[str]:
        row = self._virtual.rows.get(name)
        if row is not None:
            yield from row
        elif name[-1] == "@":
            yield from account_destinations(self._reach.graph, name[:-1])
        else:
            key, extension = self._nodes.split(name)
            if name in self._extensions.extended(key):
                for each in self._virtual.get(key) or ():
                    yield each if is_opaque(each) else append_extension(each, extension)

    def _repair(self, changed: Mapping[str, Sequence[Way]]) -> set[str]:
        """Return the places about which something else holds after some ways have changed."""
        flipped: set[str] = set()
        for forest in self._forests:
            flipped |= forest.repair(changed)
        return flipped

    def _attach(self, name: str, places: Iterable[str]) -> None:
        for place in places:
            names = self._feeders.setdefault(place, [])
            if isinstance(names, dict):
                names[name] = None
            elif len(names) < _FEW:
                names.append(name)
            else:
                self._feeders[place] = dict.fromkeys((*names, name))

    def _detach(self, name: str, places: Iterable[str]) -> None:
        for place in places:
            names = self._feeders[place]
            if isinstance(names, dict):
                names.pop(name, None)
            else:
                names[:] = (each for each in names if each != name)
            if not names:
                del self._feeders[place]

    def _stays(self, way: Way) -> bool:
        return way[1] is INSIDE and self._nodes.stays(way[0])


def _places(ways: Iterable[Way]) -> set[str]:
    """Return the places that ways lead to, the ends left out."""
    return {place for _, place in ways if place is not OUTSIDE and place is not INSIDE}
