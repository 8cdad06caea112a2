"""What a server says about itself: its name, its contexts, its schema, the state it is in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.sdk import BackendMisconfigured
from forwardresolve_backends._ldap_dns import is_below, normalise_dn
from forwardresolve_backends._ldap_filters import comparisons_of, parse_filter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from forwardresolve_backends._ldap_filters import Comparison
    from forwardresolve_backends._ldap_pages import Entry, Reader
    from forwardresolve_backends._ldap_rules import Rule

_ROOT: Final = (
    "namingContexts",
    "defaultNamingContext",
    "subschemaSubentry",
    "vendorName",
    "vendorVersion",
    "structuralObjectClass",
    "highestCommittedUSN",
    "lastChangeNumber",
)
_DEFINITION: Final = re.compile(
    r"\(\s*(?P<oid>[\w.-]+)\s+(?:NAME\s+(?:'(?P<one>[^']*)'|\((?P<several>[^)]*)\)))?"
).match
_CLASS: Final = "objectclass"


@attrs.frozen
class Root:
    """What the root of a server says (RFC 4512).

    Args:
        contexts: The DNs at which its directories begin.
        default_context: The one that counts where none is named; empty if it says nothing.
        schema_dn: Where its schema lies.
        product: What the server is, as far as it says.
        change: A number that grows with every change; empty if it has none.
    """

    contexts: tuple[str, ...]
    default_context: str
    schema_dn: str
    product: str
    change: str

    @classmethod
    def read(cls, reader: Reader) -> Root:
        """Read the root of a server; one that shows nothing is one that says nothing."""
        entry = reader.entry("", _ROOT)

        def said(name: str) -> tuple[str, ...]:
            values: Sequence[bytes] = entry.attributes.get(name.casefold(), ()) if entry else ()
            return tuple(value.decode(errors="replace") for value in values)

        contexts = said("namingContexts")
        single = contexts if len(contexts) == 1 else ()
        changes = said("highestCommittedUSN") or said("lastChangeNumber")
        is_openldap = "OpenLDAProotDSE" in said("structuralObjectClass")
        product = (*said("vendorName"), *said("vendorVersion")) or (("OpenLDAP",) if is_openldap else ())
        return cls(
            contexts=contexts,
            default_context=next(iter(said("defaultNamingContext") or single), ""),
            schema_dn=next(iter(said("subschemaSubentry")), "cn=Subschema"),
            product=" ".join(product),
            change=next(iter(changes), ""),
        )

    def contexts_of(self, bases: Iterable[str]) -> tuple[str, ...]:
        """Return the contexts in which the bases lie."""
        wanted = [normalise_dn(base) for base in bases]
        return tuple(
            context
            for context in self.contexts
            if any(is_below(base, normalise_dn(context)) for base in wanted)
        )

    def state(self, reader: Reader, bases: Iterable[str]) -> str:
        """Return a text that is another one after every change; empty where the server has none.

        It is the ``contextCSN`` of OpenLDAP, else the number of the last change.
        """
        numbers = [
            value.decode(errors="replace")
            for context in self.contexts_of(bases)
            for value in sorted(state_of(reader.entry(context, ("contextCSN",))))
        ]
        return " ".join(numbers) or self.change


def state_of(entry: Entry | None) -> Sequence[bytes]:
    """Return what an entry says about the state of its context."""
    return entry.attributes.get("contextcsn", ()) if entry is not None else ()


@attrs.frozen
class Schema:
    """The names that a server knows.

    Args:
        attributes: Every name of an attribute, folded, to the first of its names.
        classes: Every name of an object class, folded.
    """

    attributes: dict[str, str]
    classes: frozenset[str]

    @classmethod
    def read(cls, reader: Reader, root: Root) -> Schema:
        """Read the schema of a server.

        Raises:
            BackendMisconfigured: It does not show it.
        """
        entry = reader.entry(root.schema_dn, ("attributeTypes", "objectClasses"), "(objectClass=subschema)")
        found = entry.attributes if entry is not None else {}
        attributes = {
            name: names[0] for names in map(_names, found.get("attributetypes", ())) for name in names
        }
        if not attributes:
            msg = (
                f"{reader.link.address.name}: does not show its schema ({root.schema_dn}), so nobody knows "
                "whether it knows the attributes of the rules; allow reading it, or set check_schema = false"
            )
            raise BackendMisconfigured(msg)
        classes = frozenset(name for each in found.get("objectclasses", ()) for name in _names(each))
        return cls(attributes, classes)

    def canonical(self, name: str) -> str:
        """Return the name under which the server gives an attribute, folded."""
        folded = name.casefold()
        return self.attributes.get(folded, folded)

    def unknown(self, rule: Rule) -> tuple[str, ...]:
        """Say what of a rule the server has never heard of."""
        return tuple(dict.fromkeys(self._unknown(rule)))

    def _unknown(self, rule: Rule) -> Iterator[str]:
        for name in (*rule.keys, *rule.answers):
            if name.casefold() not in self.attributes:
                yield f"attribute {name}"
        for text in filter(None, (rule.filter, rule.match)):
            for each in comparisons_of(parse_filter(text)):
                if each.name and each.name.casefold() not in self.attributes:
                    yield f"attribute {each.name}"
                elif (name := _class_in(each)) and name.casefold() not in self.classes:
                    yield f"object class {name}"


def _class_in(comparison: Comparison) -> str:
    """Return the object class that a comparison names, or nothing."""
    is_one = comparison.name.casefold() == _CLASS and comparison.parts is not None
    return comparison.parts[0] if is_one and comparison.parts and len(comparison.parts) == 1 else ""


def _names(definition: bytes) -> tuple[str, ...]:
    """Return the names of a definition and its number, all folded."""
    found = _DEFINITION(definition.decode(errors="replace"))
    if found is None:
        return ()
    names = [found["one"]] if found["one"] else (found["several"] or "").replace("'", " ").split()
    return tuple(name.casefold() for name in (*names, found["oid"]))
