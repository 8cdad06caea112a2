"""``forwardresolve status``: what every target holds."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path  # noqa: TC003 (Typer reads the annotations)
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import attrs
import typer

from forwardresolve import config, pipeline
from forwardresolve.cli.source import ConfigFile  # noqa: TC001 (Typer reads the annotations)
from forwardresolve.deploy.plan import SHORT
from forwardresolve.deploy.state import read_state, seconds_since
from forwardresolve.errors import ForwardResolveError
from forwardresolve.operate import protection, watching
from forwardresolve.operate.nagios import Judgement, Limits, judge, unknown
from forwardresolve.sources import span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.deploy.status import Status, TargetStatus

SCHEMA_VERSION: Final = 1
_LIMITS: Final = Limits()
_SHOWN: Final = 20
"""How many kept generations are shown: a customer's click makes one."""


def status(
    *,
    output_format: Annotated[
        Literal["text", "json"], typer.Option("--format", help="Lines, or one JSON object.")
    ] = "text",
    check: Annotated[
        bool,
        typer.Option("--nagios", help="Print one line for Nagios and its kin, and exit with 0, 1, 2 or 3."),
    ] = False,
    warning: Annotated[
        float,
        typer.Option("--warning", metavar="SECONDS", min=0, help="Warn when no run was good for so long."),
    ] = _LIMITS.warning,
    critical: Annotated[
        float, typer.Option("--critical", metavar="SECONDS", min=0, help="The same, as critical.")
    ] = _LIMITS.critical,
    full: Annotated[
        bool, typer.Option("--full", help="Show every kept generation, not only the newest.")
    ] = False,
    config_file: ConfigFile = None,
) -> None:
    """Show what every target holds and how the last run ended.

    Where a target has a rspamd_url, its running Rspamd is asked whether it has read the list. With
    --nagios nobody is asked: what the runs and verifications have left is judged.

    \b
    forwardresolve status
    forwardresolve status --nagios --critical 3600
    """
    if check:
        judgement = _judged(config_file, Limits(warning, critical))
        typer.echo(judgement.line)
        raise typer.Exit(judgement.level)
    found = pipeline.status(config.load(config_file))
    if output_format == "json":
        typer.echo(json.dumps(_as_json(found), indent=2))
    else:
        shown = len(found.kept) if full else _SHOWN
        for line in _as_text(found, dt.datetime.now(dt.UTC), shown):
            typer.echo(line)


def _judged(config_file: Path | None, limits: Limits) -> Judgement:
    """Judge; whatever is in the way of that is told by the conventions of monitoring, too."""
    try:
        state_dir = config.load(config_file).state_dir
        verified = protection.load(state_dir).values()
    except ForwardResolveError as error:
        return unknown(str(error))
    return judge(read_state(state_dir), verified, dt.datetime.now(dt.UTC), limits, watching.load(state_dir))


def _as_text(found: Status, now: dt.datetime, shown: int) -> Iterator[str]:
    for each in found.targets:
        yield f"{each.name}: {'; '.join(_target(each))}"
    run = found.state.run
    yield f"last run: {run.outcome} {_ago(run.at, now)}: {run.text}" if run else "last run: none"
    for name, source in found.state.sources.items():
        stand_in = f", from its read of {source.last_good_from}" if source.last_good_from else ""
        yield f"source {name}: {source.domains} domains, {source.forwardings} forwardings{stand_in}"
    hold = found.state.hold
    if hold is not None:
        yield f"apply is held since the rollback of {hold.at} ({hold.reason}); go on with: apply --resume"
    for approval in found.state.approvals:
        yield f"approved for the next run: plan {approval.digest[:SHORT]} ({approval.reason})"
    for kept in found.kept[:shown]:
        causes = f"  {'; '.join(kept.causes[:2])}" if kept.causes else ""
        yield f"kept: {kept.digest[:SHORT]}  {kept.at}  {kept.keys} keys{causes}"
    if more := found.kept[shown:]:
        yield f"kept: {len(more)} more, the oldest of {more[-1].at}; forwardresolve status --full shows them"


def _target(each: TargetStatus) -> Iterator[str]:
    if each.answers:
        since = f" for {span(each.age)}" if each.age is not None else ""
        yield f"holds {each.held[:SHORT] or 'nothing'}{since}"
        if each.held != each.wanted:
            yield f"wanted is {each.wanted[:SHORT]}" if each.wanted else "no run has written to it"
    if each.error:
        yield each.error
    if each.rspamd:
        yield f"Rspamd: {each.rspamd}"


def _ago(at: str, now: dt.datetime) -> str:
    seconds = seconds_since(at, now)
    return f"{span(seconds)} ago" if seconds is not None else at


def _as_json(found: Status) -> dict[str, Any]:
    state = attrs.asdict(found.state)
    return {
        "schema_version": SCHEMA_VERSION,
        "targets": [{**attrs.asdict(each), "is_current": each.is_current} for each in found.targets],
        "sources": state["sources"],
        "run": state["run"],
        "hold": state["hold"],
        "approvals": state["approvals"],
        "releases": state["releases"],
        "generations": [attrs.asdict(each) for each in found.kept],
    }
