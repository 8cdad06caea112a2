"""Print what is measured: ``python -m tests.benchmarks [--sizes 100000,1000000] [--pairs 5]``.

Each figure is the CPU time of whole processes, side by side in one run, as the median of pairs;
only ratios are worth comparing between machines.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from forwardresolve import Domain, Forward, ForwardingGraph, resolve

from .data import make_database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.records import Record

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> tuple[float, float]:
    """Run one part of the benchmark in a process of its own; return CPU seconds and MiB."""
    command = [sys.executable, "-m", "tests.benchmarks.build", *arguments]
    result = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    seconds, memory = result.stdout.split()
    return float(seconds), float(memory)


def measure(size: int, pairs: int, directory: Path) -> dict[str, float]:
    """Measure one size: the build over the bare walk, both less the start and the imports."""
    database, output = directory / f"{size}.sqlite", directory / f"out-{size}"
    make_database(database, size)
    output.mkdir()
    ratios, seconds, own, peaks = [], [], [], []
    for _ in range(pairs):
        idle, start = run("load")[0], run("start")[0]
        walked = run("walk", str(database))[0] - start
        built, peak = run("build", str(database), str(output))
        ratios.append((built - idle) / walked)
        own.append(built - idle)
        seconds.append(built)
        peaks.append(peak)
    return {
        "ratio": median(ratios),
        "seconds": median(seconds),
        "cpu": median(own),
        "bytes": median(peaks) * 2**20 / size,
    }


def measure_live(size: int, pairs: int, directory: Path) -> Iterator[str]:
    """Measure what a change costs at one size: the lines to print."""
    command = [sys.executable, "-m", "tests.benchmarks.live", str(directory / f"{size}.sqlite")]
    runs = [
        json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)
        for _ in range(pairs)
    ]

    def middle(name: str) -> float:
        return median(float(run[name]) for run in runs)

    share = median(run["rebuild"] / run["median"] for run in runs)
    yield (
        f"{size:>12,} a changed row: median {middle('median'):.0f} us, 1/{share:,.0f} of a rebuild"
        f" ({middle('rebuild') / 1e6:.2f} s); 99 % below {middle('p99'):.0f} us;"
        f" {middle('peak') / size:.0f} bytes/address"
    )
    for name in runs[0]["wide"]:
        yield f"{'':>12} {name}: {median(run['wide'][name] for run in runs) / 1000:.2f} ms"


def shapes() -> dict[str, float]:
    """Return the seconds that the awkward shapes take, from records to the list."""
    domain = Domain("a.example")
    lists = [
        Forward(f"l{number}@a.example", [f"l{(number * 7 + step) % 2000}@a.example" for step in range(1, 51)])
        for number in range(2000)
    ]
    chain = [Forward(f"c{number}@a.example", f"c{number + 1}@a.example") for number in range(900)]
    ring = [Forward(f"r{number}@a.example", f"r{(number + 1) % 5000}@a.example") for number in range(5000)]
    rewriting = [
        record
        for number in range(400)
        for record in (
            Domain(f"d{number}.example", "alias"),
            Forward(f"@d{number}.example", f"@d{number + 1}.example"),
        )
    ]
    into = [Forward(f"u{number}@a.example", f"u{number}@d0.example") for number in range(5000)]
    worlds: dict[str, list[Record]] = {
        "a mesh of 2,000 lists of 50": [domain, *lists, Forward("l0@a.example", "x@gmail.com")],
        "a chain of 900 hops": [domain, *chain, Forward("c900@a.example", "x@gmail.com")],
        "a ring of 5,000": [domain, *ring],
        "5,000 rows into 400 rewriting domains": [domain, *rewriting, *into],
    }
    found = {}
    for name, records in worlds.items():
        started = time.process_time()
        assert resolve(ForwardingGraph.from_records(records)).addresses is not None
        found[name] = time.process_time() - started
    return found


def write(line: str) -> None:
    """Write one line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", default="100000,1000000", help="alias rows, comma separated")
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    write(f"Python {platform.python_version()}, {platform.machine()}, median of {options.pairs} pairs")
    write(
        f"{'addresses':>12} {'CPU s':>8} {'over bare rows':>15} {'process CPU s':>14} {'bytes/address':>14}"
    )
    cpu = {}
    with tempfile.TemporaryDirectory() as directory:
        for size in sizes:
            found = measure(size, options.pairs, Path(directory))
            cpu[size] = found["cpu"]
            write(
                f"{size:>12,} {found['cpu']:>8.2f} {found['ratio']:>13.1f} x {found['seconds']:>14.2f}"
                f" {found['bytes']:>14.0f}"
            )
        for size in sizes:
            for line in measure_live(size, options.pairs, Path(directory)):
                write(line)
    for smaller, larger in pairwise(sizes):
        write(f"growth {smaller:,} -> {larger:,}: {cpu[larger] / cpu[smaller]:.1f} x")
    for name, seconds in shapes().items():
        write(f"{name}: {seconds * 1000:.0f} ms")


if __name__ == "__main__":
    main()
