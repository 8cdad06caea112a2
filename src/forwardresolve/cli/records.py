"""``forwardresolve records``: what the sources say, before anything is made of it."""

from __future__ import annotations

import typer

from forwardresolve import pipeline
from forwardresolve.cli.source import BackendName, ConfigFile, Options, Url, chosen
from forwardresolve.jsonlines import write_records


def records(
    config: ConfigFile = None, backend: BackendName = None, url: Url = None, option: Options = None
) -> None:
    """Print what the sources say, as lines of JSON.

    The last line counts them; where it is missing, the source was not read whole.

    \b
    forwardresolve records --backend postfixadmin --url sqlite:///mail.db | grep info@
    """
    for line in write_records(pipeline.records(chosen(config, backend, url, option))):
        typer.echo(line)
