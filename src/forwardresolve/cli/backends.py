"""``forwardresolve backends``: what can be read here."""

from __future__ import annotations

import typer

from forwardresolve.registry import installed_backends


def backends() -> None:
    """List the backends that are installed.

    A line is the name, the version, the distribution, and whether it can be used.

    \b
    forwardresolve backends
    """
    rows = [
        (each.name, each.version, each.distribution, each.problem or "available")
        for each in installed_backends()
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        typer.echo("  ".join([*cells, row[3]]))
