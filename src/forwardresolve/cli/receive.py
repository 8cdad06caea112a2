"""``forwardresolve receive``: the front end's side of a target of kind ssh."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from forwardresolve.deploy.directory import Directory
from forwardresolve.deploy.guard import Limits
from forwardresolve.deploy.own_guard import OwnGuard
from forwardresolve.deploy.pipes import Pipes
from forwardresolve.deploy.receiving import MOST_BYTES, Receiver
from forwardresolve.errors import ConfigError

_DEFAULTS: Final = Limits()
_INPUT: Final = 0
_OUTPUT: Final = 1


def receive(
    root: Annotated[Path, typer.Option("--root", metavar="DIR", help="Rspamd's configuration root.")] = Path(
        "/etc/rspamd"
    ),
    mode: Annotated[
        str,
        typer.Option("--mode", metavar="MODE", help="Of the maps.  [default: 0640, or 0644 without a group]"),
    ] = "",
    group: Annotated[
        str, typer.Option("--group", metavar="GROUP", help="Of the maps.  [default: that of Rspamd's user]")
    ] = "",
    removed: Annotated[
        int, typer.Option("--removed", metavar="N", help="So many addresses may always go.")
    ] = _DEFAULTS.removed,
    removed_percent: Annotated[
        float, typer.Option("--removed-percent", metavar="PERCENT", help="So many may go from a long list.")
    ] = _DEFAULTS.removed_percent,
    added: Annotated[
        int, typer.Option("--added", metavar="N", help="So many addresses may always come.")
    ] = _DEFAULTS.added,
    added_percent: Annotated[
        float, typer.Option("--added-percent", metavar="PERCENT", help="So many may come to a long list.")
    ] = _DEFAULTS.added_percent,
    *,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="The list may become empty.")
    ] = _DEFAULTS.allow_empty,
    no_release: Annotated[
        bool, typer.Option("--no-release", help="Refuse what goes too far though somebody released it.")
    ] = False,
    most_bytes: Annotated[
        int, typer.Option("--most-bytes", metavar="N", min=1, help="How large a generation may be.")
    ] = MOST_BYTES,
    stall_timeout: Annotated[
        float, typer.Option("--stall-timeout", metavar="SECONDS", min=0.1, help="How long nothing may come.")
    ] = 60.0,
    timeout: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.1, help="How long a sender may take.")
    ] = 600.0,
) -> None:
    """Take maps from a sender, over standard input and output.

    In authorized_keys it stands before the key of the sender, as command="...",restrict. It writes
    below local.d/maps.d only. What is cut off, garbled, too large, repeated, or goes too far
    changes nothing.

    \b
    forwardresolve receive --root /etc/rspamd --no-release
    """
    try:
        target = Directory(name=str(root), root=root, mode=mode, group=group)
        limits = Limits(
            removed=removed,
            removed_percent=removed_percent,
            added=added,
            added_percent=added_percent,
            allow_empty=allow_empty,
        )
    except ValueError as error:
        raise ConfigError(f"receive: {error}") from error  # noqa: TRY003, EM102 (an option is its subject)
    if os.isatty(_INPUT):
        typer.echo("this is for ssh to call; a sender is awaited", err=True)
    guard = OwnGuard(limits, takes_release=not no_release)
    pipes = Pipes(_INPUT, _OUTPUT, stall=stall_timeout, limit=timeout)
    Receiver(target, guard, most_bytes).converse(pipes)
