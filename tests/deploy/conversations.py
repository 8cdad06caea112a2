"""Generations, a target in memory, and conversations with a receiver that need no second process."""

from __future__ import annotations

import itertools
import tempfile
from typing import TYPE_CHECKING

from forwardresolve.deploy.generation import Generation
from forwardresolve.deploy.messages import AskHolding, Put, announce, decode, encode
from forwardresolve.deploy.patching import patch_between
from forwardresolve.deploy.pipes import Pipes
from forwardresolve.deploy.receiving import MOST_BYTES, Receiver
from forwardresolve.deploy.target import Holding
from forwardresolve.errors import ForwardResolveError, TargetError
from forwardresolve.rspamd.artifact import map_artifact

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from forwardresolve.deploy.messages import Message
    from forwardresolve.deploy.own_guard import Judge
    from forwardresolve.deploy.patching import Patch
    from forwardresolve.deploy.target import Target

ADDRESSES = "local.d/maps.d/forwardings.inc.local"
DOMAINS = "local.d/maps.d/forwardings-domains.inc.local"
PATHS = (ADDRESSES, DOMAINS)


def generation(*addresses: str, domains: tuple[str, ...] = ()) -> Generation:
    """Make a generation of two maps."""
    return Generation(
        tuple(
            map_artifact(path, "".join(f"{line}\n" for line in lines))
            for path, lines in ((ADDRESSES, addresses), (DOMAINS, domains))
        )
    )


class Memory:
    """A target that keeps its maps in memory."""

    name = "memory"

    def __init__(self, first: Generation | None = None) -> None:
        self.maps = {each.path: each for each in first.maps} if first is not None else {}
        self.sequence = 0
        self.release: str | None = None
        self.broken = ""

    def holding(self, paths: Collection[str]) -> Holding:
        self._work()
        held = Generation(tuple(self.maps[path] for path in paths if path in self.maps))
        return Holding(held.digests, self.sequence)

    def fetch(self, path: str) -> bytes:
        self._work()
        if path not in self.maps:
            msg = f"{path}: is not there"
            raise TargetError(msg)
        return self.maps[path].content

    def put(
        self,
        generation: Generation,
        held: Holding,
        *,
        release: str = "",
        patches: Mapping[str, Patch] | None = None,
    ) -> Holding:
        del patches
        assert held == self.holding(generation.digests)
        self.maps = {each.path: each for each in generation.maps}
        self.sequence += 1
        self.release = release
        return Holding(generation.digests, self.sequence)

    def _work(self) -> None:
        if self.broken:
            raise TargetError(self.broken)


def patches_between(before: Generation, after: Generation) -> Mapping[str, Patch]:
    """Return what changes in each map."""
    was = {each.path: each.content for each in before.maps}
    found = {each.path: patch_between(was[each.path], each.content) for each in after.maps}
    return {path: patch for path, patch in found.items() if patch}


def take_all(
    before: Generation, after: Generation, release: str, patches: Mapping[str, Patch] | None = None
) -> None:
    """Let every change through."""
    del before, after, release, patches


def asked(paths: Collection[str] = PATHS) -> bytes:
    """Ask what is held."""
    return encode(AskHolding(sorted(paths)))


def sent(wanted: Generation, held: Holding, release: str = "") -> bytes:
    """Put a generation."""
    maps = [announce(each.path, each.content) for each in wanted.maps]
    put = Put(held.sequence + 1, wanted.digest, dict(held.digests), maps, release)
    return encode(put) + b"".join(each.content for each in wanted.maps)


def converse(
    stream: bytes, target: Target, judge: Judge = take_all, most_bytes: int = MOST_BYTES
) -> tuple[list[Message | bytes], ForwardResolveError | None]:
    """Let a receiver read a stream to its end; return what it says, and how it ends."""
    with tempfile.TemporaryFile() as incoming, tempfile.TemporaryFile() as outgoing:
        incoming.write(stream)
        incoming.seek(0)
        pipes = Pipes(incoming.fileno(), outgoing.fileno())
        ended = None
        try:
            Receiver(target, judge, most_bytes).converse(pipes)
        except ForwardResolveError as error:
            ended = error
        outgoing.seek(0)
        said = outgoing.read()
    return list(_messages(said)), ended


def _messages(said: bytes) -> list[Message | bytes]:
    """Take a text of messages apart; the bytes of a map come as they are."""
    lines = said.splitlines(keepends=True)
    messages = list(itertools.takewhile(lambda line: line.startswith(b'{"message"'), lines))
    rest = b"".join(lines[len(messages) :])
    return [*map(decode, messages), *([rest] if rest else [])]
