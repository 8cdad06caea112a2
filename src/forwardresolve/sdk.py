"""The one module that a backend imports.

A backend is a frozen attrs class whose fields are its options and which has one method,
``records()``. It opens what it needs inside that method and closes it before the method ends. A
source that begins to fail in the middle raises one of the errors below; it never ends early::

    import attrs
    from forwardresolve.sdk import Domain, Forward, Record

    @attrs.frozen
    class HostsFile:
        path: str

        def records(self) -> Iterator[Record]:
            ...

Everything in ``__all__`` is a promise: it follows SemVer, and what a backend may do besides
arrives as a further optional Protocol, never as a further argument.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

from forwardresolve.addresses import normalise, normalise_domain
from forwardresolve.destinations import split_destinations
from forwardresolve.errors import (
    BackendDataError,
    BackendIncomplete,
    BackendMisconfigured,
    BackendNotInstalled,
    BackendUnavailable,
)
from forwardresolve.records import (
    Domain,
    DomainAlias,
    DomainKind,
    Forward,
    ForwardTable,
    Mailbox,
    Origin,
    Pattern,
    PatternSyntax,
    Record,
    Relocated,
    Remark,
    Site,
    Transport,
    TransportKind,
)
from forwardresolve.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "Backend",
    "BackendDataError",
    "BackendIncomplete",
    "BackendMisconfigured",
    "BackendNotInstalled",
    "BackendUnavailable",
    "Domain",
    "DomainAlias",
    "DomainKind",
    "Forward",
    "ForwardTable",
    "Mailbox",
    "Origin",
    "Pattern",
    "PatternSyntax",
    "Record",
    "Relocated",
    "Remark",
    "Secret",
    "Site",
    "Transport",
    "TransportKind",
    "normalise",
    "normalise_domain",
    "split_destinations",
]


@runtime_checkable
class Backend(Protocol):
    """What reads one kind of source."""

    def records(self) -> Iterable[Record]:
        """Read the source whole, now.

        Returns:
            The records in any order, preferably as they stream. Each call reads afresh.

        Raises:
            BackendMisconfigured: The source refuses the options.
            BackendUnavailable: The source does not answer or stops answering.
            BackendIncomplete: The source gives less than it has.
            BackendDataError: A row cannot be read at all.
        """
        ...
