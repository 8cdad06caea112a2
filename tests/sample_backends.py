"""Backends that tests name as ``sample_backends:Class``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from forwardresolve.sdk import (
    BackendUnavailable,
    Domain,
    Forward,
    Mailbox,
    Observation,
    Origin,
    Secret,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.sdk import Record

TABLE = Origin("alias")


@attrs.frozen
class Seeing:
    """A source that can be looked at."""

    is_ill: bool = False
    is_gone: bool = False

    def records(self) -> Iterator[Record]:
        """Yield nothing."""
        yield from ()

    def diagnose(self) -> Iterator[Observation]:
        """Say two things, or fail behind the first."""
        yield Observation("server", "here")
        if self.is_gone:
            msg = "nobody answers"
            raise BackendUnavailable(msg)
        yield Observation("rows", "3", self.is_ill)


@attrs.frozen
class Small:
    """A domain with a chain, a kept copy, a catch-all with an exception and an odd row."""

    prefix: str = ""

    def records(self) -> Iterator[Record]:
        """Yield what the tests of the command line expect."""
        p = self.prefix
        yield Domain("a.example")
        yield Domain("b.example")
        yield Mailbox(f"{p}ann@a.example")
        yield Forward(f"{p}ann@a.example", f"{p}ann@a.example", origin=TABLE)
        yield Forward(f"{p}info@a.example", f"{p}team@a.example", origin=TABLE)
        yield Forward(f"{p}team@a.example", f"{p}ann@a.example, out@elsewhere.example", origin=TABLE)
        yield Forward("@b.example", "all@elsewhere.example", origin=TABLE)
        yield Forward("box@b.example", "box@b.example", origin=TABLE)
        yield Mailbox("box@b.example")
        yield Forward("no address", "x@a.example", origin=TABLE)


@attrs.frozen
class Guarded:
    """A source behind a password."""

    url: Secret
    note: str = ""

    def records(self) -> Iterator[Record]:
        """Yield as many forwardings as the secret has characters."""
        yield Domain("a.example")
        for number in range(len(self.url.reveal())):
            yield Forward(f"u{number}@a.example", "out@elsewhere.example")


@attrs.frozen
class Homeless:
    """A source that names no domain."""

    def records(self) -> Iterator[Record]:
        """Yield a forwarding of no hosted domain."""
        yield Forward("info@a.example", "out@elsewhere.example")


@attrs.frozen
class Quiet:
    """A source without a forwarding."""

    def records(self) -> Iterator[Record]:
        """Yield a domain, no more."""
        yield Domain("a.example")


@attrs.frozen
class Dying:
    """A source that dies in the middle of the read."""

    def records(self) -> Iterator[Record]:
        """Yield one forwarding, then fail."""
        yield Domain("a.example")
        yield Forward("info@a.example", "out@elsewhere.example")
        msg = "mail.example:5432 closed the connection in the middle of the read"
        raise BackendUnavailable(msg)


@attrs.frozen
class Broken:
    """A source with a mistake in its code."""

    def records(self) -> Iterator[Record]:
        """Fail with an error that nobody expects."""
        yield Domain("a.example")
        msg = "hunter2"
        raise RuntimeError(msg)


class Shapeless:
    """No attrs class, hence no backend."""
