"""``forwardresolve apply``: bring the list to every target."""

from __future__ import annotations

import logging
from pathlib import Path  # noqa: TC003 (Typer reads the annotations)
from typing import Annotated, Final

import typer

from forwardresolve import config, pipeline
from forwardresolve.cli.progress import progress_bar
from forwardresolve.cli.source import ConfigFile  # noqa: TC001 (Typer reads the annotations)
from forwardresolve.errors import TargetError
from forwardresolve.operate import requests

_LOG: Final = logging.getLogger(__name__)


def apply(
    *,
    requests_dir: Annotated[
        Path | None,
        typer.Option(
            "--requests", metavar="DIR", help="Take the requests of forwardresolve touch away before reading."
        ),
    ] = None,
    config_file: ConfigFile = None,
) -> None:
    """Bring the list to every target.

    \b
    forwardresolve apply
    """
    if requests_dir is not None:  # before anything can fail: what is left there starts the next run
        _tell(requests.take(requests_dir))
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


def _tell(requested: tuple[str, ...] | None) -> None:
    if requested is not None:
        _LOG.info("a run was requested")
        _LOG.debug("requested for: %s", ", ".join(requested) or "nothing in particular")
