"""One process of the benchmark: read a database, resolve it, write the map. Or only walk the rows."""

from __future__ import annotations

import gc
import sqlite3
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from .children import peak, report

if TYPE_CHECKING:
    from collections.abc import Callable


def walk(database: str) -> None:
    """Iterate the rows with a bare cursor and do nothing: the yardstick."""
    from .data import QUERIES

    connection = sqlite3.connect(database)
    for query in QUERIES:
        for _ in connection.execute(query):
            pass


def build(database: str, output: str) -> None:
    """Do what ``forwardresolve build --output`` does, as a program that imports the library."""
    from forwardresolve import ForwardingGraph, resolve
    from forwardresolve.registry import make_backend
    from forwardresolve.rspamd import artifacts, write

    gc.disable()  # as the command line does: nothing is thrown away before the end
    backend = make_backend("postfixadmin", {"url": f"sqlite:///{database}"}, "source.panel")
    graph = ForwardingGraph.from_sources({"panel": backend.records()})
    resolution = resolve(graph)
    for _ in resolution.entries():
        pass
    write(artifacts(resolution), Path(output))


def start() -> None:
    """Start the interpreter and import what the walk imports, and end."""
    from .data import QUERIES

    assert QUERIES


def load() -> None:
    """Import what a build imports, and nothing more: what is taken off both sides at 100k."""
    import sqlalchemy.dialects.sqlite

    import forwardresolve.rspamd
    import forwardresolve_backends.postfixadmin

    assert sqlalchemy and forwardresolve.rspamd and forwardresolve_backends.postfixadmin  # noqa: PT018 (each is only imported)


def main() -> None:
    """Run one part and report its CPU seconds and its peak memory in bytes."""
    part, *arguments = sys.argv[1:]
    parts: dict[str, Callable[..., None]] = {"walk": walk, "build": build, "load": load, "start": start}
    parts[part](*arguments)
    report({"cpu": time.process_time(), "peak": peak()})


if __name__ == "__main__":
    main()
