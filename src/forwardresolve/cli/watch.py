"""``forwardresolve watch``: keep sources and targets together."""

from __future__ import annotations

import gc
import signal
import sys
from pathlib import Path  # noqa: TC003 (Typer reads the annotations)
from typing import Annotated, Final

import typer

from forwardresolve.cli.source import ConfigFile, Metrics  # noqa: TC001 (Typer reads the annotations)
from forwardresolve.watch.notify import Notify
from forwardresolve.watch.resident import Resident

_SWITCH: Final = 0.0002
"""Seconds after which a thread that computes lets another one go on, in the place of 0.005.

A click is a few hundred short waits, for the database and the disk. While everything is read
beside it, each of them ends with waiting for that thread: 7 s at a million addresses, and 1 s so
(measured).
"""


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
    sys.setswitchinterval(_SWITCH)
    resident.run()
