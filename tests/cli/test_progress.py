"""The progress line: on a terminal, for work that takes longer than a second, and nowhere else."""

from __future__ import annotations

import sys
from io import StringIO
from typing import TYPE_CHECKING

from forwardresolve.cli import progress
from forwardresolve.cli.progress import progress_bar

if TYPE_CHECKING:
    import pytest


class Terminal(StringIO):
    """A standard error that is a terminal."""

    def isatty(self) -> bool:
        return True


def show_terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Put a terminal in the place of standard error."""
    made = Terminal()
    monkeypatch.setattr(sys, "stderr", made)
    monkeypatch.setenv("TERM", "xterm")
    return made


def test_nobody_is_told_where_standard_error_is_no_terminal() -> None:
    with progress_bar() as tell:
        assert tell is None


def test_work_of_less_than_a_second_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = show_terminal(monkeypatch)
    with progress_bar() as tell:
        assert tell is not None
        tell("panel", 1000)

    assert terminal.getvalue() == ""


def test_longer_work_shows_the_source_and_its_records(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = show_terminal(monkeypatch)
    monkeypatch.setattr(progress, "_PATIENCE", 0.0)

    with progress_bar() as tell:
        assert tell is not None
        tell("panel", 1000)
        tell("panel", 2000)

    assert "reading panel: 2,000 records" in terminal.getvalue()
