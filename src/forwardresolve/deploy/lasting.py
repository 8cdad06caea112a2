"""A front end behind one connection that lasts, to which only what changes is sent."""

from __future__ import annotations

import logging
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, TypeVar

from forwardresolve.deploy.messages import Announced, PutChanges, announce, one_line
from forwardresolve.deploy.ssh import RefusedError, ask_holding, ask_map, put, send

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from forwardresolve.deploy.generation import Generation
    from forwardresolve.deploy.messages import Hello
    from forwardresolve.deploy.patching import Patch
    from forwardresolve.deploy.pipes import Pipes
    from forwardresolve.deploy.ssh import Ssh
    from forwardresolve.deploy.target import Holding

T = TypeVar("T")

_LOG: Final = logging.getLogger(__name__)
_ALIVE: Final = ("-o", "ServerAliveInterval=15", "-o", "ServerAliveCountMax=3")
"""So that ssh sees within a minute that a cable was pulled, though nobody says anything."""


class Lasting:
    """A front end that stays connected; a `Target`.

    A connection that has gone is made anew. A generation is sent as patches where they are known, and
    whole where they are not, or do not fit what the front end holds.

    Args:
        ssh: The front end.
    """

    def __init__(self, ssh: Ssh) -> None:
        self._ssh = ssh
        self._stack: ExitStack | None = None
        self._conversation: tuple[Pipes, Hello] | None = None

    @property
    def name(self) -> str:
        """The admin's name for it."""
        return self._ssh.name

    def holding(self, paths: Collection[str]) -> Holding:
        """Say what the target holds; see `Target.holding`."""
        return self._talk(lambda pipes, _: ask_holding(pipes, paths))

    def fetch(self, path: str) -> bytes:
        """Return the content of a map that it holds; see `Target.fetch`."""
        return self._talk(lambda pipes, _: ask_map(pipes, path))

    def put(
        self,
        generation: Generation,
        held: Holding,
        *,
        release: str = "",
        patches: Mapping[str, Patch] | None = None,
    ) -> Holding:
        """Take a generation whole, or leave everything as it was; see `Target.put`."""

        def put_whole(pipes: Pipes, hello: Hello) -> Holding:
            return put(pipes, hello, generation, held, release)

        if not patches:
            return self._talk(put_whole)
        written = {path: patch.encode() for path, patch in patches.items()}
        request = PutChanges(
            held.sequence + 1,
            generation.digest,
            dict(held.digests),
            [
                Announced(each.path, len(each.content), generation.digests[each.path])
                for each in generation.maps
            ],
            [announce(path, patch) for path, patch in written.items()],
            one_line(release),
        )

        def put_changes(pipes: Pipes, hello: Hello) -> Holding:
            try:
                return send(pipes, request, b"".join(written.values()), generation, held)
            except RefusedError as error:
                if error.why != "misfit":
                    raise
                _LOG.warning("target %s: %s; the maps are sent whole", self.name, error)
                return put_whole(pipes, hello)

        return self._talk(put_changes)

    def close(self) -> None:
        """End the conversation."""
        stack, self._stack = self._stack, None
        if stack is not None:
            stack.close()

    def _talk(self, ask: Callable[[Pipes, Hello], T]) -> T:
        """Ask something, over a new connection where the old one has gone meanwhile."""
        with self._ssh.named():
            if self._stack is not None:
                try:
                    return self._ask(ask)
                except RefusedError:
                    raise
                except Exception as error:  # noqa: BLE001 (whatever it is, a new connection may do)
                    _LOG.info("target %s: is connected again (%s)", self.name, error)
            return self._ask(ask)

    def _ask(self, ask: Callable[[Pipes, Hello], T]) -> T:
        try:
            if self._stack is None:
                self._stack = ExitStack()
                self._conversation = self._stack.enter_context(self._ssh.connected(*_ALIVE))
            assert self._conversation is not None  # noqa: S101 (it belongs to the stack)
            pipes, hello = self._conversation
            pipes.begin_anew()
            return ask(pipes, hello)
        except RefusedError as error:
            if error.why == "request":  # the front end says no more
                self.close()
            raise
        except BaseException:
            stack, self._stack = self._stack, None
            if stack is not None:
                stack.__exit__(*sys.exc_info())  # raises why it has ended
            raise
