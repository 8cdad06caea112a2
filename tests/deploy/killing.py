"""Run something in a process of its own that dies at a chosen step."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import FileDescriptorLike

_STEPS: Final = frozenset(
    {"open", "os.rename", "os.remove", "os.mkdir", "os.chmod", "os.chown", "os.truncate", "shutil.rmtree"}
)
"""The audit events of what changes a file system; `os.fsync` has none and is replaced."""

_WRITES: Final = os.O_WRONLY | os.O_RDWR


def dies_at(step: int, work: Callable[[], object]) -> bool:
    """Run some work in a forked process that kills itself before one of its steps.

    Args:
        step: Before which step, from 1.
        work: The work.

    Returns:
        Whether it died; when it has fewer steps, it came to its end.
    """
    child = os.fork()
    if child == 0:
        _work(step, work)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.waitstatus_to_exitcode(status) == 0
    return False


def _work(step: int, work: Callable[[], object]) -> None:
    """Work, and never return."""
    left = step

    def count() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event in _STEPS and not (event == "open" and not _is_written(arguments)):
            count()

    fsync = os.fsync

    def counted_fsync(fd: FileDescriptorLike) -> None:
        count()
        fsync(fd)

    code = 1
    try:
        os.fsync = counted_fsync
        sys.addaudithook(watch)
        work()
        code = 0
    except BaseException:  # noqa: BLE001 (the parent hears of it)
        traceback.print_exc()
    finally:
        os._exit(code)


def _is_written(arguments: tuple[object, ...]) -> bool:
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & _WRITES)
