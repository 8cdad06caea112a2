"""``forwardresolve apply``: bring the list to every target."""

from __future__ import annotations

import typer

from forwardresolve import config, pipeline
from forwardresolve.cli.progress import progress_bar
from forwardresolve.cli.source import ConfigFile  # noqa: TC001 (Typer reads the annotations)
from forwardresolve.errors import TargetError


def apply(*, config_file: ConfigFile = None) -> None:
    """Bring the list to every target.

    \b
    forwardresolve apply
    """
    with progress_bar() as progress:
        made = pipeline.plan(config.load(config_file), progress)
    outcomes = pipeline.apply(made)
    for each in outcomes:
        if not each.error:
            typer.echo(
                f"{each.target}: {'now holds' if each.changed else 'already holds'} {each.digest[:12]}"
            )
    if not made.changes:
        typer.echo("nothing to do", err=True)
    if any(each.error for each in outcomes):
        raise typer.Exit(TargetError.exit_code)
