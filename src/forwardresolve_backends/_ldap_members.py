"""Follow what entries refer to: the members of a group, the members of its groups, and so on.

As Postfix does it: an entry that refers to others gives its values and what those give; only one
that refers to nobody gives its leaf attributes. An entry is visited once, so a circle ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import attrs

from forwardresolve.sdk import Origin, Remark
from forwardresolve_backends._ldap_answers import PLACE, texts_of
from forwardresolve_backends._ldap_dns import normalise_dn
from forwardresolve_backends._ldap_filters import FilterError, parse_filter, present, written
from forwardresolve_backends._ldap_pages import Search

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forwardresolve_backends._ldap_answers import Meaning
    from forwardresolve_backends._ldap_pages import Entry, Reader
    from forwardresolve_backends._ldap_rules import Scope

_SWEEP: Final = 100
"""References that are cheaper to find by reading everything once than one by one."""

_SCOPES: Final[Mapping[str, Scope]] = {"": "base", "base": "base", "one": "one", "sub": "sub"}
_URL: Final = "ldap"
_FILTER: Final = "("


@attrs.frozen
class _Node:
    values: tuple[str, ...]
    references: tuple[str, ...]


@attrs.define
class Members:
    """The entries that those of one rule refer to.

    Args:
        reader: Reads them.
        base: Where they are looked for together; one that lies elsewhere is read by its name.
        meaning: What is wanted of them.
    """

    _reader: Reader
    _base: str
    _meaning: Meaning
    _nodes: dict[str, _Node | None] = attrs.field(factory=dict)

    def references(self, entry: Entry) -> list[str]:
        """Return what an entry refers to: DNs, LDAP URLs and filters."""
        meaning = self._meaning
        return texts_of(entry, (*meaning.dn_values, *meaning.filter_values))[0]

    def learn(self, references: Iterable[str]) -> None:
        """Read whatever is referred to, as far as it leads.

        Raises:
            BackendError: The server does not give it.
        """
        wanted = self._unknown(references)
        while wanted:
            if sum(_is_dn(each) for each in wanted.values()) > _SWEEP:
                self._sweep(wanted)
            for key, text in wanted.items():
                if key not in self._nodes:
                    self._nodes[key] = self._fetch(text)
            found = (self._nodes[key] for key in wanted)
            wanted = self._unknown(each for node in found if node for each in node.references)

    def of(self, entry: Entry) -> tuple[list[str], list[Remark]]:
        """Return the destinations of those that an entry refers to, and what is missing.

        Args:
            entry: One whose references were learnt.
        """
        destinations: dict[str, None] = {}
        remarks = []
        waiting = self.references(entry)
        seen = {_key(each) for each in waiting} | {normalise_dn(entry.dn)}
        while waiting:
            text = waiting.pop()
            node = self._nodes.get(_key(text))
            if node is None:
                said = f"{entry.dn} refers to {text!r:.200}, which does not exist or may not be seen"
                remarks.append(Remark("ldap-dangling-member", said, origin=Origin(PLACE, entry.dn)))
                continue
            destinations.update(dict.fromkeys(node.values))
            for each in node.references:
                if _key(each) not in seen:
                    seen.add(_key(each))
                    waiting.append(each)
        return list(destinations), remarks

    def _unknown(self, references: Iterable[str]) -> dict[str, str]:
        keyed = {_key(each): each for each in references}
        return {key: text for key, text in keyed.items() if key not in self._nodes}

    def _sweep(self, wanted: Mapping[str, str]) -> None:
        """Read all entries once that could be meant, and keep those that are, or lead on."""
        search = Search(self._base, "sub", present(self._attributes), self._attributes, "members of groups")
        for entry in self._reader.entries(search):
            key = normalise_dn(entry.dn)
            if key in wanted or self._meaning.refers(entry):
                self._nodes[key] = self._node(entry)

    def _fetch(self, text: str) -> _Node | None:
        if _is_dn(text):
            entry = self._reader.entry(text, self._attributes)
            return self._node(entry) if entry is not None else None
        search = self._search(text)
        if search is None:
            return None
        names = []
        for entry in self._reader.entries(search):
            self._nodes.setdefault(normalise_dn(entry.dn), self._node(entry))
            names.append(entry.dn)
        return _Node((), tuple(names))

    def _search(self, text: str) -> Search | None:
        """Read an LDAP URL (RFC 4516) or a filter; None where it is none."""
        base, scope, wanted = self._base, "sub", text
        if text.casefold().startswith(_URL):
            location = text.partition("://")[2].partition("/")[2]
            base, _, scope, wanted, *_ = (unquote(part) for part in (*location.split("?"), "", "", "", ""))
        try:
            filter_ = written(parse_filter(wanted or "(objectClass=*)"))
        except FilterError:
            return None
        deep = _SCOPES.get(scope.casefold())
        return Search(base, deep, filter_, self._attributes, f"members by {text:.200}") if deep else None

    def _node(self, entry: Entry) -> _Node:
        meaning = self._meaning
        names = meaning.values if meaning.refers(entry) else (*meaning.values, *meaning.leaf)
        return _Node(tuple(texts_of(entry, names)[0]), tuple(self.references(entry)))

    @property
    def _attributes(self) -> tuple[str, ...]:
        meaning = self._meaning
        return tuple(
            dict.fromkeys((*meaning.values, *meaning.leaf, *meaning.dn_values, *meaning.filter_values))
        )


def _is_dn(text: str) -> bool:
    return not text.startswith(_FILTER) and "://" not in text.partition("=")[0]


def _key(text: str) -> str:
    return normalise_dn(text) if _is_dn(text) else text
