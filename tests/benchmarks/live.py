"""One process of the benchmark: what a change costs, over a rebuild of the same rows.

It reads the database, changes rows in it at random, and at last builds everything anew, once more
from the database. Times are microseconds of CPU.
"""

from __future__ import annotations

import gc
import sys
import time
from collections import Counter
from random import Random
from statistics import median, quantiles
from typing import TYPE_CHECKING, Final

from forwardresolve import ForwardingGraph, LiveResolution, resolve
from forwardresolve.live import SetForwarding
from forwardresolve.registry import make_backend

from .children import peak, report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from forwardresolve import Delta

OUT: Final = "somebody@gmail.com"


def read(database: str) -> ForwardingGraph:
    """Read the database as a rebuild does."""
    backend = make_backend("postfixadmin", {"url": f"sqlite:///{database}"}, "source.panel")
    return ForwardingGraph.from_sources({"panel": backend.records()})


def microseconds(work: Callable[[], object]) -> float:
    """Return the CPU time of a work."""
    started = time.process_time()
    work()
    return (time.process_time() - started) * 1e6


def row_changes(live: LiveResolution, rng: Random, count: int) -> Iterator[Callable[[], Delta]]:
    """Yield changes of single rows, as customers make them."""
    virtual, boxes = live.graph.rows.tables["virtual"], list(live.graph.rows.mailboxes)
    keys = list(virtual)
    for number in range(count):
        key, box = rng.choice(keys), rng.choice(boxes)
        outside = f"somebody{number}@gmail.com"
        new = f"new{number}@{key.rpartition('@')[2]}"
        yield rng.choice(
            (
                lambda key=key, outside=outside: live.set_forwarding(key, outside),
                lambda key=key, box=box: live.set_forwarding(key, box),
                lambda box=box, outside=outside: live.set_forwarding(box, f"{box}, {outside}"),
                lambda new=new, box=box: live.set_forwarding(new, box),
                lambda key=key: live.remove_forwarding(key),
            )
        )


def wide_changes(live: LiveResolution, rng: Random, members: int) -> dict[str, float]:
    """Return what changes cost that concern many names: the median of three of each."""
    rows = live.graph.rows
    sizes = Counter(key.rpartition("@")[2] for key in rows.tables["virtual"])
    largest = f"@{max(sizes, key=lambda domain: (sizes[domain], domain))}"
    busy = {*rows.domain_aliases.values(), *(key[1:] for key in rows.tables["virtual"] if key[0] == "@")}
    quiet = next(name for name in rows.domains if name not in busy)
    hub, twin = f"hub@{quiet}", rng.choice(sorted(rows.domain_aliases))
    target = rows.domain_aliases[twin]
    live.apply(SetForwarding(f"h{number}@{quiet}", hub) for number in range(members))
    works: dict[str, Callable[[], object]] = {
        "a domain appears": lambda: live.set_domain("new.example"),
        "a domain vanishes": lambda: live.remove_domain("new.example"),
        "a domain alias vanishes": lambda: live.remove_domain_alias(twin),
        "a domain alias appears": lambda: live.set_domain_alias(twin, target),
        f"{sizes[largest[1:]]:,} names lose their catch-all": lambda: live.remove_forwarding(largest),
        f"{sizes[largest[1:]]:,} names get a catch-all": lambda: live.set_forwarding(largest, OUT),
        f"a hub of {members:,} begins to leave": lambda: live.set_forwarding(hub, OUT),
        f"one of {members:,} leaves the hub": lambda: live.remove_forwarding(f"h7@{quiet}"),
        f"one of {members:,} comes to the hub": lambda: live.set_forwarding(f"h7@{quiet}", hub),
        f"a hub of {members:,} leaves no more": lambda: live.set_forwarding(hub, hub),
    }
    found: dict[str, list[float]] = {}
    for _ in range(3):
        for name, work in works.items():
            found.setdefault(name, []).append(microseconds(work))
    return {name: median(times) for name, times in found.items()}


def main() -> None:
    """Measure so many changes of single rows, and those of a hub with so many members."""
    database, changes, members = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    gc.disable()  # as the command line does while it reads
    live = LiveResolution(read(database))
    held = peak()
    gc.freeze()
    gc.enable()
    rng = Random(1)  # noqa: S311 (repeatable choices, no secrets)
    times = [microseconds(change) for change in row_changes(live, rng, changes)]
    wide = wide_changes(live, rng, members)
    gc.disable()
    del live
    rebuild = microseconds(lambda: resolve(read(database)).addresses)
    report(
        {
            "peak": held,
            "median": median(times),
            "p99": quantiles(times, n=100)[98],
            "rebuild": rebuild,
            "wide": wide,
        }
    )


if __name__ == "__main__":
    main()
