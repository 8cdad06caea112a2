"""What may change while a live resolution stands: one value for each thing that a panel does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forwardresolve.records import DomainKind, ForwardTable, Origin


@attrs.frozen
class SetForwarding:
    """A source forwards to these destinations and to no others, whatever it did before.

    Args:
        source: As in `forwardresolve.records.Forward`.
        destinations: As in `forwardresolve.records.Forward`.
        table: As in `forwardresolve.records.Forward`.
        origin: Where the row stands, its source named; None: where the source's row stood before.
    """

    source: str
    destinations: str | Sequence[str]
    table: ForwardTable = "virtual"
    origin: Origin | None = None


@attrs.frozen
class RemoveForwarding:
    """A source forwards nothing any more. One that did not before stays as it is.

    Args:
        source: As in `forwardresolve.records.Forward`.
        table: As in `forwardresolve.records.Forward`.
    """

    source: str
    table: ForwardTable = "virtual"


@attrs.frozen
class SetMailbox:
    """An address has a mailbox.

    Args:
        address: As in `forwardresolve.records.Mailbox`.
        shields: As in `forwardresolve.records.Mailbox`.
        origin: Where the mailbox stands, its source named.
    """

    address: str
    shields: bool = False
    origin: Origin | None = None


@attrs.frozen
class RemoveMailbox:
    """An address has no mailbox any more.

    Args:
        address: As in `forwardresolve.records.Mailbox`.
    """

    address: str


@attrs.frozen
class SetDomain:
    """A domain is hosted, as this kind and no other.

    Args:
        name: As in `forwardresolve.records.Domain`.
        kind: As in `forwardresolve.records.Domain`.
    """

    name: str
    kind: DomainKind = "mailbox"


@attrs.frozen
class RemoveDomain:
    """A domain is not hosted any more; its rows stay, until they are removed themselves.

    Args:
        name: As in `forwardresolve.records.Domain`.
    """

    name: str


@attrs.frozen
class SetDomainAlias:
    """A domain stands for another.

    Args:
        alias: As in `forwardresolve.records.DomainAlias`.
        target: As in `forwardresolve.records.DomainAlias`.
    """

    alias: str
    target: str


@attrs.frozen
class RemoveDomainAlias:
    """A domain stands for no other any more.

    Args:
        alias: As in `forwardresolve.records.DomainAlias`.
    """

    alias: str


Change = (
    SetForwarding
    | RemoveForwarding
    | SetMailbox
    | RemoveMailbox
    | SetDomain
    | RemoveDomain
    | SetDomainAlias
    | RemoveDomainAlias
)
"""Whatever may change."""
