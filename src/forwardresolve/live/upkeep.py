"""Keep an answer right after one edit: what hangs on it is looked at again, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forwardresolve.addresses import append_extension, split_address
from forwardresolve.destinations import is_glued
from forwardresolve.live.edges import Edges
from forwardresolve.live.edits import FactEdit, RejectedEdit, RowEdit
from forwardresolve.live.extensions import Extensions
from forwardresolve.live.known import Known
from forwardresolve.live.mentions import Mentions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forwardresolve.live.edits import Edit
    from forwardresolve.live.telling import Telling
    from forwardresolve.reach import Reach


class Upkeep:
    """The upkeep of an answer.

    Args:
        reach: What reaches outside; it is changed.
        telling: What is told about the names.
    """

    def __init__(self, reach: Reach, telling: Telling) -> None:
        self._graph = reach.graph
        self._nodes = reach.nodes
        self._rows = reach.graph.rows
        self._virtual = self._rows.tables["virtual"]
        self._copies = reach.graph.settings.kept_copy == "ignore"
        self._mentions = Mentions(self._nodes)
        self._extensions = Extensions(self._nodes)
        self._edges = Edges(reach, self._extensions)
        self._telling = telling
        self._known = telling.known = Known(self._nodes, self._mentions)
        self._odd = (
            self._nodes.cut_off
            or bool(self._rows.patterns)
            or any(is_glued(row[0]) for _, row in self._virtual.rewriting())
            or any("@" in key for key in self._rows.tables["local"])
        )

    def reaches(self, edit: Edit) -> bool:
        """Tell whether an edit is kept up with by looking at what hangs on it alone."""
        match edit:
            case RejectedEdit() | FactEdit("shields" | "overruled"):
                return True
            case FactEdit("mailboxes", name):
                # A pattern may answer for the mailbox, which becomes a name that is decided then.
                return not self._rows.patterns and (not self._copies or self._is_simple_mailbox(name))
            case FactEdit("domains" | "domain_aliases", name):
                return not self._odd and not self._nodes.arrivals.passes(name) and self._is_alone(edit)
            case RowEdit("virtual", key):
                return not self._odd and self._is_simple_row(key, edit.arrows or ())
            case _:
                return False

    def make(self, edit: Edit) -> bool:
        """Make an edit that is kept up with.

        Returns:
            Whether the answer is right now: places with extensions may have come or gone, and then
            it has to be found out anew.
        """
        match edit:
            case RowEdit(_, key) if key[0] == "@" and self._rewrites(edit):
                return self._change_domain(edit, key[1:])
            case RowEdit():
                return self._change_row(edit)
            case FactEdit("domains" | "domain_aliases", name):
                return self._change_domain(edit, name)
            case FactEdit("mailboxes", name):
                edit.make(self._rows)
                self._graph.ends.forget_accounts()
                if self._copies:
                    flipped = self._edges.relink(self._edges.beginning_at(self._watching(name)))
                    self._retell(flipped, [name])
            case _:
                edit.make(self._rows)
        return True

    def _change_row(self, edit: RowEdit) -> bool:
        """Change a row that says where mail for its own address goes on to, or for unknown ones."""
        key, virtual = edit.key, self._virtual
        arrows = tuple(edit.arrows or ())
        stood = key in virtual, bool(virtual.rows.get(key))
        stands = bool(arrows), bool(arrows) and arrows != (key,)
        rows = [key, *(self._watching(key) if stood != stands else ())]
        facts = self._extensions.facts(rows)
        before = self._edges.beginning_at(rows)
        self._mentions.discard(key, virtual.get(key) or ())
        edit.make(self._rows)
        if stood != stands:
            self._note_key(key, stood=stood[0], stands=stands[0])
        self._mentions.add(key, arrows)
        if self._extensions.facts(rows) != facts:
            return False
        flipped = self._edges.relink(before)
        self._retell(flipped, [key] if stood != stands else [])
        return True

    def _change_domain(self, edit: Edit, domain: str) -> bool:
        """Change what holds of a whole domain: for every name in it, and in all domains above it."""
        key, known = f"@{domain}", self._known
        domains = known.above_all(domain)
        rows = [key, *(row for each in domains for row in self._mentions.within(each))]
        facts = self._extensions.facts(rows)
        before = self._edges.beginning_at(rows)
        told = [
            (base, known.extensions(base))
            for each in domains
            if each in known.hosted
            for base in known.groups_in(each)
        ]
        stood = self._virtual.get(key) or ()
        self._mentions.discard(key, stood)
        edit.make(self._rows)
        stands = self._virtual.get(key) or ()
        if stood != stands:
            self._note_key(key, stood=bool(stood), stands=bool(stands))
        self._mentions.add(key, stands)
        self._graph.ends.forget(domain)
        self._nodes.arrivals.look_again(domain, rewriting=stood != stands)
        self._nodes.be_wary()
        if self._extensions.facts(rows) != facts:
            return False
        flipped = self._edges.relink(before)
        if isinstance(edit, FactEdit) and edit.fact == "domains" and known.is_alone(domain):
            known.host(domain, hosted=self._graph.hosts(domain))
        else:
            self._known = self._telling.known = Known(self._nodes, self._mentions)
        for each in domains:
            self._telling.forget(f"@{each}")
        for base, extensions in told:
            self._telling.forget_group(base, extensions)
        self._retell(flipped, [key])
        for each in domains:
            for base in self._telling.domain(each, wholly=True):
                self._telling.group(base)
        return True

    def _is_simple_row(self, key: str, arrows: Iterable[str]) -> bool:
        """Tell whether a row is none of the odd ones, which may have a say anywhere."""
        local, domain = split_address(key)
        rows = self._rows
        if not domain or any(is_glued(each) for each in arrows):
            return False
        if local and self._nodes.arrivals.passes(domain):
            return False
        if self._has_mark(key) and rows.tables["canonical"]:
            return False
        # A row makes a subdomain of a relay domain known.
        hosted = domain in rows.domains or domain in rows.domain_aliases
        return hosted or self._graph.kind(domain) != "relay"

    def _is_simple_mailbox(self, address: str) -> bool:
        """Tell whether a mailbox has a say for its own address only."""
        local, domain = split_address(address)
        if self._odd or not local or not domain or self._has_mark(address):
            return False
        return not self._rows.tables["bcc"] and self._graph.kind(domain) != "local"

    def _is_alone(self, edit: FactEdit) -> bool:
        """Tell whether a domain has no say for its subdomains, nor for the host itself."""
        kinds = {self._rows.domains.get(edit.name), self._graph.kind(edit.name)}
        if edit.fact == "domains":
            kinds.add(edit.value)
        return kinds.isdisjoint(("local", "relay")) and not self._graph.ends.is_below_relay(edit.name)

    def _rewrites(self, edit: RowEdit) -> bool:
        """Tell whether a row sends a whole domain on to another, before an edit or behind it."""
        row = (*(self._virtual.get(edit.key) or ()), *(edit.arrows or ()))
        return any(each[0] == "@" for each in row)

    def _has_mark(self, key: str) -> bool:
        return bool(self._nodes.has_mark(split_address(key)[0]))

    def _watching(self, key: str) -> Iterator[str]:
        """Yield the rows with a destination that may be decided by a row of a key."""
        local, domain = split_address(key)
        yield from self._mentions.watching(key)
        base = split_address(self._nodes.split(key)[0])[0]
        for each in self._known.above_all(domain):
            if base != local:
                # A row that lists itself, met with the extension, may find the key first.
                yield f"{base}@{each}"
            if each != domain and local:
                yield from self._mentions.watching(f"{local}@{each}")
            elif each != domain:
                # The catch-all of its target comes before the rows of an alias domain.
                yield from self._mentions.within(each)

    def _note_key(self, key: str, *, stood: bool, stands: bool) -> None:
        """Note that a row has come or gone, or lists only itself now, or no longer."""
        if stands and not stood:
            self._mentions.name(key)
        elif stood and not stands:
            self._mentions.unname(key)
        if stood != stands and self._has_mark(key):
            self._extensions.tag(key)
            (self._known.extend if stands else self._known.shorten)(key)
        if key[0] == "@":
            self._nodes.arrivals.look_again(key[1:])
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
        for domain in self._known.entered if changed else ():
            groups.update(dict.fromkeys(self._telling.domain(domain, wholly=True)))
        for key in keys:
            extension = self._nodes.split(key)[1]
            for base in self._known.groups_of(key) if extension else ():
                self._telling.forget(append_extension(base, extension))
        for base in groups:
            self._telling.group(base)
