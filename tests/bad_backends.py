"""Backends that do what no backend may, for tests to name as ``bad_backends:Class``."""

from __future__ import annotations

from typing import Any

import attrs

from forwardresolve.sdk import Domain, Forward


@attrs.frozen
class Tuples:
    """Yields rows of its own making."""

    retries: int = 0

    def records(self) -> Any:  # noqa: ANN401 (whatever comes to a bad backend's mind)
        """Yield a record, then something else."""
        yield Domain("a.example")
        yield ("info@a.example", "x@elsewhere.example")


@attrs.frozen
class Numbers:
    """Yields records that hold no text."""

    def records(self) -> Any:  # noqa: ANN401 (whatever comes to a bad backend's mind)
        """Yield a forwarding to a number."""
        yield Domain("a.example")
        yield Forward("info@a.example", 7)  # type: ignore[arg-type] # that is what is bad


@attrs.frozen
class Forgetful:
    """Forgets to return anything."""

    def records(self) -> Any:  # noqa: ANN401 (whatever comes to a bad backend's mind)
        """Return nothing."""


@attrs.frozen
class Silent:
    """Has nothing to say."""

    def records(self) -> Any:  # noqa: ANN401 (whatever comes to a bad backend's mind)
        """Return no record."""
        return ()


@attrs.frozen
class Mute:
    """Has no records()."""


class Plain:
    """Is no attrs class."""

    def records(self) -> Any:  # noqa: ANN401 (whatever comes to a bad backend's mind)
        """Return no record."""
        return ()
