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


def walk(database: str) -> dict[str, float]:
    """Iterate the rows with a bare cursor and do nothing: the yardstick."""
    from .data import QUERIES

    began = time.process_time()
    connection = sqlite3.connect(database)
    for query in QUERIES:
        for _ in connection.execute(query):
            pass
    return {"work": time.process_time() - began}


def build(database: str, output: str) -> dict[str, float]:
    """Do what ``forwardresolve build --output`` does, as a program that imports the library.

    From 100,000 keys on the map is a database. What a text costs in its place is measured behind it.
    """
    import sqlalchemy.dialects.sqlite

    import forwardresolve_backends.postfixadmin
    from forwardresolve import ForwardingGraph, resolve
    from forwardresolve.registry import make_backend
    from forwardresolve.rspamd import RspamdSettings, artifacts, write

    assert sqlalchemy and forwardresolve_backends.postfixadmin  # noqa: PT018 (each is only imported)
    gc.disable()  # as the command line does: nothing is thrown away before the end
    began = time.process_time()
    backend = make_backend("postfixadmin", {"url": f"sqlite:///{database}"}, "source.panel")
    graph = ForwardingGraph.from_sources({"panel": backend.records()})
    resolution = resolve(graph)
    for _ in resolution.entries():
        pass
    decided = time.process_time()
    write(artifacts(resolution), Path(output))
    written, memory = time.process_time(), peak()
    write(artifacts(resolution, RspamdSettings(map_format="text")), Path(output, "text"))
    text = time.process_time() - written
    return {"work": written - began, "as text": decided - began + text, "whole": written, "peak": memory}


def main() -> None:
    """Run one part and report its CPU seconds and its peak memory in bytes; imports are no work."""
    part, *arguments = sys.argv[1:]
    parts: dict[str, Callable[..., dict[str, float]]] = {"walk": walk, "build": build}
    report(parts[part](*arguments))


if __name__ == "__main__":
    main()
