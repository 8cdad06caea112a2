"""The neutral rows that every source is turned into; what panels do differently ends here.

Records are plain and frozen. Their constructors take any text and never raise on an odd one: what
cannot be an address becomes a finding in the graph. Inactive rows are never yielded by a backend.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import attrs

DomainKind = Literal["mailbox", "alias", "local", "relay", "autoreply", "discard", "suspended"]
ForwardTable = Literal["virtual", "local", "canonical", "bcc", "sieve"]
PatternSyntax = Literal["regexp", "pcre", "like"]
TransportKind = Literal["external", "relay", "mailbox", "undeliverable", "discard", "autoreply", "opaque"]


@attrs.frozen
class Origin:
    """Where a record comes from.

    Args:
        place: The table, file or search base.
        key: The primary key, line or DN, only where it is not the address itself.
        source: The name the admin gave the source; the graph fills it in.

    One origin is shared by all rows of a query whose key is the address: a million rows stay
    cheap.
    """

    place: str = ""
    key: str = ""
    source: str = ""

    def __str__(self) -> str:
        """Say it the way a finding or an explanation shows it: ``panel: alias (id 7)``."""
        where = f"{self.place} ({self.key})" if self.key else self.place
        return f"{self.source}: {where}" if self.source and where else self.source or where


@attrs.frozen
class Domain:
    """A hosted domain.

    Args:
        name: The domain.
        kind: ``mailbox``, ``alias``, ``local`` and ``relay`` are the address classes of Postfix
            (relay takes its subdomains along). ``autoreply`` and ``discard``: a transport
            swallows the mail. ``suspended``: the domain is ours, but mail to it is refused now.
        origin: Where the record comes from.
    """

    name: str
    kind: DomainKind = "mailbox"
    origin: Origin | None = None


@attrs.frozen
class DomainAlias:
    """A domain whose addresses stand for the same local parts of another.

    This is PostfixAdmin's meaning: at each key form the domain's own row, the target's row, the
    target's catch-all; one step. A rewriting alias domain is ``Forward("@alias", "@target")``.

    Args:
        alias: The domain that stands for the other; it counts as hosted.
        target: The domain that holds the rows.
        origin: Where the record comes from.
    """

    alias: str
    target: str
    origin: Origin | None = None


@attrs.frozen
class Mailbox:
    """An address with a mailbox.

    Args:
        address: The address, or ``@domain`` for a mailbox that takes a whole domain.
        shields: It keeps its mail although a catch-all stands in its domain, as a row that
            forwards the address to itself does. In plain Postfix a mailbox does not shield.
        origin: Where the record comes from.
    """

    address: str
    shields: bool = False
    origin: Origin | None = None


@attrs.frozen
class Forward:
    """A forwarding.

    Args:
        source: An address, a catch-all ``@domain``, or a bare name for an account of the host.
        destinations: The text of the source (a list as Postfix understands it), or a sequence
            of such texts. ``@domain`` keeps the local part.
        table: ``virtual`` (virtual_alias_maps), ``local`` (aliases(5)), ``canonical``
            (recipient_canonical_maps), ``bcc`` (recipient_bcc_maps) or ``sieve`` (a redirect of
            the mailbox itself, behind all aliases; the address itself among the destinations is
            the mailbox' own copy).
        origin: Where the record comes from.

    Forwards of one source address unite.
    """

    source: str
    destinations: str | Sequence[str]
    table: ForwardTable = "virtual"
    origin: Origin | None = None


@attrs.frozen
class Pattern:
    r"""A forwarding whose source is a pattern over whole addresses.

    Args:
        pattern: The expression, without delimiters; matched against the folded address.
        destinations: As in `Forward`; ``$1`` or ``\1`` stand for a group.
        syntax: ``regexp`` and ``pcre`` as in Postfix tables, ``like`` as in SQL.
        origin: Where the record comes from.
    """

    pattern: str
    destinations: str | Sequence[str]
    syntax: PatternSyntax = "pcre"
    origin: Origin | None = None


@attrs.frozen
class Transport:
    """A domain or address whose mail goes elsewhere than its class says (transport(5)).

    Args:
        key: A domain, ``.domain`` for its subdomains, or an address.
        kind: Where mail to it ends.
        origin: Where the record comes from.
    """

    key: str
    kind: TransportKind
    origin: Origin | None = None


@attrs.frozen
class Relocated:
    """An address that bounces because its owner has moved (relocated(5)).

    Args:
        address: The address or ``@domain``.
        origin: Where the record comes from.
    """

    address: str
    origin: Origin | None = None


@attrs.frozen
class Site:
    """Settings that a source knows about its mail host; the configuration beats them.

    Args:
        recipient_delimiter: Postfix' ``recipient_delimiter``; None: the source does not know.
        myorigin: The domain that completes bare names; None: the source does not know.
        origin: Where the record comes from.
    """

    recipient_delimiter: str | None = None
    myorigin: str | None = None
    origin: Origin | None = None


@attrs.frozen
class Remark:
    """A finding of the backend's own.

    Args:
        id: A short stable name, words joined by hyphens.
        text: One sentence that says what is odd and what to do.
        address: The address it is about, if any.
        origin: Where it was seen.
    """

    id: str
    text: str
    address: str = ""
    origin: Origin | None = None


Record = Domain | DomainAlias | Mailbox | Forward | Pattern | Transport | Relocated | Site | Remark
"""Whatever a backend may yield."""
