"""Print what is measured, and what it may be: ``python -m tests.benchmarks [--sizes 100000,1000000]``.

Each figure is the CPU time of whole processes, side by side in one run, as the median of pairs;
only ratios are worth comparing between machines.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
from pathlib import Path

from . import costs, shapes
from .data import make_database
from .tables import machine, say, table

_PARTS = ("build", "change", "shapes")
_HEAD = ("work", "measured", "at most", "holds")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--sizes", default="100000,1000000", help="alias rows, comma separated, ascending")
    parser.add_argument("--pairs", type=int, default=5, help="how many times each is measured")
    parser.add_argument("--parts", default=",".join(_PARTS), help=f"some of {', '.join(_PARTS)}")
    parser.add_argument("--changes", type=int, default=5000, help="single rows that are changed")
    parser.add_argument("--members", type=int, default=20_000, help="rows that feed the hub")
    parser.add_argument("--divisor", type=int, default=1, help="how many times smaller the shapes are")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    parts = options.parts.split(",")
    gc.disable()  # as the command line does
    say(f"{machine()}; medians of {options.pairs} pairs\n")
    with tempfile.TemporaryDirectory() as directory:
        databases = {size: Path(directory) / f"{size}.sqlite" for size in sizes}
        for size in sizes if {"build", "change"} & {*parts} else ():
            make_database(databases[size], size)
        if "build" in parts:
            measure_builds(databases, options.pairs)
        if "change" in parts:
            measure_changes(databases, options.pairs, options.changes, options.members)
    if "shapes" in parts:
        say(table(_HEAD, (row.cells() for row in shapes.measure(options.pairs, options.divisor))))


def measure_builds(databases: dict[int, Path], pairs: int) -> None:
    """Build each size in turn, so that growth is a ratio of neighbours, too."""
    turns: dict[int, list[costs.Build]] = {size: [] for size in databases}
    for _ in range(pairs):
        for size, database in databases.items():
            output = database.with_suffix(".out")
            output.mkdir(exist_ok=True)
            turns[size].append(costs.measure_build(database, output))
    say(table(_HEAD, (row.cells() for row in costs.builds(turns))))
    say(table(("addresses", "the bare rows", "the build"), costs.build_seconds(turns)))


def measure_changes(databases: dict[int, Path], pairs: int, changes: int, members: int) -> None:
    """Change rows of each size in turn."""
    turns: dict[int, list[dict[str, float]]] = {size: [] for size in databases}
    for _ in range(pairs):
        for size, database in databases.items():
            turns[size].append(costs.measure_change(database, changes, members))
    say(table(_HEAD, (row.cells() for row in costs.changes(turns))))
    say(table(("addresses", "change", "CPU"), costs.change_seconds(turns)))


if __name__ == "__main__":
    main()
