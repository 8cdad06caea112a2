"""Compare with what people would write instead: ``python -m tests.benchmarks.instead``.

All ways read the same rows and must find the same list; a digest says whether they do.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from . import shapes
from .children import run
from .data import MailHost, make_database, write_database
from .tables import machine, say, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

WAYS: Final = {
    "ours": "forwardresolve",
    "recursion": "recursion for each address",
    "networkx": "networkx",
    "sqlite": "a recursive query in SQLite",
    "postgresql": "a recursive query in PostgreSQL",
}
_HEAD: Final = ("rows", "way", "CPU", "over forwardresolve", "MiB", "finds the same")


def compare(
    rows: str, database: Path, ways: Sequence[str], turns: int, limit: float
) -> Iterator[Sequence[str]]:
    """Go every way in turn, and put what was measured into rows.

    Args:
        rows: What the database holds, for people.
        database: The database.
        ways: Some of `WAYS`; ours comes first.
        turns: How many times each is gone.
        limit: The seconds after which a way is given up.
    """
    found: dict[str, list[Mapping[str, Any]]] = {way: [] for way in ways}
    given_up: dict[str, str] = {}
    for _ in range(turns):
        for way in (each for each in ways if each not in given_up):
            reported = go(way, database, limit)
            found[way].append(reported)
            if "given_up" in reported:
                given_up[way] = reported["given_up"]
    ours = found["ours"]
    for way in ways:
        if way in given_up:
            yield rows, WAYS[way], "given up", given_up[way], "", ""
        else:
            yield rows, WAYS[way], *_cells(way, found[way], ours)


def go(way: str, database: Path, limit: float) -> Mapping[str, Any]:
    """Go one way in a process of its own; a server is asked to stop, everything else is killed."""
    patience = None if way == "postgresql" else limit
    try:
        return run("way", way, str(database), str(limit), limit=patience)
    except subprocess.TimeoutExpired:
        return {"given_up": f"after {limit:.0f} s"}


def _cells(way: str, found: Sequence[Mapping[str, Any]], ours: Sequence[Mapping[str, Any]]) -> Sequence[str]:
    """Say what a way has cost; the CPU of a server is not seen from here, so its clock stands for it."""
    by, note = ("clock", " (clock)") if way == "postgresql" else ("cpu", "")
    over = median(each[by] / mine[by] for each, mine in zip(found, ours, strict=True))
    taken, peak = (median(each[name] for each in found) for name in (by, "peak"))
    is_same = all(each["digest"] == mine["digest"] for each, mine in zip(found, ours, strict=True))
    count = f"{'' if is_same else 'NO: '}{found[0]['count']:,} entries"
    return f"{taken:.2f} s{note}", f"{over:.2f} x", f"{peak / 2**20:.0f}", count


def write_mesh(path: Path, lists: int) -> None:
    """Write lists of lists as a database."""
    shape = shapes.mesh(lists)
    rows = ((source, ",".join(destinations)) for source, destinations in shape.rows)
    write_database(path, MailHost(shape.domains, {}, [], rows))


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--sizes", default="100000,1000000", help="alias rows, comma separated")
    parser.add_argument("--lists", type=int, default=2000, help="lists of 50 lists; 0 leaves them out")
    parser.add_argument("--turns", type=int, default=3, help="how many times each way is gone")
    parser.add_argument("--limit", type=float, default=120, help="seconds after which a way is given up")
    parser.add_argument("--ways", default=",".join(WAYS), help="some of them; ours comes first")
    options = parser.parse_args()
    ways = options.ways.split(",")
    if ways[0] != "ours" or not {*ways} <= {*WAYS}:
        parser.error(f"--ways begins with ours, and has some of {', '.join(WAYS)}")
    say(f"{machine()}; medians of {options.turns} turns\n")
    with tempfile.TemporaryDirectory() as directory:
        database = Path(directory) / "panel.sqlite"
        rows: list[Sequence[str]] = []
        for size in map(int, options.sizes.split(",")):
            make_database(database, size)
            rows += compare(f"{size:,}", database, ways, options.turns, options.limit)
        if options.lists:
            write_mesh(database, options.lists)
            name = f"{options.lists:,} lists of 50"
            rows += compare(name, database, ways, options.turns, options.limit)
        say(table(_HEAD, rows))


if __name__ == "__main__":
    main()
