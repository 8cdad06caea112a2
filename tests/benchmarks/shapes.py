"""Awkward shapes, from records to the list: against as many plain rows, and four times as large."""

from __future__ import annotations

import gc
import time
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve import Domain, Forward, ForwardingGraph, resolve

from .tables import Measured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from forwardresolve.records import Record

DOMAIN: Final = "a.example"
OUT: Final = "x@gmail.com"

LARGER: Final = 4
"""How many times as large a shape is made to see that what it costs is linear."""
_LINEAR: Final = 1.5 * LARGER
_SECONDS: Final = 0.1


@attrs.frozen
class Shape:
    """Rows of an awkward kind.

    Args:
        domains: The hosted domains.
        rows: Source and destinations.
    """

    domains: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]

    def arrows(self) -> int:
        """Count the destinations."""
        return sum(len(destinations) for _, destinations in self.rows)


def plain(rows: int) -> Shape:
    """Rows that each lead outside at once: the least that so many can cost."""
    return Shape([DOMAIN], [(f"u{number}@{DOMAIN}", [OUT]) for number in range(rows)])


def mesh(lists: int) -> Shape:
    """Lists of 50, whose members are lists; one of them has a way out."""
    rows: list[tuple[str, Sequence[str]]] = [
        (f"l{number}@{DOMAIN}", [f"l{(number * 7 + step) % lists}@{DOMAIN}" for step in range(1, 51)])
        for number in range(lists)
    ]
    rows[0] = (rows[0][0], [*rows[0][1], OUT])
    return Shape([DOMAIN], rows)


def chain(hops: int) -> Shape:
    """Rows that each lead to the next; the last one leads outside."""
    rows = [(f"c{number}@{DOMAIN}", [f"c{number + 1}@{DOMAIN}"]) for number in range(hops - 1)]
    return Shape([DOMAIN], [*rows, (f"c{hops - 1}@{DOMAIN}", [OUT])])


def ring(hops: int) -> Shape:
    """Rows that each lead to the next, and the last one to the first."""
    rows = [(f"r{number}@{DOMAIN}", [f"r{(number + 1) % hops}@{DOMAIN}"]) for number in range(hops)]
    return Shape([DOMAIN], rows)


def rewriting(domains: int) -> Shape:
    """Domains that rewrite to the next one, and rows into the first."""
    names = [f"d{number}.example" for number in range(domains + 1)]
    rewrites = [(f"@{here}", [f"@{onward}"]) for here, onward in pairwise(names)]
    into = [(f"u{number}@{DOMAIN}", [f"u{number}@{names[0]}"]) for number in range(domains * 12)]
    return Shape([DOMAIN, *names[:-1]], [*rewrites, *into])


SHAPES: Final[Mapping[str, tuple[Callable[[int], Shape], int]]] = {
    "a mesh of {:,} lists of 50": (mesh, 2000),
    "a chain of {:,} hops": (chain, 900),
    "a ring of {:,}": (ring, 5000),
    "{:,} rewriting domains in a row, and 12 times as many rows into them": (rewriting, 400),
}
"""What each is called at a size, how it is made, and the size."""


def seconds(shape: Shape) -> float:
    """Return the CPU time from records to the list: the median of three."""
    times = []
    for _ in range(3):
        records: list[Record] = [
            *map(Domain, shape.domains),
            *(Forward(source, destinations) for source, destinations in shape.rows),
        ]
        gc.collect()
        started = time.process_time()
        assert resolve(ForwardingGraph.from_records(records)).addresses is not None
        times.append(time.process_time() - started)
    return median(times)


def measure(pairs: int, divisor: int) -> Iterator[Measured]:
    """Measure each shape in turn with the plain rows and with itself, made larger.

    Args:
        pairs: How many times each is measured.
        divisor: How many times smaller than usual the shapes are.
    """
    for name, (make, usual) in SHAPES.items():
        size = usual // divisor
        shape, larger = make(size), make(LARGER * size)
        least = plain(shape.arrows())
        turns = [(seconds(least), seconds(shape), seconds(larger)) for _ in range(pairs)]
        taken = median(turn[1] for turn in turns)
        over, grown = median(turn[1] / turn[0] for turn in turns), median(turn[2] / turn[1] for turn in turns)
        against = f"{over:.2f} x as many plain rows; {grown:.1f} x at {LARGER} times the size"
        yield Measured(
            name.format(size),
            f"{taken * 1000:.0f} ms, {against}",
            f"{_SECONDS * 1000:.0f} ms, {_LINEAR:.0f} x",
            taken <= _SECONDS and grown <= _LINEAR,
        )
