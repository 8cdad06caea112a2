"""What a backend leaves behind when it has been read: files, sockets, threads, programs."""

from __future__ import annotations

import contextlib
import gc
import threading
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_PATIENCE: Final = 5.0
"""Seconds for the other end of a connection to go, too: it may live in the same process."""

_LISTINGS: Final = ("/proc/self/fd", "/dev/fd")


@contextlib.contextmanager
def watching() -> Iterator[list[str]]:
    """Watch what a block of code opens and does not close.

    Yields:
        A list. When the block has ended, it names what was left open.
    """
    gc.collect()
    before = _open_things()
    found: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", ResourceWarning)
        yield found
        gc.collect()
        found += [str(each.message) for each in caught if issubclass(each.category, ResourceWarning)]
    deadline = time.monotonic() + _PATIENCE
    while (left := _open_things() - before) and time.monotonic() < deadline:
        time.sleep(0.02)
    found += sorted(left)


def _open_things() -> set[str]:
    threads = {f"thread {each.name} ({each.ident})" for each in threading.enumerate()}
    return threads | set(_open_files()) | set(_programs())


def _open_files() -> Iterator[str]:
    """Name the open files and sockets, where the system tells them."""
    for directory in _LISTINGS:
        if Path(directory).is_dir():
            for each in Path(directory).iterdir():
                with contextlib.suppress(OSError):  # the listing itself is closed by now
                    yield f"file {each.name}: {each.readlink()}"
            break


def _programs() -> Iterator[str]:
    """Name the programs that this process has started and not waited for (Linux only)."""
    for task in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):  # a thread that has just ended
            yield from (f"program {number}" for number in task.read_text().split())
