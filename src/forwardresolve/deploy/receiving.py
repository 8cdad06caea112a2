"""The front end's side of a deployment: answer a sender, and take only what is whole and fits.

A request is read to its end and checked before anything is written, so input that is cut off,
garbled, too large or repeated changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import attrs

from forwardresolve.deploy.generation import Generation, digest_of
from forwardresolve.deploy.messages import (
    LONGEST_LINE,
    VERSION,
    AskHolding,
    AskMap,
    Gives,
    Hello,
    Holds,
    Put,
    PutChanges,
    Refuses,
    announce,
    check,
    decode,
    encode,
    one_line,
)
from forwardresolve.deploy.patching import Patch, patched
from forwardresolve.errors import ForwardResolveError, TargetError, UnsafeChange
from forwardresolve.rspamd import Artifact
from forwardresolve.rspamd.reading import is_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forwardresolve.deploy.messages import Announced, Message
    from forwardresolve.deploy.own_guard import Judge
    from forwardresolve.deploy.pipes import Pipes
    from forwardresolve.deploy.target import Holding, Target

MOST_BYTES: Final = 256 * 1024 * 1024
"""How large a generation may be by default: five million addresses have about half of it."""


IDLE: Final = 1800.0
"""Seconds between two requests: a resident sender asks every ten minutes what is held."""


class _BadRequestError(TargetError):
    """What came is no request that can be answered, so the place of the next one is unknown."""


class _MovedError(TargetError):
    """The target holds something else than the sender thinks."""


class _MisfitError(TargetError):
    """Patches do not lead to what was announced."""


_Why = Literal["request", "moved", "misfit", "unsafe", "failed"]
_WHY: Final[tuple[tuple[type[ForwardResolveError], _Why], ...]] = (
    (_BadRequestError, "request"),
    (_MovedError, "moved"),
    (_MisfitError, "misfit"),
    (UnsafeChange, "unsafe"),
    (ForwardResolveError, "failed"),
)


@attrs.frozen
class Receiver:
    """Answers one sender.

    Args:
        target: Where the maps go.
        judge: What it does not take.
        most_bytes: How large a generation may be that it takes.
        idle: How many seconds may pass between two requests; then the conversation ends.
    """

    target: Target
    judge: Judge
    most_bytes: int = MOST_BYTES
    idle: float = IDLE

    def converse(self, pipes: Pipes) -> None:
        """Answer requests until the input ends.

        Args:
            pipes: From and to the sender.

        Raises:
            ForwardResolveError: The last request that was refused; the sender knows why.
            TargetError: The sender has gone, or stopped in the middle.
        """
        refused: ForwardResolveError | None = None
        try:
            pipes.send(encode(Hello(VERSION, self.most_bytes)))
            while line := pipes.line(LONGEST_LINE):
                try:
                    answer, content = self._answer(line, pipes)
                except ForwardResolveError as error:
                    refused = error
                    answer, content = self._refusal(error), b""
                pipes.send(encode(answer) + content)
                if isinstance(refused, _BadRequestError) or not pipes.comes(self.idle):
                    break
        except OSError as error:
            msg = f"the sender does not go on: {error.strerror or error}"
            raise TargetError(msg) from error
        if refused is not None:
            raise refused

    def _answer(self, line: bytes, pipes: Pipes) -> tuple[Message, bytes]:
        """Carry out one request; return the answer and the bytes behind it."""
        try:
            request = decode(line)
            contents = self._contents(request, pipes) if isinstance(request, Put | PutChanges) else []
        except (EOFError, TargetError, TimeoutError) as error:
            raise _BadRequestError(str(error)) from error
        if isinstance(request, AskHolding):
            return _holds(self.target.holding(request.paths)), b""
        if isinstance(request, AskMap):
            content = self.target.fetch(request.path)
            announced = announce(request.path, content)
            return Gives(announced.size, announced.sha256), content
        if isinstance(request, Put):
            return _holds(self._put(request, contents)), b""
        if isinstance(request, PutChanges):
            return _holds(self._put_changes(request, contents)), b""
        msg = "this is an answer, and no request"
        raise _BadRequestError(msg)

    def _refusal(self, error: ForwardResolveError) -> Refuses:
        """Say it without the name that the target has here: the sender has one of its own for it."""
        why = next(why for kind, why in _WHY if isinstance(error, kind))
        return Refuses(why, one_line(str(error).removeprefix(f"target {self.target.name}: ")))

    def _contents(self, request: Put | PutChanges, pipes: Pipes) -> list[bytes]:
        """Read the bytes behind a request."""
        announced = request.maps if isinstance(request, Put) else request.patches
        size = max(sum(each.size for each in request.maps), sum(each.size for each in announced))
        if size > self.most_bytes:
            msg = (
                f"the maps have {size} bytes, and {self.most_bytes} are taken; "
                "forwardresolve receive --most-bytes on the front end allows more"
            )
            raise TargetError(msg)
        if digest_of({each.path: each.sha256 for each in request.maps}) != request.digest:
            msg = "the maps that are announced are not those of the generation"
            raise TargetError(msg)
        return [_read(each, pipes) for each in announced]

    def _put(self, request: Put, contents: list[bytes]) -> Holding:
        held = self._held(request)
        for each, content in zip(request.maps, contents, strict=True):
            if not is_whole(content):
                msg = f"{each.path}: is no whole map of forwardresolve"
                raise _BadRequestError(msg)
        return self._take(request, held, self._fetched(held), contents)

    def _put_changes(self, request: PutChanges, written: list[bytes]) -> Holding:
        """Make the maps out of those that are held; each is whole, for its digest is taken anew."""
        held = self._held(request)
        before = self._fetched(held)
        contents = {each.path: each.content for each in before.maps}
        patches: dict[str, Patch] = {}
        try:
            for announced, given in zip(request.patches, written, strict=True):
                patches[announced.path] = Patch.decode(given)
                contents[announced.path] = patched(contents[announced.path], patches[announced.path])
            made = [
                contents[each.path]
                if each.path not in patches and held.digests[each.path] == each.sha256
                else check(contents[each.path], each)
                for each in request.maps
            ]
        except KeyError as error:
            msg = f"the changes do not fit: {error.args[0]} is not held, or not of the generation"
            raise _MisfitError(msg) from error
        except (TargetError, ValueError) as error:
            msg = f"the changes do not fit: {error}"
            raise _MisfitError(msg) from error
        return self._take(request, held, before, made, patches)

    def _held(self, request: Put | PutChanges) -> Holding:
        """Make sure that a request follows what is held."""
        held = self.target.holding([each.path for each in request.maps])
        if held.sequence + 1 != request.sequence or held.digests != request.held:
            msg = (
                f"generation {request.sequence} does not follow what is held "
                f"(generation {held.sequence}, {held.digest[:12] or 'nothing'}); plan again"
            )
            raise _MovedError(msg)
        return held

    def _fetched(self, held: Holding) -> Generation:
        """Read what is held. Whether it still is, the target makes sure before it changes anything."""
        maps = (Artifact(path, self.target.fetch(path), "map") for path in held.digests)
        return Generation.known(maps, held.digests)

    def _take(
        self,
        request: Put | PutChanges,
        held: Holding,
        before: Generation,
        contents: list[bytes],
        patches: Mapping[str, Patch] | None = None,
    ) -> Holding:
        """Take a generation whose digests are checked, if the guard lets it through."""
        maps = zip(request.maps, contents, strict=True)
        after = Generation.known(
            (Artifact(each.path, content, "map") for each, content in maps),
            {each.path: each.sha256 for each in request.maps},
        )
        self.judge(before, after, request.release, patches)
        return self.target.put(after, held, release=request.release)


def _read(announced: Announced, pipes: Pipes) -> bytes:
    return check(pipes.exactly(announced.size), announced)


def _holds(held: Holding) -> Holds:
    return Holds(dict(held.digests), held.sequence)
