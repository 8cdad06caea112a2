"""Parts of a benchmark run in processes of their own: what one leaves behind does not slow the next."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_TESTS = Path(__file__).parents[1]


def run(module: str, *arguments: str, limit: float | None = None) -> dict[str, Any]:
    """Run a module of the benchmarks and return what it reports, one JSON object.

    Args:
        module: Its name below ``benchmarks``.
        arguments: What it is called with.
        limit: After how many seconds it is stopped; None lets it end by itself.

    Raises:
        subprocess.TimeoutExpired: It was stopped.
        subprocess.CalledProcessError: It failed; what it said stands on the terminal.
    """
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    done = subprocess.run(command, cwd=_TESTS, check=True, stdout=subprocess.PIPE, text=True, timeout=limit)
    reported: dict[str, Any] = json.loads(done.stdout)
    return reported


def peak(process: int | str = "self") -> int:
    """Return how many bytes of memory a process has held at most.

    The resources that a process asks for itself count what its parent held when it began (measured),
    so Linux is asked.
    """
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) * 1024


def report(reported: dict[str, Any]) -> None:
    """Say what a part has found; the other end of `run`."""
    sys.stdout.write(json.dumps(reported) + "\n")
