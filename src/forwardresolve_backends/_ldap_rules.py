"""How a directory keeps its mail routing: rules, each a Postfix ldap table read backwards.

Postfix asks a directory with an address and gets destinations. A rule turns that round: it finds
every entry that answers to anything, the addresses that the entry answers for, and what it answers.
"""

from __future__ import annotations

from collections.abc import Sequence  # noqa: TC003 (the fields are read at run time)
from typing import Any, Final, Literal

import attrs

from forwardresolve.sdk import (  # noqa: TC001 (the fields are read at run time)
    DomainKind,
    Record,
    TransportKind,
)
from forwardresolve_backends._ldap_filters import FilterError, comparisons_of, parse_filter

Yields = Literal[
    "forward", "local", "canonical", "bcc", "mailbox", "domain", "domain-alias", "transport", "relocated"
]
Scope = Literal["sub", "one", "base"]
KeyForm = Literal["address", "domain", "name"]
Lookup = Literal["first", "union"]

FORWARDING: Final = ("forward", "local", "canonical", "bcc")
"""What a rule yields whose keys have destinations; each is a space of look-ups of its own."""

EVERY_DOMAIN: Final = "*"


def _is_filter(_: object, field: attrs.Attribute[Any], value: str) -> None:
    if not value and field.name == "match":
        return
    try:
        found = parse_filter(value)
    except FilterError as error:
        msg = f"{value!r} is no filter: {error}"
        raise ValueError(msg, field) from error
    if field.name == "match" and any(each.parts is None for each in comparisons_of(found)):
        msg = f"{value!r} has a matching rule (:=), which only a server can ask; put that into filter"
        raise ValueError(msg, field)


def _is_attribute(_: object, field: attrs.Attribute[Any], value: Sequence[str]) -> None:
    for name in value:
        if not name.replace("-", "").replace(".", "").isalnum() or not name.isascii():
            msg = f"{name!r} is no name of an attribute"
            raise ValueError(msg, field)


def _is_format(_: object, field: attrs.Attribute[Any], value: str) -> None:
    if "%" not in value or any(part[:1] not in tuple("sudSUD") for part in _placeholders(value)):
        msg = "must hold one of %s, %u, %d (of the value), %S, %U, %D (of the key); %% is a percent sign"
        raise ValueError(msg, field)


def _is_key_format(_: object, field: attrs.Attribute[Any], value: str) -> None:
    found = _placeholders(value)
    if len(found) != 1 or found[0][:1] not in tuple("sud"):
        msg = "must hold one of %s, %u and %d, once; %% is a percent sign"
        raise ValueError(msg, field)


def _placeholders(text: str) -> Sequence[str]:
    return text.replace("%%", "").split("%")[1:]


