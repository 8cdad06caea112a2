"""``forwardresolve findings``: what an operator should know about the forwardings."""

from __future__ import annotations

import json
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any, Final

import attrs
import typer

from forwardresolve import pipeline
from forwardresolve.cli.progress import progress_bar
from forwardresolve.cli.source import BackendName, ConfigFile, Options, OutputFormat, Url, chosen
from forwardresolve.findings import Severity, at_least

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forwardresolve.findings import Finding

SCHEMA_VERSION: Final = 1
"""Grows when a reader of an earlier version would misread the JSON; new keys alone do not."""

FOUND: Final = 7
"""The exit code where there are findings at or above ``--fail-on``."""


def findings(
    output_format: Annotated[
        OutputFormat, typer.Option("--format", help="Findings by kind, or one JSON object.")
    ] = "text",
    fail_on: Annotated[
        Severity | None,
        typer.Option("--fail-on", help="Exit with 7 when there is a finding so severe, or worse."),
    ] = None,
    config: ConfigFile = None,
    backend: BackendName = None,
    url: Url = None,
    option: Options = None,
) -> None:
    """Show what an operator should know.

    Every kind is explained in the documentation, by its name.

    \b
    forwardresolve findings --backend postfixadmin --url sqlite:///mail.db
    forwardresolve findings --fail-on error
    """
    chosen_config = chosen(config, backend, url, option)
    with progress_bar() as progress:
        found = pipeline.build(chosen_config, progress).findings
    if output_format == "json":
        typer.echo(json.dumps(_as_json(found), indent=2))
    else:
        for line in _as_text(found):
            typer.echo(line)
        typer.echo(_summary(found), err=True)
    if fail_on is not None and at_least(fail_on, found):
        raise typer.Exit(FOUND)


def _as_json(found: Sequence[Finding]) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "findings": [
            {**attrs.asdict(each, recurse=False), "origin": str(each.origin) if each.origin else None}
            for each in found
        ],
    }


def _as_text(found: Sequence[Finding]) -> Iterator[str]:
    """Yield each kind with its advice once, and its findings below."""
    groups = groupby(found, lambda each: (each.severity, each.id, each.advice))
    for number, ((severity, name, advice), group) in enumerate(groups):
        if number:
            yield ""
        yield f"{severity}: {name}"
        for each in group:
            origin = f"  [{each.origin}]" if each.origin and str(each.origin) else ""
            yield f"  - {each.text}{origin}"
        if advice:
            yield f"  What to do: {advice}."


def _summary(found: Sequence[Finding]) -> str:
    counts = Counter(each.severity for each in found)
    return f"findings: errors {counts['error']}, warnings {counts['warning']}, notices {counts['notice']}"
