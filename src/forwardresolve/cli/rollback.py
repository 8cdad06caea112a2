"""``forwardresolve rollback``: back to an earlier list, on every target."""

from __future__ import annotations

from typing import Annotated

import typer

from forwardresolve import config, pipeline
from forwardresolve.cli.apply import tell
from forwardresolve.cli.source import ConfigFile, Metrics, Reason  # noqa: TC001 (Typer reads the annotations)
from forwardresolve.operate.attending import Attendant


def rollback(
    reason: Reason,
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="DIGEST", help="The generation; without it what each target held before."
        ),
    ] = "",
    *,
    metrics: Metrics = None,
    config_file: ConfigFile = None,
) -> None:
    """Bring an earlier list back to every target, and keep it there.

    Later runs of apply change nothing and say so, until one of them is told --resume.

    \b
    forwardresolve rollback --reason "the new list refuses mail to a.example"
    """
    chosen_config = config.load(config_file)
    outcomes = pipeline.roll_back(chosen_config, reason=reason, to=to)
    Attendant.of(config_file, metrics).configured(chosen_config).after(outcomes)
    typer.echo("apply is held now; go on with: forwardresolve apply --resume", err=True)
    tell(outcomes)
