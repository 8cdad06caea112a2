"""Run Postfix' own programs: postconf for what main.cf says, postmap for what a table holds or answers."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.sdk import BackendDataError, BackendMisconfigured, BackendUnavailable
from forwardresolve_backends._postfix_cf import MainCf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import IO

_PLACES: Final = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
"""Where the programs lie that an admin's PATH may lack."""

_NO_PROGRAM: Final = "run this where Postfix is installed, or read a copy of its tables with another backend"


class CommandFailed(BackendMisconfigured):
    """A program of Postfix ended with an error; the message is what it said."""


@attrs.frozen
class Commands:
    """The programs of the Postfix of one configuration directory.

    Args:
        config_dir: Where main.cf lies; None for the directory of the system.
        timeout: Seconds until a program must have ended.
    """

    config_dir: Path | None
    timeout: float

    def main_cf(self) -> MainCf:
        """Ask postconf for all parameters, defaults and references resolved.

        Returns:
            The parameters, with those that main.cf itself sets marked.

        Raises:
            BackendMisconfigured: postconf is missing, or refuses the directory.
            BackendUnavailable: It does not end in time.
        """
        every = _assignments(self._run("postconf", "-x"))
        # What postconf has resolved must not be resolved again.
        parameters = {name: value.replace("$", "$$") for name, value in every.items()}
        given = frozenset(_assignments(self._run("postconf", "-n")))
        directory = self.config_dir or Path(every.get("config_directory", "/etc/postfix"))
        return MainCf(directory / "main.cf", parameters, given)

    def services(self) -> dict[str, str]:
        """Ask postconf for the services of master.cf.

        Returns:
            The program by the name of the service.

        Raises:
            BackendError: As in `main_cf`.
        """
        lines = (line.split() for line in self._run("postconf", "-M"))
        return {fields[0]: fields[7] for fields in lines if len(fields) > _COMMAND_FIELD}

    def dump(self, table: str) -> Iterator[tuple[str, str]]:
        """List what a table holds: ``postmap -s``.

        Args:
            table: The table, without ``proxy:``.

        Yields:
            Keys, as the table folds them, and values.

        Raises:
            CommandFailed: postmap cannot list it.
            BackendError: As in `main_cf`.
        """
        return _pairs(self._run("postmap", "-s", table))

    def ask(self, table: str, keys: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Ask a table for keys: ``postmap -q -``.

        Args:
            table: The table, without ``proxy:``.
            keys: The keys, one line each.

        Yields:
            Those keys that the table answers for, and its answers.

        Raises:
            CommandFailed: postmap cannot ask it.
            BackendError: As in `main_cf`.
        """
        return _pairs(self._run("postmap", "-q", "-", table, keys=keys))

    def output_of(self, program: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Run a program of the admin's.

        Yields:
            The keys and values that it prints, a tab between them.

        Raises:
            BackendMisconfigured: It cannot be started.
            BackendUnavailable: It fails, or does not end in time.
            BackendDataError: A line has no tab.
        """
        with _file() as output:
            with Path(os.devnull).open("rb") as nothing:
                ended = self._ended(program, nothing, output)
            if ended.returncode:
                msg = f"{program[0]}: ended with exit status {ended.returncode}; run it by hand to see why"
                raise BackendUnavailable(msg)
        output.seek(0)
        for line in _lines(output):
            if "\t" not in line:
                msg = f"{program[0]}: printed a line without a tab between key and value: {line:.60}"
                raise BackendDataError(msg)
            yield _pair(line)

    def _run(self, name: str, *arguments: str, keys: Iterable[str] = ()) -> Iterator[str]:
        """Run a program to its end, then yield the lines it has printed."""
        where = ["-c", str(self.config_dir)] if self.config_dir else []
        command = [_program(name), *where, *arguments]
        # What it prints may be larger than memory should hold; what it is asked, too.
        with _file() as output, tempfile.TemporaryFile() as questions:
            questions.writelines(f"{key}\n".encode() for key in keys if "\n" not in key)
            questions.seek(0)
            if said := self._wait(command, questions, output):
                raise CommandFailed(said)
        output.seek(0)
        return _lines(output)

    def _wait(self, command: Sequence[str], questions: IO[bytes], output: IO[bytes]) -> str:
        """Run a program of Postfix; return what it said if it failed, else nothing."""
        ended = self._ended(command, questions, output)
        # postmap ends with 1 as well where it has found nothing and has nothing to say.
        lines = ended.stderr.decode(errors="replace").strip().splitlines()
        fatal = [line for line in lines if "fatal:" in line]
        broken = [line for line in lines if any(mark in line for mark in _BROKEN_ANSWERS)]
        if ended.returncode <= 1 and not fatal and not broken:
            return ""
        reason = (*fatal, *broken, *lines, f"exit status {ended.returncode}")[0]
        return f"{_shown(command)}: {reason}"

    def _ended(
        self, command: Sequence[str], questions: IO[bytes], output: IO[bytes]
    ) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(  # noqa: S603 (a program of Postfix or of the admin's; there is no shell)
                command,
                stdin=questions,
                stdout=output,
                stderr=subprocess.PIPE,
                timeout=self.timeout,
                check=False,
                env={**os.environ, "LC_ALL": "C"},
            )
        except subprocess.TimeoutExpired as error:
            msg = (
                f"{_shown(command)}: did not end within {self.timeout:g} seconds; set timeout, if it is "
                "only slow"
            )
            raise BackendUnavailable(msg) from error
        except OSError as error:
            msg = f"{_shown(command)}: cannot be started ({error.strerror})"
            raise BackendMisconfigured(msg) from error


_COMMAND_FIELD: Final = 7
_BROKEN_ANSWERS: Final = ("table lookup problem", "lookup error", "query failed", "aborting")


def _program(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), *_PLACES)))
    if found is None:
        msg = f"{name} is not here; {_NO_PROGRAM}"
        raise BackendMisconfigured(msg)
    return found


def _shown(command: Sequence[str]) -> str:
    return " ".join((Path(command[0]).name, *command[1:]))


@contextmanager
def _file() -> Iterator[IO[bytes]]:
    """Make a file without a name that stays open, unless something goes wrong."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (whoever reads its lines closes it)
    try:
        yield file
    except BaseException:
        file.close()
        raise


def _lines(output: IO[bytes]) -> Iterator[str]:
    with output:
        for line in output:
            yield line.decode(errors="replace").rstrip("\n")


def _assignments(lines: Iterable[str]) -> dict[str, str]:
    split = (line.partition(" =") for line in lines)
    return {name: value.strip() for name, equals, value in split if equals}


def _pairs(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    return map(_pair, lines)


def _pair(line: str) -> tuple[str, str]:
    key, _, value = line.partition("\t")
    return key, value
