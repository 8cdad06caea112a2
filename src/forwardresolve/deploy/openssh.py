"""Start the system's OpenSSH, and say in words what became of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import IO, TYPE_CHECKING, Final, cast

from forwardresolve.deploy.messages import one_line
from forwardresolve.deploy.pipes import Pipes
from forwardresolve.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_OWN_FAILURE: Final = 255
"""What ssh(1) ends with when it fails itself; everything else comes from the front end."""

_NOT_FOUND: Final = (126, 127)
"""What a shell ends with when it cannot run a command."""

_SECONDS_TO_END: Final = 5.0

_MEANINGS: Final = (
    (
        "REMOTE HOST IDENTIFICATION HAS CHANGED",
        "its host key is not the one in known_hosts; find out why before you change known_hosts",
    ),
    (
        "Host key verification failed",
        "its host key is not known; compare it with that of the host, then add it to known_hosts",
    ),
    ("bad permissions", "others can read the private key; run chmod 600 on it"),
    ("Permission denied", "it does not take the key; add the public key to authorized_keys there"),
    ("Could not resolve hostname", "its name is not known; look at host and at ssh_config"),
    ("Connection refused", "nobody listens there; is sshd running, and on that port?"),
    ("timed out", "nobody answers; is the host up?"),
    ("No route to host", "nobody answers; is the host up?"),
    ("Network is unreachable", "there is no way to it"),
)
"""What OpenSSH says, in the order in which it is looked for, and what that means."""


@contextlib.contextmanager
def connected(command: Sequence[str], *, stall: float, limit: float) -> Iterator[Pipes]:
    """Talk to a command at the other end of a connection; nothing of it is left afterwards.

    Args:
        command: ssh with its arguments.
        stall: As in `Pipes`.
        limit: As in `Pipes`.

    Yields:
        The pipes. An EOFError or OSError that comes out of them may be let through.

    Raises:
        TargetError: There is no connection, it broke off, or it is too slow; the message says why.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 (the admin's own command, without a shell)
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            process_group=0,  # a proxy command of ssh ends with it
        )
    except OSError as error:
        msg = f"{command[0]}: cannot be run: {error.strerror}"
        raise TargetError(msg) from error
    with process:
        ends = [cast("IO[bytes]", end) for end in (process.stdout, process.stdin, process.stderr)]
        incoming, outgoing, beside = (end.fileno() for end in ends)
        pipes = Pipes(incoming, outgoing, beside, stall=stall, limit=limit)
        try:
            yield pipes
        except TimeoutError as error:
            os.killpg(process.pid, signal.SIGKILL)
            msg = f"{error}{_quoted(pipes.said)}"
            raise TargetError(msg) from error
        except (EOFError, OSError) as error:
            raise TargetError(_why_it_ended(process, pipes)) from error
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> int:
    """Close the conversation, wait for the other side a little, then do without; return its exit code."""
    cast("IO[bytes]", process.stdin).close()
    try:
        return process.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return process.wait()


def _why_it_ended(process: subprocess.Popen[bytes], pipes: Pipes) -> str:
    """Say why there is nobody to talk to any more."""
    with contextlib.suppress(TimeoutError):
        pipes.drain(_SECONDS_TO_END)
    code = _end(process)
    said = pipes.said.decode(errors="replace")
    if code == _OWN_FAILURE:
        why = next((meaning for words, meaning in _MEANINGS if words in said), "the connection broke off")
    elif code in _NOT_FOUND:
        why = "forwardresolve cannot be run there; is it installed, and in the PATH of that user?"
    elif code < 0:
        why = f"ssh was ended by signal {-code}"
    else:
        why = f"forwardresolve receive broke off with exit code {code}"
    return why + _quoted(pipes.said)


def _quoted(said: bytes) -> str:
    """Return what was said beside the conversation as the end of a sentence."""
    text = one_line(said.decode(errors="replace"))
    return f" (it says: {text})" if text else ""
