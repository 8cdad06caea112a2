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

What follows SemVer, and what it means for a backend:

- Everything in ``__all__`` stays, with its meaning, within a major version. What goes is deprecated
  for one minor release first, and warns.
- ``records()`` never gets an argument, and `Backend` never a further method. What a backend may do
  besides arrives as a Protocol of its own, which it takes up or not.
- A record may get a further field with a default, and there may be further kinds of records. A
  backend that makes records by the names of their fields goes on working.
- A new minor version may add promises to the contract kit (`forwardresolve.testing`): it tells more
  wrong backends apart, and no right ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

import attrs

from forwardresolve.addresses import normalise, normalise_domain
from forwardresolve.destinations import split_destinations
from forwardresolve.errors import (
    BackendDataError,
    BackendIncomplete,
    BackendMisconfigured,
    BackendNotInstalled,
    BackendUnavailable,
)
from forwardresolve.file_versions import FileState, file_error, state_if_there, version_of_files
from forwardresolve.jsonlines import read_records, write_records
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
from forwardresolve.scope import Scope
from forwardresolve.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "Addressable",
    "Backend",
    "BackendDataError",
    "BackendIncomplete",
    "BackendMisconfigured",
    "BackendNotInstalled",
    "BackendUnavailable",
    "Described",
    "Diagnosable",
    "Domain",
    "DomainAlias",
    "DomainKind",
    "FileState",
    "Forward",
    "ForwardTable",
    "Mailbox",
    "Observation",
    "Origin",
    "Pattern",
    "PatternSyntax",
    "Record",
    "Relocated",
    "Remark",
    "Scope",
    "Secret",
    "Site",
    "Transport",
    "TransportKind",
    "Versioned",
    "file_error",
    "normalise",
    "normalise_domain",
    "read_records",
    "split_destinations",
    "state_if_there",
    "version_of_files",
    "write_records",
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


@runtime_checkable
class Described(Protocol):
    """A backend that says what it would read: an ability that a backend may have or not."""

    @classmethod
    def describe(cls, options: Mapping[str, str]) -> str:
        """Say what some of its options come to, without reading the source.

        Args:
            options: Options by name, as texts; those that do not matter here are left out. Without
                any, it says what there is to choose from.

        Returns:
            Lines for a person, best as an admin may paste them into a configuration.

        Raises:
            BackendMisconfigured: The options do not fit.
        """
        ...


@attrs.frozen
class Observation:
    """Something that a backend sees when it looks at its source.

    Args:
        subject: What it looks at, in a word or two: ``who am I``, ``rule 3``.
        text: What it sees.
        is_problem: Whether somebody should do something about it.
    """

    subject: str
    text: str
    is_problem: bool = False


@runtime_checkable
class Diagnosable(Protocol):
    """A backend that says what it sees of its source: an ability that a backend may have or not."""

    def diagnose(self) -> Iterable[Observation]:
        """Look at the source, and say which one it is, as whom it is read and what it holds.

        Returns:
            What is seen, in the order of looking. A part that cannot be looked at is a problem, and
            the others are looked at all the same.

        Raises:
            BackendError: The source cannot be looked at at all.
        """
        ...


@runtime_checkable
class Versioned(Protocol):
    """A backend that can tell cheaply whether its source has changed: an ability, too."""

    def version(self) -> str:
        """Ask the source for its state, without reading it.

        Returns:
            A text that is another one after every change, perhaps now and then also without one;
            empty where the source cannot tell. Whoever asks does so before reading, so that what
            changes while the source is read makes a difference to the next answer.

        Raises:
            BackendError: The source cannot be asked.
        """
        ...


@runtime_checkable
class Addressable(Protocol):
    """A backend that can read what concerns some addresses alone: an ability, too.

    It is for a source whose rows are many and each stand for themselves: a panel tells which
    addresses it has changed, and only these are read.
    """

    def records_of(self, scope: Scope) -> Iterable[Record] | None:
        """Read a part of the source, now.

        Args:
            scope: Which rows are meant.

        Returns:
            Every record that a whole reading gives now and the scope covers, however the address
            is spelled in the source. Further records of a whole reading do no harm. None where
            this part cannot be told from the rest, or rows that are not meant may change with
            it: then the source is read whole.

        Raises:
            BackendError: As in `Backend.records`.
        """
        ...
