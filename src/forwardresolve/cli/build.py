"""``forwardresolve build``: the list, as text, as JSON, or as files for Rspamd."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path  # noqa: TC003 (Typer reads the annotations)
from typing import TYPE_CHECKING, Annotated, Any, Final

import attrs
import typer

from forwardresolve import pipeline, rspamd
from forwardresolve.cli.progress import progress_bar
from forwardresolve.cli.source import BackendName, ConfigFile, Options, OutputFormat, Url, chosen

if TYPE_CHECKING:
    from forwardresolve.findings import Finding
    from forwardresolve.pipeline import Build, Counts

SCHEMA_VERSION: Final = 1
"""Grows when a reader of an earlier version would misread the JSON; new keys alone do not."""

_SHOWN_FINDINGS: Final = 20


def build(
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="DIR",
            help="Write the files for Rspamd under DIR instead; /etc/rspamd is where it looks.",
        ),
    ] = None,
    output_format: Annotated[
        OutputFormat, typer.Option("--format", help="What is printed: the list, or all about it.")
    ] = "text",
    config: ConfigFile = None,
    backend: BackendName = None,
    url: Url = None,
    option: Options = None,
) -> None:
    """Print the list of addresses that reach outside.

    One address a line, sorted; @domain stands for all further addresses of a domain. When a source
    cannot be read whole, nothing is printed and nothing is written.

    \b
    forwardresolve build --backend postfixadmin --url sqlite:///mail.db
    forwardresolve build --output /etc/rspamd
    """
    started = time.monotonic()
    chosen_config = chosen(config, backend, url, option)
    with progress_bar() as progress:
        made = pipeline.build(chosen_config, progress)
    if output_format == "json":
        typer.echo(json.dumps(_as_json(made), indent=2))
    elif output is None:
        sys.stdout.writelines(f"{key}\n" for key in _keys(made))
        sys.stdout.flush()
    if output is not None:
        written = rspamd.write(made.artifacts, output)
        for path in written.changed:
            typer.echo(f"written: {path}", err=True)
        for path in written.unchanged:
            typer.echo(f"unchanged: {path}", err=True)
    _report(made.findings)
    typer.echo(_summary(made.counts, time.monotonic() - started), err=True)


def _keys(made: Build) -> list[str]:
    catch_alls = (f"@{domain}" for domain in made.resolution.catch_alls)
    return sorted([*made.resolution.addresses, *catch_alls])


def _as_json(made: Build) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "addresses": made.resolution.addresses,
        "catch_alls": [
            {"domain": domain, "except": exceptions}
            for domain, exceptions in sorted(made.resolution.catch_alls.items())
        ],
        "findings": [
            {**attrs.asdict(each, recurse=False), "origin": str(each.origin) if each.origin else None}
            for each in made.findings
        ],
        "counts": attrs.asdict(made.counts),
    }


def _report(findings: tuple[Finding, ...]) -> None:
    telling = [each for each in findings if each.severity != "notice"]
    for each in telling[:_SHOWN_FINDINGS]:
        said = "; ".join(part.removesuffix(".") for part in (each.text, each.advice) if part)
        where = f" [{each.origin}]" if each.origin else ""
        typer.echo(f"{each.severity}: {said}{where}", err=True)
    if len(telling) > _SHOWN_FINDINGS:
        more = len(telling) - _SHOWN_FINDINGS
        typer.echo(f"... and {more} more; --format json shows all", err=True)


def _summary(counts: Counts, seconds: float) -> str:
    return (
        f"listed: addresses {counts.addresses}, catch-alls {counts.catch_alls}; "
        f"read: forwardings {counts.forwardings}, mailboxes {counts.mailboxes}, "
        f"domains {counts.domains}, sources {counts.sources}; "
        f"findings: {counts.findings}; seconds: {seconds:.2f}"
    )
