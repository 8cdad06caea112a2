"""The options by which every command is told what to read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from forwardresolve import config
from forwardresolve.config import DEFAULT_PATH, ENVIRONMENT, Config
from forwardresolve.secret import Secret

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help=f"The configuration file.  [default: ${ENVIRONMENT}, else {DEFAULT_PATH}]",
    ),
]
BackendName = Annotated[
    str | None,
    typer.Option(
        "--backend",
        metavar="NAME",
        help="Read one source without a configuration file: a backend's name or package.module:Class.",
    ),
]
Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        metavar="URL",
        help="Where the source is; the same as --option url=URL. "
        "One with a password in it goes into --option url.env=NAME.",
    ),
]
Options = Annotated[
    list[str] | None,
    typer.Option(
        "--option",
        metavar="KEY=VALUE",
        help="An option of the backend; may be repeated. Dots reach into tables: bind_password.file=PATH.",
    ),
]
Deadline = Annotated[
    float | None,
    typer.Option("--deadline", metavar="SECONDS", min=0, help="Give up before anything is touched."),
]
Metrics = Annotated[
    Path | None,
    typer.Option(
        "--metrics",
        metavar="FILE",
        envvar="FORWARDRESOLVE_METRICS",
        show_envvar=False,
        help="Write metrics for node_exporter's textfile collector.  [default: $FORWARDRESOLVE_METRICS]",
    ),
]
Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why; it is logged and kept for those who ask later.")
]

OutputFormat = Literal["text", "json"]
PasswordFile = Annotated[
    Path | None,
    typer.Option("--password-file", metavar="FILE", help="Holds the password of the controller."),
]


def password_from(file: Path | None) -> str:
    """Return the password in a file; an empty one where no file is named.

    Raises:
        ConfigError: The file cannot be read, or everybody can read it.
    """
    return Secret.from_table({"file": str(file)}).reveal() if file else ""


def chosen(
    config_file: Path | None, backend: str | None, url: str | None, options: list[str] | None
) -> Config:
    """Return the configuration that the options of a command name.

    Raises:
        typer.BadParameter: They contradict each other.
        ForwardResolveError: What they name does not fit.
    """
    if backend is None:
        if url is not None or options:
            msg = "needs --backend"
            raise typer.BadParameter(msg, param_hint="--url" if url is not None else "--option")
        return config.load(config_file)
    if config_file is not None:
        msg = "--config and --backend exclude each other"
        raise typer.BadParameter(msg, param_hint="--backend")
    texts = [] if url is None else [f"url={url}"]
    return config.from_options(backend, [*texts, *(options or [])])
