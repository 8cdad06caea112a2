"""Read what panels on Exim leave in files: cPanel, DirectAdmin, and HestiaCP or VestaCP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator  # noqa: TC003 (options are read at run time)
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from forwardresolve.sdk import version_of_files
from forwardresolve_backends._exim_domains import Place, domain_records
from forwardresolve_backends._text_files import directories, words

if TYPE_CHECKING:
    from forwardresolve.sdk import Record


@attrs.frozen(kw_only=True)
class CPanel:
    """Reads the mail files of a cPanel server.

    Args:
        root: Where its files lie; another directory than ``/`` for a copy of them.
    """

    root: Path = Path("/")

    def records(self) -> Iterator[Record]:
        """Read every domain of ``/etc/localdomains``.

        Yields:
            The records as they stream.

        Raises:
            BackendMisconfigured: A file may not be read.
            BackendUnavailable: ``/etc/localdomains`` or ``/etc/userdomains`` is not there, or a
                file has gone since the reading began.
            BackendIncomplete: A file was changed while it was read.
        """
        yield from _all_records(self._places())

    def version(self) -> str:
        """Return a text that is another one when a file appears, goes, is written to or replaced.

        Raises:
            BackendError: As in `records`.
        """
        return _version(self._places(), self.root / "etc" / "localdomains", self.root / "etc" / "userdomains")

    def _places(self) -> Iterator[Place]:
        etc = self.root / "etc"
        pairs = (line.partition(":") for line in words(etc / "userdomains"))
        users = {domain.strip(): user.strip() for domain, _, user in pairs}
        for domain in words(etc / "localdomains"):
            yield Place(
                domain,
                aliases=etc / "valiases" / domain,
                mailboxes=self.root / "home" / users.get(domain, "") / "etc" / domain / "passwd",
                domain_forward=etc / "vdomainaliases" / domain,
            )


@attrs.frozen(kw_only=True)
class DirectAdmin:
    """Reads the mail files of a DirectAdmin server.

    Args:
        directory: Where the virtual domains lie.
    """

    directory: Path = Path("/etc/virtual")

    def records(self) -> Iterator[Record]:
        """Read every domain of the list ``domains``; a pointer is a domain that shares its files.

        Yields:
            The records as they stream.

        Raises:
            BackendMisconfigured: A file may not be read.
            BackendUnavailable: The list of domains is not there, or a file has gone since the
                reading began.
            BackendIncomplete: A file was changed while it was read.
        """
        yield from _all_records(self._places())

    def version(self) -> str:
        """Return a text that is another one when a file appears, goes, is written to or replaced.

        Raises:
            BackendError: As in `records`.
        """
        return _version(self._places(), self.directory / "domains")

    def _places(self) -> Iterator[Place]:
        for domain in words(self.directory / "domains"):
            place = self.directory / domain
            yield Place(domain, aliases=place / "aliases", mailboxes=place / "passwd")


@attrs.frozen(kw_only=True)
class Hestia:
    """Reads the mail files of a HestiaCP or VestaCP server.

    Args:
        directory: Where Exim finds the domains, a directory each.
    """

    directory: Path = Path("/etc/exim4/domains")

    def records(self) -> Iterator[Record]:
        """Read the directory of every domain.

        Yields:
            The records as they stream.

        Raises:
            BackendMisconfigured: The directory or a file may not be read.
            BackendUnavailable: The directory is not there, or a file has gone since the reading
                began.
            BackendIncomplete: A file was changed while it was read.
        """
        yield from _all_records(self._places())

    def version(self) -> str:
        """Return a text that is another one when a file appears, goes, is written to or replaced.

        Raises:
            BackendError: As in `records`.
        """
        return _version(self._places(), self.directory)

    def _places(self) -> Iterator[Place]:
        for domain in directories(self.directory):
            place = self.directory / domain
            yield Place(
                domain,
                aliases=place / "aliases",
                mailboxes=place / "passwd",
                forward_only=place / "fwd_only",
            )


def _all_records(places: Iterable[Place]) -> Iterator[Record]:
    """Read all places; which files there are is settled before the first is read."""
    for place in [each.looked_at() for each in places]:
        yield from domain_records(place)


def _version(places: Iterable[Place], *lists: Path) -> str:
    """Return the version of all places, and of what says which there are."""
    return version_of_files(lists, optional=(path for each in places for path in each.paths()))
