"""A line on the terminal for work that takes longer than a second."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from forwardresolve.sources import Progress

_PATIENCE: Final = 1.0
"""Seconds before anything is shown."""


@contextmanager
def progress_bar() -> Iterator[Progress | None]:
    """Give a function that shows how far the reading is, or None where nobody would see it."""
    if not sys.stderr.isatty():
        yield None
        return
    started = time.monotonic()
    bar: Bar | None = None
    tasks: dict[str, TaskID] = {}

    def tell(source: str, count: int) -> None:
        nonlocal bar
        if time.monotonic() - started < _PATIENCE:
            return
        bar = bar or _started()
        if source not in tasks:
            tasks[source] = bar.add_task(source, total=None)
        bar.update(tasks[source], completed=count)

    try:
        yield tell
    finally:
        if bar is not None:
            bar.stop()


def _started() -> Bar:
    """Show a bar; rich is imported only when there is one to show."""
    from rich.console import Console
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    bar = Bar(
        SpinnerColumn(),
        TextColumn("reading {task.description}: {task.completed:,} records"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    bar.start()
    return bar
