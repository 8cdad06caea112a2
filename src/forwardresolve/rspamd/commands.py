"""Run the commands of Rspamd that an admin names: no shell, and an error that says what to do."""

from __future__ import annotations

import shlex
import subprocess
from typing import Final

from forwardresolve.errors import TargetError

_SECONDS: Final = 120
_SHOWN: Final = 5


def output_of(command: str) -> str:
    """Run a command and return what it prints on its standard output.

    Args:
        command: The program and its arguments as in a shell; no shell reads them.

    Raises:
        TargetError: It cannot be run, or fails.
    """
    return _run(command).stdout


def said_by(command: str) -> str:
    """Run a command and return what it prints on either output.

    Raises:
        TargetError: As in `output_of`.
    """
    done = _run(command)
    return done.stdout + done.stderr


def _run(command: str) -> subprocess.CompletedProcess[str]:
    try:
        done = subprocess.run(  # noqa: S603 (the admin's own command, split without a shell)
            shlex.split(command),
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired) as error:
        msg = f"{command or 'an empty command'}: cannot be run: {error}"
        raise TargetError(msg) from error
    if done.returncode:
        last = "; ".join((done.stdout + done.stderr).strip().splitlines()[-_SHOWN:])
        msg = f"{command}: ends with {done.returncode}: {last}"
        raise TargetError(msg)
    return done
