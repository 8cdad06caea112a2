"""``forwardresolve approve``: release a plan that the guard refuses."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

import typer

from forwardresolve import config
from forwardresolve.cli.source import ConfigFile, Reason  # noqa: TC001 (Typer reads the annotations)
from forwardresolve.deploy import releasing


def approve(
    digest: Annotated[
        str, typer.Argument(metavar="DIGEST", help="The plan, as the refused run or plan prints it.")
    ],
    reason: Reason,
    *,
    config_file: ConfigFile = None,
) -> None:
    """Release one plan that the guard refuses, for the next run.

    Only a plan with exactly these changes and these numbers is released. The reason is logged and kept.

    \b
    forwardresolve approve 3fa9c2d1e0ab --reason "x.example moved to another provider"
    """
    state_dir = config.load(config_file).state_dir
    is_refused = releasing.approve(state_dir, digest, reason, dt.datetime.now(dt.UTC))
    typer.echo(f"plan {digest} is released for the next run", err=True)
    if not is_refused:
        typer.echo("the last run was not refused with this plan; is the digest right?", err=True)
