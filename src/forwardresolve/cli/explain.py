"""``forwardresolve explain``: why an address is on the list, or why not."""

from __future__ import annotations

from typing import Annotated

import typer

from forwardresolve import pipeline
from forwardresolve.cli.source import BackendName, ConfigFile, Options, Url, chosen
from forwardresolve.explain import explain as explanation


def explain(
    address: Annotated[str, typer.Argument(metavar="ADDRESS")],
    config: ConfigFile = None,
    backend: BackendName = None,
    url: Url = None,
    option: Options = None,
) -> None:
    """Show where the mail of an address goes, hop by hop.

    Behind every arrow stands the row that says so.

    \b
    forwardresolve explain info@example.net --backend postfixadmin --url sqlite:///mail.db
    """
    resolution = pipeline.resolution(chosen(config, backend, url, option))
    typer.echo(str(explanation(resolution, address)))
