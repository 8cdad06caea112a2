"""Read what a program prints: records as lines of JSON, so that any language can be a backend.

The lines are those of ``forwardresolve records``. The last one counts the others; without it, or
with an exit status other than 0, nothing of what was printed counts.
"""

from __future__ import annotations

import hashlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence  # noqa: TC003 (the fields are read at run time)
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import attrs

from forwardresolve.sdk import (
    BackendDataError,
    BackendIncomplete,
    BackendMisconfigured,
    BackendUnavailable,
    Record,
    Secret,
    read_records,
)

if TYPE_CHECKING:
    from typing import IO

_CHUNK: Final = 1 << 16
_LONGEST_LINE: Final = 1 << 24
"""Bytes of a line: more than a list of 100,000 destinations, less than would fill the memory."""

_REFUSED: Final = frozenset({os.EX_NOPERM, os.EX_CONFIG})
"""Exit statuses by which a program says that its options are wrong (sysexits.h)."""


def _not_empty(_: object, field: attrs.Attribute[Any], value: Sequence[str]) -> None:
    if not value or not value[0]:
        msg = 'must name a program and its arguments, such as ["/usr/local/bin/panel-records"]'
        raise ValueError(msg, field)


def _positive(_: object, field: attrs.Attribute[Any], value: float) -> None:
    if value <= 0:
        msg = "must be more than 0 seconds"
        raise ValueError(msg, field)


@attrs.frozen(kw_only=True)
class Command:
    """Runs a program and reads the records that it prints.

    Its standard error is passed on. No shell comes between: the arguments reach the program as
    they are.

    Args:
        program: The program and its arguments, each a text of its own.
        timeout: Seconds until the program must have ended.
        directory: Where it runs; without it where forwardresolve runs.
        environment: Variables that it gets besides those of forwardresolve.
        version_program: A program, with its arguments, that prints something else after every change;
            `forwardresolve watch` runs it instead of reading. The other options hold for it, too.
    """

    program: Sequence[str] = attrs.field(validator=_not_empty)
    timeout: float = attrs.field(default=300.0, validator=_positive)
    directory: Path | None = None
    environment: Mapping[str, Secret] = attrs.Factory(dict)
    version_program: Sequence[str] = ()

    def records(self) -> Iterator[Record]:
        """Run the program and read its output to the end.

        Yields:
            The records as they stream.

        Raises:
            BackendMisconfigured: The program cannot be started, or says with exit status 77 or 78
                that it is not allowed to or not set up.
            BackendUnavailable: It ends with another exit status, or not in time.
            BackendIncomplete: The closing line is missing or counts other than came.
            BackendDataError: A line is no record.
        """
        name = Path(self.program[0]).name
        try:
            yield from read_records(self._lines(self.program, name))
        except (BackendDataError, BackendIncomplete) as error:
            msg = f"{name}: {error}"
            raise type(error)(msg) from error

    def version(self) -> str:
        """Return a text that is another one when ``version_program`` prints something else.

        Returns:
            The text; empty without such a program, or where it prints nothing.

        Raises:
            BackendError: As in `records`.
        """
        if not self.version_program:
            return ""
        printed = "\n".join(self._lines(self.version_program, Path(self.version_program[0]).name))
        return hashlib.sha256(printed.encode()).hexdigest() if printed.strip() else ""

    def _lines(self, program: Sequence[str], name: str) -> Iterator[str]:
        """Yield the lines that a program prints; they end only when it has ended well."""
        deadline = time.monotonic() + self.timeout
        with self._running(program, name) as process:
            try:
                for number, line in enumerate(_split(_chunks(process, deadline)), 1):
                    try:
                        yield line.decode()
                    except UnicodeDecodeError as error:
                        msg = f"line {number}: is no UTF-8"
                        raise BackendDataError(msg) from error
                status = process.wait(max(deadline - time.monotonic(), 0))
            except (TimeoutError, subprocess.TimeoutExpired) as error:
                msg = f"{name}: did not end within {self.timeout:g} seconds; set timeout, if it is only slow"
                raise BackendUnavailable(msg) from error
        if status:
            how = f"exit status {status}" if status > 0 else f"signal {-status}"
            msg = f"{name}: ended with {how}; its standard error says why"
            raise (BackendMisconfigured if status in _REFUSED else BackendUnavailable)(msg)

    @contextmanager
    def _running(self, program: Sequence[str], name: str) -> Iterator[subprocess.Popen[bytes]]:
        """Keep the program running; at the end it is gone, and so is whatever it has started."""
        variables = {key: secret.reveal() for key, secret in self.environment.items()}
        try:
            process = subprocess.Popen(  # noqa: S603 (the admin names the program; there is no shell)
                program,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                cwd=self.directory,
                env=os.environ | variables,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else error
            msg = f"{name}: cannot be started ({reason}); check program, directory and environment"
            raise BackendMisconfigured(msg) from error
        with process:
            try:
                yield process
            finally:
                if process.returncode is None:
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)


def _chunks(process: subprocess.Popen[bytes], deadline: float) -> Iterator[bytes]:
    """Yield what a program prints as it comes.

    Raises:
        TimeoutError: The end did not come before the deadline.
    """
    output = cast("IO[bytes]", process.stdout).fileno()
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0 and selector.select(left):
            chunk = os.read(output, _CHUNK)
            if not chunk:
                return
            yield chunk
    raise TimeoutError


def _split(chunks: Iterator[bytes]) -> Iterator[bytearray]:
    """Yield lines without their ends.

    Raises:
        BackendDataError: A line is longer than any record.
    """
    pending = bytearray()
    for chunk in chunks:
        pending += chunk
        if b"\n" in chunk:
            *lines, pending = pending.split(b"\n")
            yield from lines
        elif len(pending) > _LONGEST_LINE:
            msg = f"a line is longer than {_LONGEST_LINE:,} bytes"
            raise BackendDataError(msg)
    if pending:
        yield pending
