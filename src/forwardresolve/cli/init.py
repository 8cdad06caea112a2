"""``forwardresolve init``: a first configuration, and the units of systemd."""

from __future__ import annotations

import grp
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from forwardresolve.config import DEFAULT_PATH
from forwardresolve.operate.configuration import configuration, panels
from forwardresolve.operate.new_files import write_new
from forwardresolve.operate.units import STARTED, Site, unit_files

if TYPE_CHECKING:
    from collections.abc import Mapping

_PRIVATE: Final = 0o640
_OPEN: Final = 0o644

_RSPAMD_GROUPS: Final = ("_rspamd", "rspamd")


def init(
    panel: Annotated[
        str | None,
        typer.Option(
            "--panel",
            metavar="NAME",
            help=f"Write a configuration for {', '.join(panels())}, a preset of sql such as mailcow, "
            "or another backend.",
        ),
    ] = None,
    systemd: Annotated[
        Path | None,
        typer.Option(
            "--systemd", metavar="DIR", help="Write units, user and directories below DIR, as in /etc."
        ),
    ] = None,
    config: Annotated[
        Path, typer.Option("--config", metavar="FILE", help="The configuration file.")
    ] = DEFAULT_PATH,
    panel_group: Annotated[
        str,
        typer.Option(
            "--panel-group",
            metavar="GROUP",
            help="The group of the panel, so that it may run forwardresolve touch.",
        ),
    ] = "",
    *,
    show: Annotated[bool, typer.Option("--print", help="Print the files and write nothing.")] = False,
) -> None:
    """Write a first configuration, the units of systemd, or both.

    Everything is commented. A file that is there is never written over.

    \b
    forwardresolve init --panel postfixadmin
    forwardresolve init --systemd /etc --panel-group www-data
    """
    if panel is None and systemd is None:
        msg = "name a panel, or the directory for the units (--systemd /etc)"
        raise typer.BadParameter(msg, param_hint="--panel")
    if panel is not None:
        _write({config: configuration(panel, config)}, _PRIVATE, show=show)
    if systemd is not None:
        try:
            site = Site(
                program=_program(), config=config, rspamd_group=_rspamd_group(), panel_group=panel_group
            )
        except ValueError as error:
            raise typer.BadParameter(str(error.args[0]), param_hint="--systemd") from error
        made = {systemd / path: text for path, text in unit_files(site).items()}
        _write(made, _OPEN, show=show)
    if not show:
        typer.echo(_next_steps(config, units=systemd is not None), err=True)


def _write(made: Mapping[Path, str], mode: int, *, show: bool) -> None:
    if show:
        for path, text in made.items():
            typer.echo(f"# {path}\n{text}" if len(made) > 1 else text, nl=len(made) > 1)
        return
    for path in write_new(made, mode):
        typer.echo(f"written: {path}")


def _program() -> Path:
    """Return this program's own place: beside the interpreter, where pip has put it."""
    beside = Path(sys.executable).with_name("forwardresolve")
    return beside if beside.is_file() else Path(shutil.which("forwardresolve") or "/usr/bin/forwardresolve")


def _rspamd_group() -> str:
    for name in _RSPAMD_GROUPS:
        try:
            return grp.getgrnam(name).gr_name
        except KeyError:
            continue
    return ""


def _next_steps(config: Path, *, units: bool) -> str:
    steps = [f"edit {config}, then run: forwardresolve config validate"]
    if units:
        steps += [
            "systemd-sysusers && systemd-tmpfiles --create && systemctl daemon-reload",
            f"chgrp forwardresolve {config}",
            f"systemctl enable --now {' '.join(STARTED)}",
        ]
    return "\n".join(["next:", *(f"  {each}" for each in steps)])
