"""``forwardresolve backends``: what can be read here, and a project for what cannot."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated

import typer

from forwardresolve import __version__
from forwardresolve.registry import backend_class, installed_backends
from forwardresolve.scaffold import write_project

app = typer.Typer(rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def backends(context: typer.Context) -> None:
    """List the backends that are installed.

    A line is the name, the version, the distribution, and whether it can be used.

    \b
    forwardresolve backends
    """
    if context.invoked_subcommand is not None:
        return
    rows = [
        (each.name, each.version, each.distribution, each.problem or "available")
        for each in installed_backends()
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        typer.echo("  ".join([*cells, row[3]]))


@app.command()
def show(name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Say what a backend reads and which options it has.

    \b
    forwardresolve backends show postfixadmin
    """
    typer.echo(inspect.getdoc(backend_class(name)))


@app.command()
def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What configurations will call it, such as my-panel.")
    ],
    directory: Annotated[
        Path, typer.Option("--directory", metavar="DIR", help="Where the project goes.")
    ] = Path(),
) -> None:
    """Write a project for a backend of your own, with its contract test.

    \b
    forwardresolve backends new my-panel
    """
    try:
        written = write_project(name, directory, __version__)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="NAME") from error
    for path in written:
        typer.echo(path)
