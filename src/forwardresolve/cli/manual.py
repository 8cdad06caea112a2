"""The pages of the manual, out of the texts of ``--help`` and of the tables of the configuration.

A hidden command, for those who package forwardresolve; what it writes lies in docs/man and in the wheel.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path  # noqa: TC003 (Typer reads the annotations)
from typing import TYPE_CHECKING, Annotated, Any, Final

import attrs
import typer

from forwardresolve import __version__
from forwardresolve.config import DEFAULT_PATH, ENVIRONMENT, Config, Resolve
from forwardresolve.deploy.front_end import KINDS, FrontEnd
from forwardresolve.deploy.guard import Guard
from forwardresolve.deploy.policy import Deploy, Fallback
from forwardresolve.operate import hooks, requests
from forwardresolve.operate.roff import arguments, heading, item, paragraphs, prose, subheading, title
from forwardresolve.pace import Pace
from forwardresolve.rspamd import Exemption, RspamdSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

_VERSION: Final = f"forwardresolve {__version__}"
_WITHOUT_BRACES: Final = str.maketrans("", "", "{}")
_PYTHON_TYPE: Final = re.compile(r" <(str|list\[str\])>")
"""What Typer says of an argument, and no admin wants to know."""

_EXAMPLE: Final = """
[source.panel]
backend = "postfixadmin"
url = { file = "/etc/forwardresolve/panel.url" }

[resolve]
recipient_delimiter = "+"

[rspamd]
mode = "observe"

