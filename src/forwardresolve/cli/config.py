"""``forwardresolve config``: is the configuration right?"""

from __future__ import annotations

import typer

from forwardresolve.cli.source import ConfigFile  # noqa: TC001 (Typer reads the annotations)
from forwardresolve.config import configuration_path
from forwardresolve.operate.checking import check

app = typer.Typer(
    name="config",
    help="Check the configuration.\n\n\b\nforwardresolve config validate",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def _config() -> None:
    """Check the configuration."""


@app.command()
def validate(config: ConfigFile = None) -> None:
    """Say everything that is wrong with the configuration, a line each with the path of its key.

    Secrets, directories, groups and hooks are looked at, too; no source is read and no front end
    is asked. The exit code is 3 when something is wrong.

    \b
    forwardresolve config validate
    """
    path = configuration_path(config)
    checked = check(path)
    sources = ", ".join(checked.sources)
    targets = ", ".join(each.name for each in checked.targets)
    typer.echo(f"{path}: nothing is wrong; sources: {sources}; targets: {targets}")
