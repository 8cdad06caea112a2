"""Read what panels on Exim leave in files: cPanel, DirectAdmin, and HestiaCP or VestaCP."""

from __future__ import annotations

from collections.abc import Iterable, Iterator  # noqa: TC003 (options are read at run time)
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from forwardresolve_backends._exim_domains import Place, domain_records
from forwardresolve_backends._text_files import directories, present, words

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
        etc = self.root / "etc"
        pairs = (line.partition(":") for line in words(etc / "userdomains"))
        users = {domain.strip(): user.strip() for domain, _, user in pairs}
        yield from _all_records(
            Place(
                domain,
                aliases=present(etc / "valiases" / domain),
                mailboxes=present(self.root / "home" / users.get(domain, "") / "etc" / domain / "passwd"),
                domain_forward=present(etc / "vdomainaliases" / domain),
            )
            for domain in words(etc / "localdomains")
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
        yield from _all_records(
            Place(domain, aliases=present(place / "aliases"), mailboxes=present(place / "passwd"))
            for domain in words(self.directory / "domains")
            for place in [self.directory / domain]
        )


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
        yield from _all_records(
            Place(
                domain,
                aliases=present(place / "aliases"),
                mailboxes=present(place / "passwd"),
                forward_only=present(place / "fwd_only"),
            )
            for domain in directories(self.directory)
            for place in [self.directory / domain]
        )


def _all_records(places: Iterable[Place]) -> Iterator[Record]:
    """Read all places; which files there are is settled before the first is read."""
    for place in tuple(places):
        yield from domain_records(place)
