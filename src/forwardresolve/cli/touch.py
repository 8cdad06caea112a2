"""``forwardresolve touch``: ask for a run at once."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Annotated

import typer

from forwardresolve.errors import TargetError
from forwardresolve.operate import requests
from forwardresolve.pace import SOCKET
from forwardresolve.watch.client import ENVIRONMENT, WatchClient

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
Socket = Annotated[
    Path,
    typer.Option(
        "--socket",
        metavar="PATH",
        envvar=ENVIRONMENT,
        show_default=False,
        help=f"Where forwardresolve watch listens.  [default: ${ENVIRONMENT}, else {SOCKET}]",
        show_envvar=False,
    ),
]


def touch(
    addresses: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ADDRESS", help="What has changed: an address, or @domain. Without one anything may have."
        ),
    ] = None,
    directory: Requests = requests.DIRECTORY,
    socket: Socket = SOCKET,
) -> None:
    """Ask the service to deploy at once.

    For the hook of a control panel, after its change is committed: every front end has it within
    seconds. It returns at once and needs no configuration; many requests of one second become one
    run. It is told to forwardresolve watch where that listens, which reads what concerns these
    addresses alone, and is left as a file where it does not.

    \b
    forwardresolve touch
    forwardresolve touch info@example.net
    """
    if os.access(socket, os.W_OK):
        with contextlib.suppress(TargetError):  # it has just ended
            WatchClient(socket).touch(*addresses or ())
            return
    requests.leave(addresses or (), directory)
