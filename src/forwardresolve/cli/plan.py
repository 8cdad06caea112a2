"""``forwardresolve plan``: what would change on every target, and why."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from forwardresolve import config, pipeline
from forwardresolve.cli.progress import progress_bar
from forwardresolve.cli.source import ConfigFile  # noqa: TC001 (Typer reads the annotations)

CHANGES: Final = 7


def plan(
    *,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 7 when there are changes.")
    ] = False,
    config_file: ConfigFile = None,
) -> None:
    """Show what would change on every target, and why.

    \b
    forwardresolve plan
    """
    with progress_bar() as progress:
        made = pipeline.plan(config.load(config_file), progress)
    for each in made.targets:
        held = each.held.digest[:12] if each.held else each.error
        typer.echo(f"{each.name}: {held or 'nothing'} -> {each.wanted.digest[:12]}")
    if exit_code and made.changes:
        raise typer.Exit(CHANGES)
