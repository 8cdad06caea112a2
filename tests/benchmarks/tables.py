"""What is printed: the machine, and tables that can be pasted into a page."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable


@attrs.frozen
class Measured:
    """One row of the table.

    Args:
        work: What was done.
        figure: What it cost, for people.
        bound: What it may cost, for people; empty where nothing is promised.
        holds: Whether it keeps to that.
    """

    work: str
    figure: str
    bound: str = ""
    holds: bool = True

    @classmethod
    def at_most(cls, work: str, value: float, limit: float | None, form: str) -> Measured:
        """Measure a value against a limit.

        Args:
            work: What was done.
            value: What it cost.
            limit: What it may cost; None: nothing is promised.
            form: How both are written, for ``str.format``.
        """
        if limit is None:
            return cls(work, form.format(value))
        return cls(work, form.format(value), form.format(limit), value <= limit)

    def cells(self) -> tuple[str, ...]:
        """Return the row for `table`."""
        return self.work, self.figure, self.bound, ("yes" if self.holds else "NO") if self.bound else ""


def machine() -> str:
    """Say what all this runs on."""
    system = platform.uname()
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return (
        f"{_processor()}, {os.cpu_count()} cores, {pages * size / 2**30:.0f} GiB of memory, {system.system}"
        f" {system.release}, {platform.python_implementation()} {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version}; load {os.getloadavg()[0]:.1f} at the beginning"
    )


def _processor() -> str:
    """Name the processor: Linux says it in a file, other systems to the standard library."""
    about = Path("/proc/cpuinfo")
    lines = about.read_text().splitlines() if about.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return f"{next(names, platform.processor() or 'unknown processor')} ({platform.machine()})"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table in Markdown."""
    head = tuple(head)
    lines = (head, ("---",) * len(head), *rows)
    return "".join(
        f"| {' | '.join(cells)} |\n".replace("|  |", "| |").replace("|  |", "| |") for cells in lines
    )


def say(text: str) -> None:
    """Write at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
