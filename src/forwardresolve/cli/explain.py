"""``forwardresolve explain``: why an address is on the list, or why not."""

from __future__ import annotations

from typing import Annotated

import typer

from forwardresolve import pipeline
from forwardresolve.cli.source import BackendName, ConfigFile, Options, Url, chosen
from forwardresolve.explain import Format, explain_reverse, read_change, render, what_if
from forwardresolve.explain import explain as explanation


def explain(
    address: Annotated[str, typer.Argument(metavar="ADDRESS")],
    output_format: Annotated[
        Format,
        typer.Option("--format", help="A tree, a JSON object, or a picture for Mermaid or Graphviz."),
    ] = "text",
    *,
    reverse: Annotated[
        bool, typer.Option("--reverse", help="Show who reaches ADDRESS, directly and over others.")
    ] = False,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="A=B", help="What if A did not forward to B? May be repeated."),
    ] = None,
    having: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="A=B", help="What if A forwarded to B, too? May be repeated."),
    ] = None,
    config: ConfigFile = None,
    backend: BackendName = None,
    url: Url = None,
    option: Options = None,
) -> None:
    """Show where the mail of an address goes, hop by hop.

    Behind every arrow stands the row that says so.

    \b
    forwardresolve explain info@example.net --backend postfixadmin --url sqlite:///mail.db
    forwardresolve explain --reverse joe@gmail.example
    forwardresolve explain info@example.net --without team@example.net=joe@gmail.example
    """
    if reverse and (without or having):
        msg = "--reverse and a what-if exclude each other"
        raise typer.BadParameter(msg, param_hint="--reverse")
    taken, added = ([read_change(text) for text in texts or ()] for texts in (without, having))
    resolution = pipeline.resolution(chosen(config, backend, url, option))
    if reverse:
        told = render(explain_reverse(resolution, address), output_format)
    elif taken or added:
        told = render(what_if(resolution, address, without=taken, having=added), output_format)
    else:
        told = render(explanation(resolution, address), output_format)
    typer.echo(told)