@attrs.frozen(kw_only=True)
class Rule:
    """Which entries answer, for which addresses, and with what.

    Args:
        yields: What an entry becomes: a forwarding (``forward`` for virtual aliases, ``local`` for
            aliases(5), ``canonical``, ``bcc``), a ``mailbox``, a ``domain``, a ``domain-alias``
            from each key to each value, a ``transport``, or a ``relocated`` address.
        filter: Which entries answer; the server decides. It holds no placeholders.
        keys: Attributes whose values an entry answers for.
        values: Attributes that hold destinations. An entry counts where its own address stands
            among them, too: that is how a kept copy and a member of a group are written.
        dn_values: Attributes that hold the DN or the LDAP URL of entries that answer in its place.
            They are followed as far as they lead, circles included.
        filter_values: Attributes that hold a filter; the entries that it finds answer.
        leaf: Attributes that hold destinations only where an entry has no ``dn_values`` and
            ``filter_values`` of its own: the addresses of members.
        commands: Attributes that hold a program: what happens to the mail there, nobody knows.
        base: Where the entries lie; empty: the base of the source.
        scope: ``sub``, ``one`` or ``base``.
        table: The look-up table that the rule belongs to. Rules of one table unite; of several
            tables the first one counts that has something for a key. Empty: a table of its own.
        match: A filter that is asked here for every key of an entry, with ``%s`` for the key,
            ``%u`` and ``%d`` for its two parts; empty: every key counts.
        key_form: What a key is: an ``address`` (also ``@domain``), a ``domain`` that stands for all
            its addresses, or a ``name`` without a domain.
        key_format: What a value of ``keys`` looks like when it names the key ``%s``, or a name
            ``%u`` or a domain ``%d``; ``*`` stands for anything: ``*@%s`` takes the domains of
            addresses. Other values name no key.
        within: The DN, with ``%s``, ``%u``, ``%d`` or ``%1`` to ``%9`` in it, at or below which an
            entry must lie to answer for a key; empty: it may lie anywhere.
        domains: The domains in which a name counts; ``*`` for all that the source hosts, nothing
            for names that stay bare. For addresses and domains, the only ones that count; then
            ``@domain`` as a key and bare names do not.
        catchall: The local part that stands for all addresses of a domain, such as ``catchall``.
        prefixes: What may stand in front of keys and values and is cut off, such as ``smtp:``.
            Whatever has another prefix is no address: left out as a key, a remark as a value.
        value_format: What a value becomes, as Postfix' ``result_format``: ``%s``, ``%u`` and ``%d``
            of the value, ``%S``, ``%U`` and ``%D`` of the key.
        domain_kind: The kind of the domains of a rule that yields them.
        transport_kind: Where mail goes by a rule that yields transports.
        shields: Whether the mailboxes of the rule keep their mail from a catch-all.
        optional: Leave the rule out, with a remark, where the server's schema lacks an attribute or
            class of it; otherwise that is an error.
    """

    yields: Yields = "forward"
    filter: str = attrs.field(default="(objectClass=*)", validator=_is_filter)
    keys: Sequence[str] = attrs.field(validator=_is_attribute)
    values: Sequence[str] = attrs.field(default=(), validator=_is_attribute)
    dn_values: Sequence[str] = attrs.field(default=(), validator=_is_attribute)
    filter_values: Sequence[str] = attrs.field(default=(), validator=_is_attribute)
    leaf: Sequence[str] = attrs.field(default=(), validator=_is_attribute)
    commands: Sequence[str] = attrs.field(default=(), validator=_is_attribute)
    base: str = ""
    scope: Scope = "sub"
    table: str = ""
    match: str = attrs.field(default="", validator=_is_filter)
    key_form: KeyForm = "address"
    key_format: str = attrs.field(default="%s", validator=_is_key_format)
    within: str = ""
    domains: Sequence[str] = ()
    catchall: str = ""
    prefixes: Sequence[str] = ()
    value_format: str = attrs.field(default="%s", validator=_is_format)
    domain_kind: DomainKind = "mailbox"
    transport_kind: TransportKind = "opaque"
    shields: bool = False
    optional: bool = False

    def __attrs_post_init__(self) -> None:
        """Refuse a rule that finds nothing, or finds what it has no use for."""
        if not self.keys:
            msg = "keys: must name an attribute"
            raise ValueError(msg)
        answers = self.answers
        if self.has_answers and not answers:
            msg = "values: a rule that yields destinations must name an attribute for them"
            raise ValueError(msg)
        if not self.has_answers and answers:
            msg = f"values: a rule that yields {self.yields} has no destinations; name only keys"
            raise ValueError(msg)
        if (self.dn_values or self.filter_values) and not (self.leaf or self.values):
            msg = "leaf: dn_values and filter_values need the attribute that holds a member's address"
            raise ValueError(msg)

    @property
    def has_answers(self) -> bool:
        """Tell whether keys have something on their other side."""
        return self.yields in FORWARDING or self.yields == "domain-alias"

    @property
    def answers(self) -> tuple[str, ...]:
        """The attributes without any of which an entry answers nothing."""
        return (*self.values, *self.dn_values, *self.filter_values, *self.leaf, *self.commands)


@attrs.frozen(kw_only=True)
class Layout:
    """How one directory keeps its mail routing.

    Args:
        rules: The rules, in the order in which their tables are asked.
        lookup: ``first``: the first table that has something for a key counts, as in a list of
            tables in Postfix; ``union``: all of them, as in its ``unionmap``.
        hosted_kind: The kind of the domains that the options name.
        records: What is known without the directory: domains that a file names, settings of the
            mail host, remarks about these rules.
    """

    rules: Sequence[Rule]
    lookup: Lookup = "first"
    hosted_kind: DomainKind = "mailbox"
    records: Sequence[Record] = ()
