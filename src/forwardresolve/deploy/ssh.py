"""A front end behind the system's OpenSSH, where ``forwardresolve receive`` answers."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Sequence  # noqa: TC003 (cattrs reads the annotations at run time)
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from forwardresolve.deploy.messages import (
    LONGEST_LINE,
    VERSION,
    AskHolding,
    AskMap,
    Gives,
    Hello,
    Holds,
    Put,
    Refuses,
    announce,
    check,
    decode,
    encode,
    one_line,
)
from forwardresolve.deploy.openssh import connected
from forwardresolve.deploy.receiving import MOST_BYTES
from forwardresolve.deploy.target import Holding
from forwardresolve.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from forwardresolve.deploy.generation import Generation
    from forwardresolve.deploy.messages import Message
    from forwardresolve.deploy.patching import Patch
    from forwardresolve.deploy.pipes import Pipes

A = TypeVar("A", bound="Message")

_HOST: Final = re.compile(r"[^\s\x00-\x1f\x7f-][^\s\x00-\x1f\x7f]*").fullmatch


def _is_host(_: object, field: attrs.Attribute[str], value: str) -> None:
    if _HOST(value) is None:
        msg = "must be a host as ssh takes it, without blanks and not beginning with '-'"
        raise ValueError(msg, field)


def _is_time(_: object, field: attrs.Attribute[Any], value: float) -> None:
    if not 0 < value <= 86_400:  # noqa: PLR2004 (a day)
        msg = "must be more than 0 and at most 86400 seconds"
        raise ValueError(msg, field)


def _is_command(_: object, field: attrs.Attribute[Sequence[str]], value: Sequence[str]) -> None:
    if not value or not all(value):
        msg = 'must name a program, such as ["ssh"], and its arguments'
        raise ValueError(msg, field)


@attrs.frozen(kw_only=True)
class Ssh:
    """A front end that is reached by ssh.

    The keys, the agent, ssh_config and known_hosts are those that ssh finds; nothing of them is
    loosened. ssh asks nobody for a password.

    Args:
        name: The admin's name for it.
        host: The host as ssh takes it: a name of ssh_config, ``user@host`` or
            ``ssh://user@host:port``.
        root: The configuration root of Rspamd over there.
        command: What is run there; empty for ``forwardresolve receive --root ROOT``. A command
            forced in authorized_keys takes its place.
        ssh: The program, and arguments that stand before ours, such as ``["ssh", "-F", "FILE"]``.
        connect_timeout: How many seconds a connection may take to come about.
        stall_timeout: How many seconds may pass without a byte moving.
        timeout: How many seconds one request may take, the transfer included.
    """

    name: str
    host: str = attrs.field(validator=_is_host)
    root: str = "/etc/rspamd"
    command: str = ""
    ssh: Sequence[str] = attrs.field(default=("ssh",), validator=_is_command)
    connect_timeout: int = attrs.field(default=10, validator=_is_time)
    stall_timeout: float = attrs.field(default=60.0, validator=_is_time)
    timeout: float = attrs.field(default=600.0, validator=_is_time)

    def holding(self, paths: Collection[str]) -> Holding:
        """Say what the target holds; see `Target.holding`."""
        with self._conversation() as (pipes, _):
            return ask_holding(pipes, paths)

    def fetch(self, path: str) -> bytes:
        """Return the content of a map that it holds; see `Target.fetch`."""
        with self._conversation() as (pipes, _):
            return ask_map(pipes, path)

    def put(
        self,
        generation: Generation,
        held: Holding,
        *,
        release: str = "",
        patches: Mapping[str, Patch] | None = None,
    ) -> Holding:
        """Take a generation whole, or leave everything as it was; see `Target.put`."""
        del patches  # who talks once sends everything
        with self._conversation() as (pipes, hello):
            return put(pipes, hello, generation, held, release)

    @contextlib.contextmanager
    def connected(self, *options: str) -> Iterator[tuple[Pipes, Hello]]:
        """Talk to the front end.

        Args:
            options: More arguments for ssh.

        Raises:
            TargetError: It cannot be talked to; its name is not in the message yet, see `named`.
        """
        asked = self.command or f"forwardresolve receive --root {shlex.quote(self.root)}"
        given = ["-T", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={self.connect_timeout}", *options]
        command = [*self.ssh, *given, "--", self.host, asked]
        with connected(command, stall=self.stall_timeout, limit=self.timeout) as pipes:
            yield pipes, _greeting(pipes)

    @contextlib.contextmanager
    def named(self) -> Iterator[None]:
        """Let every error name the target."""
        try:
            yield
        except TargetError as error:
            msg = f"target {self.name} ({self.host}): {error}"
            raise TargetError(msg) from error

    @contextlib.contextmanager
    def _conversation(self) -> Iterator[tuple[Pipes, Hello]]:
        with self.named(), self.connected() as conversation:
            yield conversation


class RefusedError(TargetError):
    """The front end refuses a request, and the conversation goes on.

    Args:
        text: The sentence for a person.
        why: As in `Refuses`.
    """

    def __init__(self, text: str, why: str) -> None:
        super().__init__(text)
        self.why = why


def ask_holding(pipes: Pipes, paths: Collection[str]) -> Holding:
    """Ask what is held; see `Target.holding`."""
    answer = ask(pipes, AskHolding(sorted(paths)), Holds)
    if not answer.digests.keys() <= set(paths):
        msg = "tells of maps that it was not asked for"
        raise TargetError(msg)
    return held_as(answer)


def ask_map(pipes: Pipes, path: str) -> bytes:
    """Ask for a map; see `Target.fetch`."""
    answer = ask(pipes, AskMap(path), Gives)
    if answer.size > MOST_BYTES:
        msg = f"{path} has {answer.size} bytes, and {MOST_BYTES} are taken"
        raise TargetError(msg)
    return check(pipes.exactly(answer.size), answer)


def put(pipes: Pipes, hello: Hello, generation: Generation, held: Holding, release: str) -> Holding:
    """Send a generation whole; see `Target.put`."""
    content = b"".join(each.content for each in generation.maps)
    if len(content) > hello.most_bytes:
        msg = f"takes {hello.most_bytes} bytes, and the maps have {len(content)} (receive --most-bytes)"
        raise TargetError(msg)
    maps = [announce(each.path, each.content) for each in generation.maps]
    request = Put(held.sequence + 1, generation.digest, dict(held.digests), maps, one_line(release))
    return send(pipes, request, content, generation, held)


def send(pipes: Pipes, request: Message, content: bytes, generation: Generation, held: Holding) -> Holding:
    """Send a generation in some form, and make sure that it is held then.

    Args:
        pipes: To the front end.
        request: The form.
        content: The bytes behind it.
        generation: What it leads to.
        held: As in `Target.put`.

    Raises:
        TargetError: It is refused, or something else is held then.
    """
    try:
        now = held_as(ask(pipes, request, Holds, content))
    except RefusedError as error:
        if error.why != "moved":
            raise
        now = held_as(ask(pipes, AskHolding(sorted(generation.digests)), Holds))
        if now.digests != generation.digests:
            raise
        return now  # another run was faster with the same
    if now != Holding(generation.digests, held.sequence + 1):
        msg = "says that it holds something else than what it was sent"
        raise TargetError(msg)
    return now


def _greeting(pipes: Pipes) -> Hello:
    """Make sure that forwardresolve answers, and one that we understand."""
    hello = _heard(pipes)
    if not isinstance(hello, Hello):
        msg = "does not greet as forwardresolve does"
        raise TargetError(msg)
    if hello.version != VERSION:
        msg = f"speaks version {hello.version}, and this side {VERSION}; install the same release on both"
        raise TargetError(msg)
    return hello


def ask(pipes: Pipes, request: Message, kind: type[A], content: bytes = b"") -> A:
    """Send a request and return its answer.

    Raises:
        RefusedError: It is refused.
        TargetError: It is answered by something else.
        EOFError: There is no answer.
        OSError: As in `Pipes`.
    """
    with contextlib.suppress(BrokenPipeError):  # who refuses early says so before going
        pipes.send(encode(request) + content)
    answer = _heard(pipes)
    if isinstance(answer, Refuses):
        msg = f"refuses: {answer.text}"
        raise RefusedError(msg, answer.why)
    if not isinstance(answer, kind):
        msg = "answers something else than what was asked"
        raise TargetError(msg)
    return answer


def _heard(pipes: Pipes) -> Message:
    line = pipes.line(LONGEST_LINE)
    if not line:
        msg = "the conversation has ended"
        raise EOFError(msg)
    try:
        return decode(line)
    except TargetError as error:
        msg = f"{error}; does something else than forwardresolve receive print over there?"
        raise TargetError(msg) from error


def held_as(answer: Holds) -> Holding:
    """Read what the front end says that it holds."""
    return Holding(dict(answer.digests), answer.sequence)
