"""``forwardresolve plan``: what would change on every target, and why."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 (Typer reads the annotations)
from typing import Annotated, Final, Literal

import typer

from forwardresolve import __version__, config, pipeline
from forwardresolve.cli.progress import progress_bar
from forwardresolve.cli.source import ConfigFile, Deadline  # noqa: TC001 (Typer reads the annotations)
from forwardresolve.deploy.saved import save
from forwardresolve.deploy.showing import as_json, as_markdown, as_text
from forwardresolve.deploy.state import read_state

CHANGES: Final = 7


def plan(
    *,
    output_format: Annotated[
        Literal["text", "json", "markdown"],
        typer.Option("--format", help="For a person, a program or a ticket."),
    ] = "text",
    full: Annotated[
        bool, typer.Option("--full", help="Show every address, not only the first ones of each cause.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Save the plan for forwardresolve apply FILE."),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 7 when there are changes.")
    ] = False,
    deadline: Deadline = None,
    config_file: ConfigFile = None,
) -> None:
    """Show what would change on every target, and why.

    Nothing is changed. The changes stand under what they come from; each address has its way to the
    outside behind it, as it is now or as it was.

    \b
    forwardresolve plan
    forwardresolve plan --full --out plan.json
    """
    chosen_config = config.load(config_file)
    with progress_bar() as progress:
        made = pipeline.plan(chosen_config, progress, deadline, writes=False)
    if output_format == "json":
        typer.echo(json.dumps(as_json(made), indent=2))
    else:
        for line in (as_text if output_format == "text" else as_markdown)(made, full=full):
            typer.echo(line)
    hold = read_state(chosen_config.state_dir).hold
    if hold is not None:
        typer.echo(f"apply is held since the rollback of {hold.at} ({hold.reason}); see --resume", err=True)
    if out is not None:
        save(made, out, __version__)
    if exit_code and made.changes:
        raise typer.Exit(CHANGES)
