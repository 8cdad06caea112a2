"""One process of the comparison: go one way, and report what it found and what it cost."""

from __future__ import annotations

import gc
import sys
import time
from hashlib import sha256
from importlib import import_module
from typing import TYPE_CHECKING, Any

import attrs

from .children import peak, report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@attrs.frozen
class Went:
    """What one way has found, and what it cost.

    Args:
        digest: Of the sorted list.
        count: How long the list is.
        cpu: CPU seconds of this process.
        clock: Seconds that passed.
        peak: Bytes of memory at most.
    """

    digest: str
    count: int
    cpu: float
    clock: float
    peak: int


def digest_of(found: Iterable[str]) -> str:
    """Return what two equal lists have in common, whatever their order."""
    return sha256("\n".join(sorted(found)).encode()).hexdigest()


def go(work: Callable[[], Iterable[str]]) -> Went:
    """Measure a work; making sure of what it found is not part of it."""
    cpu, clock = time.process_time(), time.perf_counter()
    found = list(work())
    cpu, clock = time.process_time() - cpu, time.perf_counter() - clock
    held = peak()
    return Went(digest_of(found), len(found), cpu, clock, held)


def go_in_postgresql(database: str, limit: float) -> dict[str, Any]:
    """Measure a server that holds the rows already; the memory is that of its process.

    Returns:
        What is to be reported; that the way was given up, where there is no server or it took
        longer than the limit.
    """
    import psycopg
    import pytest

    from . import way_postgresql as way

    try:
        with way.loaded(database) as connection:
            connection.execute(f"SET statement_timeout = {round(limit * 1000)}")
            went = go(lambda: way.listed(connection))
            return attrs.asdict(attrs.evolve(went, peak=peak(connection.info.backend_pid)))
    except psycopg.errors.QueryCanceled:
        return {"given_up": f"after {limit:.0f} s"}
    except pytest.skip.Exception as error:
        return {"given_up": str(error)}


def main() -> None:
    """Go a way by its name."""
    name, database, limit = sys.argv[1:]
    gc.disable()  # in favour of whoever makes many objects
    if name == "postgresql":
        report(go_in_postgresql(database, float(limit)))
    else:
        way = import_module(f".way_{name}", __package__)
        report(attrs.asdict(go(lambda: way.listed(database))))


if __name__ == "__main__":
    main()
