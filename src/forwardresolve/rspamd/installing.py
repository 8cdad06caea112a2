"""Put configuration and maps into a running Rspamd, step by step, and take all back when one fails."""

from __future__ import annotations

import contextlib
import os
import re
import time
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.errors import ForwardResolveError, TargetError
from forwardresolve.rspamd.commands import said_by
from forwardresolve.rspamd.placement import DIRECTORY_MARK
from forwardresolve.rspamd.writing import FILE_MODE, make_directory, stage, sync

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from forwardresolve.rspamd.placement import Change

_BROKEN: Final = re.compile(
    r"cannot add rule|Couldnt create expression|cannot add map|forwardresolve\.lua.* failed"
)
"""What ``rspamadm configtest`` says about a rule that it leaves out, though it ends with 0 (measured)."""

_PATIENCE: Final = 15.0
"""How many seconds a reloaded Rspamd may take until it answers as it should."""


@attrs.frozen
class Steps:
    """What is run after the files are in place.

    Args:
        configtest: The command that checks the configuration; empty for none.
        reload: The command that makes Rspamd read it; empty for none.
        verify: Says what is wrong with the running Rspamd; an empty text when nothing is.
        owner: Numeric user and group of new files; None leaves them ours.
    """

    configtest: str = "rspamadm configtest"
    reload: str = "systemctl reload rspamd"
    verify: Callable[[], str] | None = None
    owner: tuple[int, int] | None = None


def carry_out(changes: tuple[Change, ...], root: Path, steps: Steps) -> None:
    """Make changes, check them, reload, verify; undo everything when a step fails.

    Maps that go are removed last: a Rspamd that still knows them keeps its list until then.

    Args:
        changes: From `installation` or `removal`.
        root: The configuration root as we see it.
        steps: What is run.

    Raises:
        TargetError: A step failed; the files are as they were, and Rspamd has read them again.
    """
    removed_maps = [each for each in changes if each.kind == "map" and each.after is None]
    first = [each for each in changes if each not in removed_maps]
    apply(first, root, steps.owner)
    is_reloaded = False
    try:
        if steps.configtest:
            _check(said_by(steps.configtest), steps.configtest)
        if steps.reload:
            is_reloaded = True
            said_by(steps.reload)
        if steps.verify is not None:
            _await(steps.verify)
    except ForwardResolveError as error:
        apply([each.reversed() for each in first], root, steps.owner)
        if is_reloaded:
            _reload_again(steps.reload, error)
        msg = f"{error}\neverything is as it was before"
        raise TargetError(msg) from error
    apply(removed_maps, root, steps.owner)


def apply(changes: Iterable[Change], root: Path, owner: tuple[int, int] | None = None) -> None:
    """Write and remove files; a file that was there keeps its mode and owner.

    Args:
        changes: What happens to which file.
        root: The configuration root as we see it.
        owner: Numeric user and group of files that are new.

    Raises:
        TargetError: The file system refuses; what was done before is undone.
    """
    ordered = sorted(changes, key=lambda each: each.kind == "configuration")  # maps first
    done: list[Change] = []
    try:
        for change in ordered:
            _make(change, root, owner)
            done.append(change)
        _remove_directories(ordered, root)
    except OSError as error:
        for change in reversed(done):
            _make(change.reversed(), root, owner)
        _remove_directories([each.reversed() for each in ordered], root)
        msg = f"{error.filename or root}: cannot be written: {error.strerror}"
        raise TargetError(msg) from error


def _make(change: Change, root: Path, owner: tuple[int, int] | None) -> None:
    path = root / change.path
    if change.after is None:
        path.unlink(missing_ok=True)
    else:
        _put(path, change.after, owner)


def _remove_directories(changes: Iterable[Change], root: Path) -> None:
    """Remove the directories that lost our mark, the innermost first; one that is in use stays."""
    marks = (each.path for each in changes if each.after is None and each.path.endswith(DIRECTORY_MARK))
    for mark in sorted(marks, reverse=True):
        with contextlib.suppress(OSError):
            (root / mark).parent.rmdir()


def _put(path: Path, content: bytes, owner: tuple[int, int] | None) -> None:
    make_directory(path.parent)
    mode = FILE_MODE
    if path.exists():
        status = path.stat()
        mode, owner = status.st_mode & 0o777, (status.st_uid, status.st_gid)
    temporary = stage(path, content, mode)
    try:
        if owner is not None:
            os.chown(temporary, *owner)
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


def _check(said: str, command: str) -> None:
    broken = [line.strip() for line in said.splitlines() if _BROKEN.search(line)]
    if broken:
        msg = f"{command}: says that it is fine, and: {'; '.join(broken)}"
        raise TargetError(msg)


def _await(verify: Callable[[], str]) -> None:
    """Ask until the reloaded Rspamd answers as it should."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            problem = verify()
        except TargetError as error:
            problem = str(error)
        if not problem:
            return
        if time.monotonic() > deadline:
            msg = f"the running Rspamd does not do what it should: {problem}"
            raise TargetError(msg)
        time.sleep(0.2)


def _reload_again(command: str, cause: ForwardResolveError) -> None:
    try:
        said_by(command)
    except TargetError as error:
        msg = f"{cause}\nthe files are as they were before, but Rspamd does not read them: {error}"
        raise TargetError(msg) from cause
