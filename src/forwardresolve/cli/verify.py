"""``forwardresolve verify``: does a running Rspamd protect what is listed, does Postfix agree?"""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
from pathlib import Path  # noqa: TC003 (Typer reads the annotations)
from typing import TYPE_CHECKING, Annotated, Any, Final

import attrs
import typer

from forwardresolve import pipeline
from forwardresolve.cli import log
from forwardresolve.cli.source import (
    BackendName,
    ConfigFile,
    Metrics,
    Options,
    OutputFormat,
    PasswordFile,
    Url,
    chosen,
    password_from,
)
from forwardresolve.errors import TargetError
from forwardresolve.operate.asking import Asked, ask
from forwardresolve.operate.attending import measure
from forwardresolve.operate.mail_host import MailHost, compare
from forwardresolve.operate.protection import Verified, events, load, save
from forwardresolve.rspamd.commands import output_of
from forwardresolve.rspamd.disarming import disarming, exporters, parse_dump
from forwardresolve.rspamd.probing import Door
from forwardresolve.rspamd.verifying import Protection

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from forwardresolve.config import Config
    from forwardresolve.findings import Finding
    from forwardresolve.operate.asking import Answer

SCHEMA_VERSION: Final = 1
NOT_PROTECTED: Final = 7
_FIRST: Final = 10
"""How many differences are shown."""


def verify(
    rspamd: Annotated[
        list[str] | None,
        typer.Option(
            "--rspamd",
            metavar="URL",
            help="Where a Rspamd listens; may be repeated. Without it the rspamd_url of every target.",
        ),
    ] = None,
    password_file: PasswordFile = None,
    configdump: Annotated[
        str | None,
        typer.Option(
            "--configdump",
            metavar="COMMAND",
            help="Look at the configuration too: rspamadm configdump --json, perhaps behind ssh or docker.",
        ),
    ] = None,
    again: Annotated[
        float,
        typer.Option(
            "--again",
            metavar="SECONDS",
            min=0,
            help="Where the list is not protected, ask once more after so long: a change may be on its way.",
        ),
    ] = 0,
    postfix: Annotated[
        Path | None,
        typer.Option(
            "--postfix",
            metavar="DIR",
            help="Ask the Postfix of this configuration directory instead of a Rspamd.",
        ),
    ] = None,
    sample: Annotated[
        int,
        typer.Option(
            "--sample", metavar="NUMBER", min=1, help="With --postfix: how many addresses to ask for."
        ),
    ] = 1000,
    output_format: Annotated[
        OutputFormat, typer.Option("--format", help="Lines, or one JSON object.")
    ] = "text",
    metrics: Metrics = None,
    config: ConfigFile = None,
    backend: BackendName = None,
    url: Url = None,
    option: Options = None,
) -> None:
    """Ask a running Rspamd whether it refuses spam to what is listed.

    One question for each kind of address; nothing is changed there and no mail is sent. The exit
    code is 0 when every Rspamd protects the list, 7 when one does not, and 6 when one cannot be
    asked. What was found is kept for `forwardresolve status`.

    With --postfix it is Postfix that is asked: where a sample of addresses goes on to, in one hop.
    The exit code is 0 when it says what the sources say, else 7.

    \b
    forwardresolve verify
    forwardresolve verify --postfix /etc/postfix
    forwardresolve verify --rspamd http://mx1.example.net:11334 --password-file /etc/forwardresolve/rspamd
    """
    chosen_config = chosen(config, backend, url, option)
    if postfix is not None:
        _against_postfix(chosen_config, MailHost(postfix), sample, output_format)
        return
    dump = parse_dump(output_of(configdump)) if configdump else {}
    if rspamd:
        settings = pipeline.rspamd_settings(chosen_config)
        password = password_from(password_file)
        asked = [Asked(each, Door(each, password, exporters(dump)), settings) for each in rspamd]
    else:
        asked = [*_front_ends(chosen_config, exporters(dump))]
    answers = ask(asked, lambda: pipeline.resolution(chosen_config), again=again)
    if configdump:
        for each in asked:
            answers[each.name] = _with_findings(answers[each.name], disarming(dump, each.settings))
    _tell(answers, {each.name: each.door.url for each in asked}, output_format)
    if not rspamd:
        _keep(chosen_config.state_dir, answers)
        if metrics is not None:
            measure(chosen_config.state_dir, metrics)
    if any(isinstance(each, Protection) and not each.protects for each in answers.values()):
        raise typer.Exit(NOT_PROTECTED)
    if any(isinstance(each, TargetError) for each in answers.values()):
        raise typer.Exit(TargetError.exit_code)


