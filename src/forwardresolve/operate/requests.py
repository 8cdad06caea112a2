"""Requests for a run: a panel leaves a file in a directory, and the next run takes it.

The directory is a mailbox in the sense of maildir: a request appears whole, by a rename, and nobody
writes to it again. A service manager starts a run while the directory is not empty; the run takes
all requests *before* it reads its sources, so what came later starts another run, and nothing is
lost between the two.
"""

from __future__ import annotations

import os
import stat
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.addresses import normalise
from forwardresolve.errors import AddressError, TargetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DIRECTORY: Final = Path("/run/forwardresolve/requests")
"""Where requests are left."""

ENVIRONMENT: Final = "FORWARDRESOLVE_REQUESTS"
"""The environment variable that names another directory."""

SETTLING: Final = 1.0
"""Seconds that a run waits for more requests when there is one: a burst becomes one run."""

_MODE: Final = 0o644
"""Readable for whoever runs us; the directory lets nobody else in."""

_LONGEST: Final = 1 << 16
"""Bytes of a request that are looked at; all users of the panel's group may write one."""


def leave(addresses: Iterable[str], directory: Path) -> Path:
    """Ask for a run.

    Args:
        addresses: What has changed; none: anything may have.
        directory: Where the requests are left.

    Returns:
        The request.

    Raises:
        AddressError: One of them is no address; nothing was left.
        TargetError: The directory is missing or cannot be written.
    """
    text = "".join(f"{normalise(address)}\n" for address in addresses)
    try:
        descriptor, name = tempfile.mkstemp(prefix=".new.", dir=directory)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            os.fchmod(file.fileno(), _MODE)
        hidden = Path(name)
        return hidden.rename(hidden.with_name(hidden.name.removeprefix(".new.")))
    except OSError as error:
        msg = (
            f"{directory}: no request can be left there: {error.strerror}; does the directory exist, and may "
            "this user write to it? (`forwardresolve init --systemd` has an option --panel-group)"
        )
        raise TargetError(msg) from error


@attrs.frozen
class Requested:
    """What requests ask for together.

    Args:
        addresses: The addresses that they name, sorted.
        is_all: Whether they name everything that has changed: none is without addresses, and none
            holds anything else.
    """

    addresses: tuple[str, ...]
    is_all: bool


def take(directory: Path, sleep: Callable[[float], object] = time.sleep) -> Requested | None:
    """Take every request away, after a moment in which more may come.

    Args:
        directory: Where they are left.
        sleep: Waits for a number of seconds.

    Returns:
        What they ask for; None where there was no request.

    Raises:
        TargetError: The directory cannot be read, or a request cannot be removed. It would start
            a run again and again, so no run goes on.
    """
    try:
        if not _waiting(directory):
            return None
        sleep(SETTLING)
        named: set[str] = set()
        is_all = True
        for path in _waiting(directory):
            addresses = _addresses(path)
            named.update(addresses - {""})
            is_all &= bool(addresses) and "" not in addresses
            path.unlink(missing_ok=True)
    except OSError as error:
        msg = f"{error.filename or directory}: the requests cannot be taken: {error.strerror}"
        raise TargetError(msg) from error
    return Requested(tuple(sorted(named)), is_all)


def _waiting(directory: Path) -> list[Path]:
    try:
        return [path for path in sorted(directory.iterdir()) if not path.name.startswith(".")]
    except FileNotFoundError:
        return []


def _addresses(path: Path) -> set[str]:
    """Read what a stranger may have written: a link or a pipe is not followed.

    Returns:
        The addresses; an empty text stands for whatever else is there.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return {""}
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return {""}
    with os.fdopen(descriptor, "rb") as file:
        text = file.read(_LONGEST + 1).decode(errors="replace")
    if len(text) > _LONGEST:
        return {"", *map(_address, text.splitlines()[:-1])}
    return {*map(_address, text.splitlines())}


def _address(line: str) -> str:
    try:
        return normalise(line)
    except AddressError:
        return ""
