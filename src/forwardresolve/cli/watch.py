"""``forwardresolve watch``: keep sources and targets together."""

from __future__ import annotations

import gc
import signal
from pathlib import Path  # noqa: TC003 (Typer reads the annotations)
from typing import Annotated

import typer

from forwardresolve.cli.source import ConfigFile, Metrics  # noqa: TC001 (Typer reads the annotations)
from forwardresolve.watch.notify import Notify
from forwardresolve.watch.resident import Resident


def watch(
    requests_dir: Annotated[
        Path | None,
        typer.Option(
            "--requests", metavar="DIR", help="Also take the requests that forwardresolve touch leaves there."
        ),
    ] = None,
    metrics: Metrics = None,
    config_file: ConfigFile = None,
) -> None:
    """Stay, and keep sources and targets together.

    It asks every source whether it has changed, listens on a socket for what panels push, and
    deploys what has changed, through the same guard as apply. SIGTERM ends it when what is under
    way is done; SIGHUP reads the configuration again.

    \b
    forwardresolve watch
    """
    resident = Resident(config_file, metrics, requests_dir, Notify.of())
    signal.signal(signal.SIGTERM, lambda *_: resident.end())
    signal.signal(signal.SIGINT, lambda *_: resident.end())
    signal.signal(signal.SIGHUP, lambda *_: resident.reload())
    gc.enable()  # what stays for months must not grow by its cycles
    resident.run()