def _against_postfix(config: Config, host: MailHost, size: int, output_format: OutputFormat) -> None:
    compared = compare(pipeline.read(config), host, size)
    if output_format == "json":
        found = [attrs.asdict(each) for each in compared.differences]
        told = {"schema_version": SCHEMA_VERSION, "asked": compared.asked, "differences": found}
        typer.echo(json.dumps(told, indent=2))
    else:
        for each in compared.differences[:_FIRST]:
            typer.echo(f"{each.address}")
            typer.echo(f"  sources: {', '.join(each.ours) or 'no forwarding'}")
            typer.echo(f"  postfix: {', '.join(each.postfix) or 'no forwarding'}")
        if (more := len(compared.differences) - _FIRST) > 0:
            typer.echo(f"... and {more} more")
        verdict = f"{len(compared.differences)} differ" if compared.differences else "Postfix says the same"
        typer.echo(f"{host.config_dir}: {compared.asked} addresses asked for: {verdict}")
    if compared.differences:
        raise typer.Exit(NOT_PROTECTED)


def _front_ends(chosen_config: Config, exporters: tuple[str, ...]) -> Iterator[Asked]:
    """Find the Rspamd of every target that names it."""
    today = dt.datetime.now().astimezone().date()
    known = [each for each in chosen_config.targets if each.rspamd_url]
    if not known:
        msg = "name a Rspamd, or have rspamd_url in a table [[target]] of the configuration"
        raise typer.BadParameter(msg, param_hint="--rspamd")
    for each in known:
        password = each.rspamd_password.reveal() if each.rspamd_password else ""
        yield Asked(each.name, Door(each.rspamd_url, password, exporters), each.rspamd.on(today))


def _with_findings(answer: Answer, further: Iterable[Finding]) -> Answer:
    if isinstance(answer, TargetError):
        return answer
    known = {each.id for each in answer.findings}
    return attrs.evolve(
        answer, findings=(*answer.findings, *(each for each in further if each.id not in known))
    )


def _keep(state_dir: Path, answers: dict[str, Answer]) -> None:
    now = [Verified.of(name, time.time(), each) for name, each in answers.items()]
    before: Mapping[str, Verified] = {}
    try:
        before = load(state_dir)
        save(state_dir, now)
    except TargetError as error:
        log.tell(logging.WARNING, f"what was found is not kept: {error}")
    for level, text in events(before, now):
        log.tell(level, text)


def _tell(answers: dict[str, Answer], urls: dict[str, str], output_format: OutputFormat) -> None:
    if output_format == "json":
        typer.echo(json.dumps(_as_json(answers, urls), indent=2))
        return
    for name, answer in answers.items():
        _show(name, answer)


def _show(name: str, found: Answer) -> None:
    if isinstance(found, TargetError):
        typer.echo(f"{name}: CANNOT BE ASKED: {found}")
        return
    for each in found.tried:
        mark = "WRONG" if each.problem else "ok"
        said = each.problem or each.reply.action
        typer.echo(f"{mark:5}  {each.case.kind}: {', '.join(each.case.recipients)}: {said}")
    for finding in found.findings:
        advice = f"; {finding.advice}" if finding.advice else ""
        typer.echo(f"{finding.severity}: {finding.text}{advice}")
    verdict = "protected" if found.protects else "NOT PROTECTED"
    typer.echo(f"{name}: Rspamd {found.version or 'of unknown version'}: {verdict}")


def _as_json(answers: dict[str, Answer], urls: dict[str, str]) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "rspamd": [
            {"name": name, "url": urls[name], "protected": None, "error": str(found)}
            if isinstance(found, TargetError)
            else {
                "name": name,
                "url": urls[name],
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
            for name, found in answers.items()
        ],
    }
