"""What the author of a backend says about it: how a source is filled, broken, and what it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import attrs
import pytest

from forwardresolve.sdk import Versioned
from forwardresolve.testing import worlds
from forwardresolve.testing.reading import compare, holdings_in, holdings_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from forwardresolve.sdk import Backend, ForwardTable
    from forwardresolve.testing.worlds import Capability, Part, World


class Source:
    """A source that a contract is about: the hooks, and how the promises use them.

    Attributes:
        lacks: What the source has no place for, each with the reason that the skip will show.
        forward_table: The table that the forwardings of the source belong to.
    """

    lacks: ClassVar[Mapping[Capability, str]] = {}
    forward_table: ClassVar[ForwardTable] = "virtual"

    def make_backend(self, world: World, tmp_path: Path) -> Backend:
        """Fill a source and return the backend that reads it.

        Args:
            world: What the source has to hold, to the letter: a backend may fold or trim what it
                reads, the source must not.
            tmp_path: A directory of the test's own. A second call with the same directory
                replaces what the source held.
        """
        raise NotImplementedError

    def break_backend(self, backend: Any) -> Backend | None:  # noqa: ANN401 (an author names his own class)
        """Make the source of a backend fail: cut the connection, damage the file, kill the server.

        It is called before a read, and in the middle of one.

        Args:
            backend: What `make_backend` returned.

        Returns:
            The backend to read instead, if the failing source has other options; else None.
        """
        raise NotImplementedError

    def deny_backend(self, backend: Any) -> Backend | None:  # noqa: ANN401 (an author names his own class)
        """Make the source refuse the credentials of a backend (optional).

        Args:
            backend: What `make_backend` returned.

        Returns:
            The backend to read instead, if wrong credentials are other options; else None.
        """
        raise NotImplementedError

    def make_options(self, world: World, tmp_path: Path) -> Mapping[str, Any]:
        """Fill a source and return the table of options that a configuration would hold (optional).

        Without it the table is made from the fields of the backend, with every secret in a file.

        Args:
            world: As in `make_backend`.
            tmp_path: As in `make_backend`.
        """
        raise NotImplementedError

    def _held(self, world: World) -> World:
        return world.without(frozenset(self.lacks))

    def _made(self, world: World, tmp_path: Path) -> Backend:
        return self.make_backend(self._held(world), tmp_path)

    def _changed(self, world: World, tmp_path: Path) -> Backend:
        """Replace what a source holds."""
        try:
            return self._made(world, tmp_path)
        except Exception as error:  # noqa: BLE001 (whatever a hook does that expects one call)
            pytest.skip(f"make_backend cannot replace what the source held: {type(error).__name__}: {error}")

    def _version(self, backend: Backend) -> str:
        if not isinstance(backend, Versioned):
            pytest.skip("the backend is not Versioned: it has no method version()")
        said = backend.version()
        if not isinstance(said, str):
            pytest.fail(f"version() gives {type(said).__name__}; it must give a text", pytrace=False)
        return said or pytest.skip("version() is empty: the source cannot tell whether it has changed")

    def _holds(self, backend: Backend, world: World, **further: Any) -> None:  # noqa: ANN401 (of Holdings)
        found = holdings_of(backend, self.forward_table)
        compare(found, attrs.evolve(holdings_in(self._held(world)), **further))

    def _reads(self, world: World, tmp_path: Path) -> None:
        self._holds(self._made(world, tmp_path), world)

    def _further(self, part: Part, tmp_path: Path, **held: Any) -> None:  # noqa: ANN401 (of Holdings)
        self._needs(part)
        world = self._held(worlds.FURTHER[part])
        backend = self.make_backend(world, tmp_path)
        if not world.was_asked_for(part):
            pytest.skip(
                f"make_backend never looks at world.{part}; say in lacks why, if there is no such row"
            )
        self._holds(backend, world, **held)

    def _broken(self, backend: Backend) -> Backend:
        return self.break_backend(backend) or backend

    def _denied(self, backend: Backend) -> Backend:
        self._needs("credentials")
        if not self._defines("deny_backend"):
            pytest.skip("deny_backend is not defined; say in lacks why, if there are no credentials")
        return self.deny_backend(backend) or backend

    def _defines(self, hook: str) -> bool:
        return getattr(type(self), hook) is not getattr(Source, hook)

    def _needs(self, capability: Capability) -> None:
        if capability in self.lacks:
            pytest.skip(f"the source lacks {capability}: {self.lacks[capability]}")
