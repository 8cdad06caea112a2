"""``forwardresolve backends``: what can be read here, and a project for what cannot."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Annotated

import typer

from forwardresolve import __version__, pipeline
from forwardresolve.cli.findings import FOUND
from forwardresolve.cli.source import BackendName, ConfigFile, Options, Url, chosen
from forwardresolve.registry import backend_class, installed_backends
from forwardresolve.scaffold import write_project
from forwardresolve.sdk import Described

app = typer.Typer(rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def backends(context: typer.Context) -> None:
    """List the backends that are installed.

    A line is the name, the version, the distribution, and whether it can be used.

    \b
    forwardresolve backends
    """
    if context.invoked_subcommand is not None:
        return
    rows = [
        (each.name, each.version, each.distribution, each.problem or "available")
        for each in installed_backends()
    ]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        typer.echo("  ".join([*cells, row[3]]))


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    preset: Annotated[
        str | None, typer.Option("--preset", metavar="PRESET", help="The same as --option preset=PRESET.")
    ] = None,
    options: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="KEY=VALUE", help="An option to look at; may be repeated."),
    ] = None,
) -> None:
    """Say what a backend reads and which options it has, or what an option comes to.

    \b
    forwardresolve backends show ldap
    forwardresolve backends show ldap --preset iredmail
    """
    kind = backend_class(name)
    given = dict(_pair(each) for each in [*([f"preset={preset}"] if preset else []), *(options or [])])
    describe = kind.describe if issubclass(kind, Described) else None
    if not given:
        typer.echo(inspect.getdoc(kind))
    elif describe is None:
        msg = f"the backend {name} has nothing to show of an option; forwardresolve backends show {name}"
        raise typer.BadParameter(msg, param_hint="--preset" if preset else "--option")
    if describe is not None:
        typer.echo(("" if given else "\n") + describe(given))


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not (key and equals):
        msg = f"{text!r} is not KEY=VALUE"
        raise typer.BadParameter(msg, param_hint="--option")
    return key, value


@app.command()
def diagnose(
    source: Annotated[
        str | None,
        typer.Argument(metavar="[SOURCE]", help="The source's name; needed where there are several."),
    ] = None,
    config: ConfigFile = None,
    backend: BackendName = None,
    url: Url = None,
    option: Options = None,
) -> None:
    """Look at a source: which one it is, as whom it is read, what each part holds.

    It exits with 7 when somebody should do something about what it sees; such lines begin with !.

    \b
    forwardresolve backends diagnose office
    """
    chosen_config = chosen(config, backend, url, option)
    names = list(chosen_config.sources)
    if source is None and len(names) > 1:
        msg = f"there are several sources; name one of {', '.join(names)}"
        raise typer.BadParameter(msg, param_hint="SOURCE")
    is_well = True
    for each in pipeline.diagnose(chosen_config, source or names[0]):
        is_well = is_well and not each.is_problem
        typer.echo(f"{'!' if each.is_problem else ' '} {each.subject}: {each.text}")
    if not is_well:
        raise typer.Exit(FOUND)


@app.command()
def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="What configurations will call it, such as my-panel.")
    ],
    directory: Annotated[
        Path, typer.Option("--directory", metavar="DIR", help="Where the project goes.")
    ] = Path(),
) -> None:
    """Write a project for a backend of your own, with its contract test.

    \b
    forwardresolve backends new my-panel
    """
    try:
        written = write_project(name, directory, __version__)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="NAME") from error
    for path in written:
        typer.echo(path)
