"""``forwardresolve apply``: bring the list to every target."""

from __future__ import annotations

import logging
from pathlib import Path  # noqa: TC003 (Typer reads the annotations)
from typing import TYPE_CHECKING, Annotated, Final

import typer

from forwardresolve import __version__, config, pipeline
from forwardresolve.cli.progress import progress_bar
from forwardresolve.cli.source import (  # noqa: TC001 (Typer reads the annotations)
    ConfigFile,
    Deadline,
    Metrics,
)
from forwardresolve.deploy.plan import SHORT
from forwardresolve.deploy.saved import still_holds
from forwardresolve.deploy.state import wait_for_others
from forwardresolve.errors import ForwardResolveError, TargetError
from forwardresolve.operate import requests
from forwardresolve.operate.attending import Attendant

if TYPE_CHECKING:
    from forwardresolve.config import Config
    from forwardresolve.deploy.applying import Outcome
    from forwardresolve.deploy.plan import Plan

_LOG: Final = logging.getLogger(__name__)
_PATIENCE: Final = 600.0
"""Seconds that another run may take before one that was requested gives up: it may have read too early."""


def apply(
    plan: Annotated[
        Path | None,
        typer.Argument(metavar="[PLAN]", help="A saved plan: refuse when anything has moved since."),
    ] = None,
    *,
    force: Annotated[
        bool, typer.Option("--force", help="Carry it out though the guard refuses it; needs --reason.")
    ] = False,
    first: Annotated[
        bool, typer.Option("--first", help="This is the first list; there is nothing to compare it with.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on after a rollback.")] = False,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is logged and kept.")] = "",
    deadline: Deadline = None,
    requests_dir: Annotated[
        Path | None,
        typer.Option(
            "--requests", metavar="DIR", help="Take the requests of forwardresolve touch away before reading."
        ),
    ] = None,
    metrics: Metrics = None,
    config_file: ConfigFile = None,
) -> None:
    """Bring the list to every target.

    When the guard refuses, or a source cannot be read whole, no target is touched. A target that
    fails does not stop the others; the next run tries it again.

    \b
    forwardresolve apply
    forwardresolve apply plan.json
    """
    if force and not reason:
        msg = "needs --reason"
        raise typer.BadParameter(msg, param_hint="--force")
    attendant = Attendant.of(config_file, metrics)
    try:
        if requests_dir is not None:  # before anything can fail: what is left there starts the next run
            _tell(requests.take(requests_dir))
        chosen_config = config.load(config_file)
        attendant = attendant.configured(chosen_config)
        if requests_dir is not None:
            wait_for_others(chosen_config.state_dir, _PATIENCE)
        made = _planned(chosen_config, plan, deadline)
        attendant = attendant.planned(made)
        outcomes = pipeline.apply(
            made, reason=reason, force=force, first=first, resume=resume, before=attendant.before
        )
    except ForwardResolveError as error:
        attendant.failed(error)
        raise
    if not made.changes:
        typer.echo("nothing to do", err=True)
    attendant.after(outcomes)
    tell(outcomes)


def _planned(chosen_config: Config, saved: Path | None, deadline: float | None) -> Plan:
    try:
        with progress_bar() as progress:
            made = pipeline.plan(chosen_config, progress, deadline)
        if saved is not None:
            still_holds(made, saved, __version__)
    except ForwardResolveError as error:
        pipeline.note_failure(chosen_config, error)
        raise
    return made


def tell(outcomes: tuple[Outcome, ...]) -> None:
    """Print what became of each target; exit with 6 when one failed."""
    for each in outcomes:
        if not each.error:
            verb = "now holds" if each.changed else "already holds"
            typer.echo(f"{each.target}: {verb} {each.digest[:SHORT]}")
    if any(each.error for each in outcomes):
        raise typer.Exit(TargetError.exit_code)


def _tell(requested: requests.Requested | None) -> None:
    if requested is not None:
        _LOG.info("a run was requested")
        _LOG.debug("requested for: %s", ", ".join(requested.addresses) or "nothing in particular")
