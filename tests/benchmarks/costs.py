"""What a build and a changed row cost, measured in turns: the rows of the table."""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import attrs

from .children import run
from .tables import Measured

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_OVER_BARE_ROWS: Final = {100_000: 14.0, 1_000_000: 14.0}
_WHOLE_PROCESS: Final = {100_000: 1.3}
_GROWTH: Final = {(100_000, 1_000_000): 11.0, (1_000_000, 10_000_000): 16.0}
_BYTES: Final = 350.0
_MANY: Final = 1_000_000
"""From here on the data outweigh the interpreter, and a change is held against a rebuild."""
_SHARE_OF_REBUILD: Final = 100_000


@attrs.frozen
class Build:
    """One turn: the bare walk and the build of one database.

    Args:
        walked: CPU seconds of the walk.
        built: CPU seconds of the build, without the imports.
        as_text: The same, with a text for a map whatever the length of the list.
        whole: CPU seconds of the whole process that builds.
        peak: Bytes of memory at most.
    """

    walked: float
    built: float
    as_text: float
    whole: float
    peak: float


def measure_build(database: Path, output: Path) -> Build:
    """Walk the rows, and build the same."""
    walked = run("build", "walk", str(database))["work"]
    built = run("build", "build", str(database), str(output))
    return Build(walked, built["work"], built["as text"], built["whole"], built["peak"])


def builds(turns: Mapping[int, Sequence[Build]]) -> Iterator[Measured]:
    """Put what was measured into rows.

    Args:
        turns: Size to what each turn has measured, the smallest size first.
    """
    for size, found in turns.items():
        over = median(each.built / each.walked for each in found)
        work = f"{size:,} addresses, from SQLite to the written map, over the bare rows"
        yield Measured.at_most(work, over, _OVER_BARE_ROWS.get(size), "{:.1f} x")
        whole = median(each.whole for each in found)
        yield Measured.at_most(
            f"{size:,} addresses, the whole process", whole, _WHOLE_PROCESS.get(size), "{:.2f} s"
        )
    for smaller, larger in pairwise(turns):
        both = [*zip(turns[smaller], turns[larger], strict=True)]
        work, limit = f"growth, {smaller:,} to {larger:,}", _GROWTH.get((smaller, larger))
        ratio = median(two.as_text / one.as_text for one, two in both)
        yield Measured.at_most(f"{work}, the map a text", ratio, limit, "{:.1f} x")
        ratio = median(two.built / one.built for one, two in both)
        yield Measured.at_most(f"{work}, the map as it is by default", ratio, None, "{:.1f} x")
    for size, found in turns.items():
        peak = median(each.peak for each in found) / size
        yield _memory(f"memory for {size:,} addresses, at the peak", peak, size)


def build_seconds(turns: Mapping[int, Sequence[Build]]) -> Iterator[tuple[str, ...]]:
    """Put the CPU times into rows: they belong to the machine."""
    for size, found in turns.items():
        times = ((each.walked, each.built) for each in found)
        yield f"{size:,}", *(f"{median(each):.2f} s" for each in zip(*times, strict=True))


def measure_change(database: Path, changes: int, members: int) -> dict[str, Any]:
    """Change rows of a database in a process of its own."""
    return run("live", str(database), str(changes), str(members))


def changes(turns: Mapping[int, Sequence[Mapping[str, Any]]]) -> Iterator[Measured]:
    """Put what changes cost into rows."""
    for size, found in turns.items():
        share = median(each["rebuild"] / each["median"] for each in found)
        limit, holds = (
            (f"1/{_SHARE_OF_REBUILD:,}", share >= _SHARE_OF_REBUILD) if size >= _MANY else ("", True)
        )
        work = f"one changed row at {size:,}, the median, of a rebuild"
        yield Measured(work, f"1/{share:,.0f}", limit, holds)
        peak = median(each["peak"] for each in found) / size
        yield _memory(f"memory of a live resolution of {size:,} addresses, at the peak", peak, size)


def change_seconds(turns: Mapping[int, Sequence[Mapping[str, Any]]]) -> Iterator[tuple[str, ...]]:
    """Put the CPU times of changes into rows, those that concern many names included."""
    for size, found in turns.items():
        for name, key in (("one changed row", "median"), ("99 % of them below", "p99")):
            yield f"{size:,}", name, f"{median(each[key] for each in found):.0f} us"
        yield f"{size:,}", "a rebuild", f"{median(each['rebuild'] for each in found) / 1e6:.2f} s"
        for name in found[0]["wide"]:
            taken = median(each["wide"][name] for each in found) / 1000
            yield f"{size:,}", name, f"{taken:.{2 if taken < 1 else 0}f} ms"


def _memory(work: str, value: float, size: int) -> Measured:
    return Measured.at_most(work, value, _BYTES if size >= _MANY else None, "{:.0f} bytes an address")
