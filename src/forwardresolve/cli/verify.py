"""``forwardresolve verify``: does a running Rspamd protect what is listed?"""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 (Typer reads the annotations)
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import attrs
import typer

from forwardresolve import pipeline
from forwardresolve.cli.source import BackendName, ConfigFile, Options, Url, chosen
from forwardresolve.rspamd.commands import output_of
from forwardresolve.rspamd.disarming import disarming, exporters, parse_dump
from forwardresolve.rspamd.probing import Door
from forwardresolve.rspamd.verifying import verify as verified
from forwardresolve.secret import Secret

if TYPE_CHECKING:
    from forwardresolve.rspamd.verifying import Protection

SCHEMA_VERSION: Final = 1
NOT_PROTECTED: Final = 7


def verify(
    rspamd: Annotated[
        list[str],
        typer.Option("--rspamd", metavar="URL", help="Where a Rspamd listens; once for each front end."),
    ],
    password_file: Annotated[
        Path | None,
        typer.Option("--password-file", metavar="FILE", help="Holds the password of the controller."),
    ] = None,
    configdump: Annotated[
        str | None,
        typer.Option(
            "--configdump",
            metavar="COMMAND",
            help="Look at the configuration too: rspamadm configdump --json, perhaps behind ssh or docker.",
        ),
    ] = None,
    output_format: Annotated[
        Literal["text", "json"], typer.Option("--format", help="Lines, or one JSON object.")
    ] = "text",
    config: ConfigFile = None,
    backend: BackendName = None,
    url: Url = None,
    option: Options = None,
) -> None:
    """Ask a running Rspamd whether it refuses spam to what is listed.

    One question for each kind of address; nothing is changed there and no mail is sent. The exit
    code is 0 when every Rspamd protects the list, and 7 when one does not.

    \b
    forwardresolve verify --rspamd http://mx1.example.net:11334 --password-file /etc/forwardresolve/rspamd
    """
    chosen_config = chosen(config, backend, url, option)
    settings = pipeline.rspamd_settings(chosen_config)
    password = Secret.from_table({"file": str(password_file)}).reveal() if password_file else ""
    dump = parse_dump(output_of(configdump)) if configdump else {}
    resolution = pipeline.resolution(chosen_config)
    results = {}
    for each in rspamd:
        found = verified(Door(each, password, exporters(dump)), resolution, settings)
        further = tuple(disarming(dump, settings)) if configdump else ()
        results[each] = attrs.evolve(found, findings=(*found.findings, *further))
    if output_format == "json":
        typer.echo(json.dumps(_as_json(results), indent=2))
    else:
        for each, found in results.items():
            _show(each, found)
    if not all(found.protects for found in results.values()):
        raise typer.Exit(NOT_PROTECTED)


def _show(url: str, found: Protection) -> None:
    for each in found.tried:
        mark = "WRONG" if each.problem else "ok"
        said = each.problem or each.reply.action
        typer.echo(f"{mark:5}  {each.case.kind}: {', '.join(each.case.recipients)}: {said}")
    for finding in found.findings:
        advice = f"; {finding.advice}" if finding.advice else ""
        typer.echo(f"{finding.severity}: {finding.text}{advice}")
    verdict = "protected" if found.protects else "NOT PROTECTED"
    typer.echo(f"{url}: Rspamd {found.version or 'of unknown version'}: {verdict}")


def _as_json(results: dict[str, Protection]) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "rspamd": [
            {
                "url": url,
                "version": found.version,
                "protected": found.protects,
                "cases": [
                    {
                        "kind": each.case.kind,
                        "recipients": each.case.recipients,
                        "action": each.reply.action,
                        "problem": each.problem,
                    }
                    for each in found.tried
                ],
                "findings": [
                    {"id": each.id, "severity": each.severity, "text": each.text, "advice": each.advice}
                    for each in found.findings
                ],
            }
            for url, found in results.items()
        ],
    }
