"""``forwardresolve touch``: ask for a run at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from forwardresolve.operate import requests

Requests = Annotated[
    Path,
    typer.Option(
        "--requests",
        metavar="DIR",
        envvar=requests.ENVIRONMENT,
        show_default=False,
        help=f"Where requests are left.  [default: ${requests.ENVIRONMENT}, else {requests.DIRECTORY}]",
        show_envvar=False,
    ),
]


def touch(
    addresses: Annotated[
        list[str] | None,
        typer.Argument(metavar="ADDRESS", help="What has changed; it is only for the log."),
    ] = None,
    directory: Requests = requests.DIRECTORY,
) -> None:
    """Ask the service to deploy at once.

    For the hook of a control panel, after its change is committed: every front end has it within
    seconds. It returns at once and needs no configuration; many requests of one second become one
    run.

    \b
    forwardresolve touch
    forwardresolve touch info@example.net
    """
    requests.leave(addresses or (), directory)