[[target]]
name = "mx1"
kind = "directory"
root = "/etc/rspamd"
"""
_TABLES: Final[tuple[tuple[str, type[Any], str], ...]] = (
    ("[resolve]", Resolve, "How the rows are read, and what counts as outside."),
    ("[rspamd]", RspamdSettings, "What is written for Rspamd."),
    ("[[rspamd.exempt]]", Exemption, "One address, or a domain, that is left alone; may be repeated."),
    ("[guard]", Guard, "How much may change before somebody has to release it."),
    ("[deploy]", Deploy, "How a deployment behaves."),
    ("[watch]", Pace, "How forwardresolve watch behaves."),
)


def manual(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where the pages go.")],
) -> None:
    """Write the pages of the manual."""
    for name, text in (("forwardresolve.1", command_page()), ("forwardresolve.toml.5", configuration_page())):
        (directory / name).write_text(text, encoding="utf-8")


def command_page() -> str:
    """Return the page forwardresolve(1)."""
    from forwardresolve.cli import app

    root: Any = typer.main.get_command(app)  # Typer brings its own Click, which is not typed
    context = root.context_class(root, info_name="forwardresolve")
    description, *rest = root.help.split("\n\n")
    return _page(
        title("forwardresolve", 1, _VERSION, "User Commands"),
        heading("Name"),
        rf"forwardresolve \- {prose(description[0].lower() + description[1:].rstrip('.'))}",
        heading("Synopsis"),
        "\\fBforwardresolve\\fR [\\fIOPTIONS\\fR] \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]",
        heading("Description"),
        *paragraphs("\n\n".join([description, *rest])),
        heading("Options"),
        *_options(root, context),
        heading("Commands"),
        *(line for name, each in root.commands.items() for line in _command(each, name, context)),
        heading("Environment"),
        item(ENVIRONMENT, f"The configuration file, in the place of {DEFAULT_PATH}."),
        item(requests.ENVIRONMENT, f"Where requests are left, in the place of {requests.DIRECTORY}."),
        item("FORWARDRESOLVE_DEBUG", "Does the same as --debug."),
        item("CREDENTIALS_DIRECTORY", "Where systemd has put the credentials of the service."),
        item("JOURNAL_STREAM", "Set by systemd; lines to the journal then have their priority."),
        heading("Hooks"),
        *paragraphs(
            "Executable files in the directories `pre`, `deploy` and `fail` of the hooks directory are run "
            "before maps are deployed, after it, and after a failure, sorted by name. Every one of these "
            "variables is set in every hook; what is not known is empty."
        ),
        item("FORWARDRESOLVE_HOOK", "Which of the three it is."),
        *(
            item(f"FORWARDRESOLVE_{name.upper()}", text)
            for name, text in arguments(inspect.getdoc(hooks.Circumstances) or "")
        ),
        heading("Files"),
        item(str(DEFAULT_PATH), "The configuration."),
        item("/etc/forwardresolve/hooks", "The hooks."),
        item("/var/lib/forwardresolve", "What a run leaves for the next ones."),
        item(str(requests.DIRECTORY), "The requests of forwardresolve touch."),
        heading("See also"),
        "\\fBforwardresolve.toml\\fR(5), \\fBrspamd\\fR(8), \\fBpostconf\\fR(5)",
    )


def configuration_page() -> str:
    """Return the page forwardresolve.toml(5)."""
    state_dir = dict(arguments(inspect.getdoc(Config) or ""))["state_dir"]
    own = {"target", "rspamd"}
    around = [each for each in arguments(inspect.getdoc(FrontEnd) or "") if each[0] not in own]
    return _page(
        title("forwardresolve.toml", 5, _VERSION, "File Formats"),
        heading("Name"),
        r"forwardresolve.toml \- the configuration of forwardresolve",
        heading("Description"),
        *paragraphs(
            f"{DEFAULT_PATH}, or the file that `--config` or `${ENVIRONMENT}` names, in TOML. "
            "`forwardresolve init` writes a first one, and `forwardresolve config validate` says everything "
            "that is wrong with it."
        ),
        heading("Example"),
        *paragraphs("\b\n" + _EXAMPLE.strip().replace("\n\n", "\n")),
        heading("Secrets"),
        *paragraphs(
            'A secret is a table: `{ env = "NAME" }` reads a variable of the environment, '
            '`{ file = "PATH" }` a file that others than its owner and group cannot use, and '
            '`{ credential = "NAME" }` a credential of the systemd service.'
        ),
        heading("Keys"),
        item("state_dir", state_dir),
        subheading("[source.NAME]"),
        *paragraphs(
            "A source; its name is yours. `backend` says what reads it, and the other keys are the "
            "backend's own: `forwardresolve backends` lists what there is, and "
            "`forwardresolve backends show NAME` the keys of one of them. Beside these there are:"
        ),
        *_keys(Fallback),
        *(
            line
            for name, kind, text in _TABLES
            for line in (subheading(name), *paragraphs(text), *_keys(kind))
        ),
        subheading("[[target]]"),
        *paragraphs(
            "A front end; may be repeated. A table `rspamd` in it has keys of `[rspamd]` that differ here."
        ),
        item("kind", f"What it is: {' or '.join(f'``{name}``' for name in KINDS)}."),
        *(item(name, text) for name, text in around),
        *(
            line
            for name, kind in KINDS.items()
            for line in (subheading(f'[[target]] with kind = "{name}"'), *_keys(kind))
        ),
        heading("See also"),
        r"\fBforwardresolve\fR(1)",
    )


def _page(*lines: str) -> str:
    first = r".\" Written by `forwardresolve manual`; do not edit."
    return "\n".join([first, *lines[:1], ".nh", ".ad l", *lines[1:], ""])  # an option is not to be torn


def _command(command: Any, name: str, parent: Any) -> Iterator[str]:  # noqa: ANN401 (Click's)
    """Write about a command, and about those below it."""
    if command.hidden:
        return
    context = command.context_class(command, info_name=name, parent=parent)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield subheading(usage.translate(_WITHOUT_BRACES).replace("......", "..."))
    yield from paragraphs(command.help)
    yield from _options(command, context)
    for below, each in getattr(command, "commands", {}).items():
        yield from _command(each, below, context)


def _options(command: Any, context: Any) -> Iterator[str]:  # noqa: ANN401 (Click's)
    for each in command.params:
        term, text = each.get_help_record(context)
        yield item(_PYTHON_TYPE.sub("", term), " ".join(text.split()))


def _keys(kind: type[Any]) -> Iterator[str]:
    """Write what the docstring of a class says of its fields, with their defaults."""
    fields = attrs.fields_dict(kind)
    for name, text in arguments(inspect.getdoc(kind) or ""):
        field = fields.get(name)
        default = None if field is None else field.default
        if isinstance(default, bool):
            default = str(default).lower()
        shown = (
            f" Default: ``{default}``." if isinstance(default, str | int | float) and default != "" else ""
        )
        yield item(name, _inherited(kind, name, text) + shown)


def _inherited(kind: type[Any], name: str, text: str) -> str:
    """Return what the class says of a field to which a docstring only points: ``As in `Limits```."""
    for base in kind.__mro__[1:]:
        pointer = f"As in `{base.__name__}`"
        if text.startswith(pointer):
            said = dict(arguments(base.__doc__ or ""))[name]
            rest = text.removeprefix(pointer).lstrip(", ")
            return f"{said[:-1]}; {rest}" if rest.strip(".") else said
    return text
