"""The command line: one file a command, and no logic of its own.

Every command reads its arguments, calls one function of the library and prints what comes back.
Results go to standard output, all else to standard error.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
import traceback
from io import TextIOWrapper
from typing import Annotated

import typer

from forwardresolve import __version__
from forwardresolve.cli import (
    apply,
    approve,
    backends,
    build,
    config,
    explain,
    findings,
    init,
    log,
    manual,
    plan,
    query,
    receive,
    records,
    rollback,
    rspamd,
    status,
    touch,
    verify,
    watch,
)
from forwardresolve.errors import ForwardResolveError

app = typer.Typer(
    name="forwardresolve",
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: it can be searched, piped and pasted
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,  # a local may be a password
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for command in (
    build.build,
    plan.plan,
    apply.apply,
    approve.approve,
    rollback.rollback,
    status.status,
    receive.receive,
    query.query,
    explain.explain,
    findings.findings,
    records.records,
    verify.verify,
    touch.touch,
    watch.watch,
    init.init,
):
    app.command()(command)
app.command(hidden=True)(manual.manual)
app.add_typer(backends.app, name="backends")
app.add_typer(config.app, name="config")
app.add_typer(rspamd.app, name="rspamd")


def _show_version(wanted: bool) -> None:  # noqa: FBT001 (Typer calls it with the option's value)
    if wanted:
        typer.echo(f"forwardresolve {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Tell of every event; the journal is always told.")
    ] = False,
    debug: Annotated[
        bool,
        typer.Option(
            "--debug", help="Tell of every event, addresses included, and of the place of a mistake."
        ),
    ] = False,
) -> None:
    """Find every address whose mail reaches an address outside, and tell Rspamd.

    \b
    The list of a PostfixAdmin:
      forwardresolve build --backend postfixadmin --url sqlite:///mail.db

    \b
    Exit codes:
      0  done
      1  a text that is no address, or something unexpected
      2  usage
      3  the configuration
      4  a source could not be read whole
      5  the guard refuses a change that nobody has released
      6  a file could not be written, or a target failed
      7  there are findings at or above --fail-on, or changes with --exit-code
    """
    if verbose:
        log.lower(logging.INFO)
    if debug:
        log.lower(logging.DEBUG)


def _drop_output() -> None:
    """Let what could not be written go: the interpreter would fail on it once more at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


def main() -> None:
    """Run the command line and exit with the code of what happened."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # closed streams are None
            stream.reconfigure(encoding="utf-8", errors="surrogateescape")
    log.set_up()
    gc.disable()  # a run is short and makes no cycles; collecting costs a tenth of its time
    code = 0
    try:
        app(prog_name="forwardresolve")
    except ForwardResolveError as error:
        log.tell_error(str(error))
        code = error.exit_code
    except OSError as error:
        log.tell_error(f"{error.filename or 'the output'}: {error.strerror}")
        _drop_output()
        code = 1
    except Exception as error:  # noqa: BLE001 (whatever it is, an admin gets a sentence)
        code = 1
        if log.shows_debug():
            traceback.print_exc()
        log.tell_error(
            f"something unexpected happened ({type(error).__name__}); please report it "
            "with what the same command shows under FORWARDRESOLVE_DEBUG=1"
        )
    sys.exit(code)
