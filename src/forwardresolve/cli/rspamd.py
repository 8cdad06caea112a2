"""``forwardresolve rspamd install`` and ``uninstall``: the rule in a Rspamd that has an admin."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import attrs
import typer

from forwardresolve import pipeline
from forwardresolve.cli.source import (
    BackendName,
    ConfigFile,
    Options,
    PasswordFile,
    Url,
    chosen,
    password_from,
)
from forwardresolve.rspamd.diagnosis import OBSERVING
from forwardresolve.rspamd.installing import Steps, carry_out
from forwardresolve.rspamd.placement import installation, removal
from forwardresolve.rspamd.probing import Door
from forwardresolve.rspamd.verifying import verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from forwardresolve.pipeline import Build
    from forwardresolve.rspamd import RspamdSettings
    from forwardresolve.rspamd.placement import Change

app = typer.Typer(
    name="rspamd",
    help="Put the rule into a Rspamd, or take it out.\n\n\b\nforwardresolve rspamd install --dry-run",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_USUAL: Final = Steps()

Root = Annotated[
    Path, typer.Option("--root", metavar="DIR", help="The configuration root, where we write it.")
]
RspamdRoot = Annotated[
    str,
    typer.Option(
        "--rspamd-root",
        metavar="DIR",
        help="The same where Rspamd reads it, if it does not know it as $LOCAL_CONFDIR (a container).",
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")]
ConfigTest = Annotated[
    str, typer.Option("--configtest", metavar="COMMAND", help='Checks the configuration; "" for none.')
]
Reload = Annotated[
    str, typer.Option("--reload", metavar="COMMAND", help='Makes Rspamd read it; "" for none.')
]


def _owner(text: str) -> tuple[int, int] | None:
    user, _, group = text.partition(":")
    if not text:
        return None
    if not (user.isdecimal() and group.isdecimal()):
        msg = "must be two numbers, such as 11333:11333"
        raise typer.BadParameter(msg)
    return int(user), int(group)


@app.command()
def install(
    root: Root = Path("/etc/rspamd"),
    rspamd_root: RspamdRoot = "",
    profile: Annotated[
        Literal["multimap", "plugin"] | None,
        typer.Option("--profile", help="Instead of the configuration's."),
    ] = None,
    *,
    observe: Annotated[bool, typer.Option("--observe", help="Set the symbol and refuse nothing.")] = False,
    dry_run: DryRun = False,
    configtest: ConfigTest = _USUAL.configtest,
    reload: Reload = _USUAL.reload,
    verify_url: Annotated[
        str, typer.Option("--verify", metavar="URL", help="Ask this Rspamd afterwards whether it works.")
    ] = "",
    password_file: PasswordFile = None,
    owner: Annotated[
        str, typer.Option("--owner", metavar="UID:GID", help="Whose new files are, in numbers.")
    ] = "",
    config: ConfigFile = None,
    backend: BackendName = None,
    url: Url = None,
    option: Options = None,
) -> None:
    """Put maps, configuration and plugin in, check, reload and verify.

    Files of yours are kept; where you have a local.d/multimap.conf or local.d/force_actions.conf,
    one line is appended. When a step fails, everything is taken back.

    \b
    forwardresolve rspamd install --dry-run
    forwardresolve rspamd install --profile plugin --verify http://127.0.0.1:11334
    """
    chosen_config = chosen(config, backend, url, option)
    settings = chosen_config.rspamd
    settings = attrs.evolve(
        settings, profile=profile or settings.profile, mode="observe" if observe else settings.mode
    )
    chosen_config = attrs.evolve(chosen_config, rspamd=settings)
    made = pipeline.build(chosen_config)
    changes = installation(made.artifacts, root, rspamd_root)
    check = None
    if verify_url:
        check = _check(
            Door(verify_url, password_from(password_file)), made, pipeline.rspamd_settings(chosen_config)
        )
    _carry_out(changes, root, Steps(configtest, reload, check, _owner(owner)), dry_run=dry_run)


@app.command()
def uninstall(
    root: Root = Path("/etc/rspamd"),
    *,
    dry_run: DryRun = False,
    configtest: ConfigTest = _USUAL.configtest,
    reload: Reload = _USUAL.reload,
) -> None:
    """Take everything of ours out again: configuration and plugin, reload, then the maps.

    \b
    forwardresolve rspamd uninstall --dry-run
    """
    _carry_out(removal(root), root, Steps(configtest, reload), dry_run=dry_run)


def _check(door: Door, made: Build, settings: RspamdSettings) -> Callable[[], str]:
    """Make a function that says what is wrong with a running Rspamd."""

    def problem() -> str:
        found = verify(door, made.resolution, settings).findings
        return "; ".join(each.text for each in found if each.severity == "error" and each.id != OBSERVING)

    return problem


def _carry_out(changes: tuple[Change, ...], root: Path, steps: Steps, *, dry_run: bool) -> None:
    for change in changes:
        typer.echo(_shown(change, root))
    if not changes:
        typer.echo("everything is in place", err=True)
    elif dry_run:
        typer.echo("nothing was changed (--dry-run)", err=True)
    else:
        carry_out(changes, root, steps)
        typer.echo("done" if steps.verify else "done; not verified (see forwardresolve verify)", err=True)


def _shown(change: Change, root: Path) -> str:
    """Show a configuration as a difference, a map by its size."""
    path = root / change.path
    sizes = [0 if content is None else len(content) for content in (change.before, change.after)]
    word = "new" if change.before is None else "removed" if change.after is None else "changed"
    first = f"{word}: {path}"
    if change.kind == "map" or change.path.endswith(".lua") or change.after is None:
        return f"{first} ({sizes[0]} -> {sizes[1]} bytes)"
    before, after = (
        (content or b"").decode(errors="replace").splitlines() for content in (change.before, change.after)
    )
    lines = list(difflib.unified_diff(before, after, lineterm="", n=1))[2:]
    return "\n".join([first, *(f"    {line}" for line in lines)])
