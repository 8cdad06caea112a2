"""Programs of the admin's that are run before maps are deployed, after it, and after a failure.

A hook is an executable file in the directory ``pre``, ``deploy`` or ``fail`` below the hooks directory.
The hooks of a moment run one after the other, sorted by name.
"""

from __future__ import annotations

import os
import signal
import stat
import subprocess
from typing import TYPE_CHECKING, Final, Literal, get_args

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Moment = Literal["pre", "deploy", "fail"]
MOMENTS: Final[tuple[Moment, ...]] = get_args(Moment)

_PASSED_ON: Final = ("HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "TZ", "USER")
"""What a hook gets of our own environment. The rest may hold the password of a source."""

_STANDARD_ERROR: Final = 2

_LEFTOVERS: Final = ("~", ".bak", ".dpkg-dist", ".dpkg-new", ".dpkg-old", ".rpmnew", ".rpmorig", ".rpmsave")
"""Endings of what editors and packages leave beside a file."""


@attrs.frozen(kw_only=True)
class Circumstances:
    """What a hook is told. Every variable is set in every hook; what is not known is empty.

    Args:
        generation: The digest of the maps that are deployed.
        targets: The targets that get them (``pre``), or have got them.
        failed: The targets that have failed.
        added: How many addresses come.
        removed: How many addresses go.
        exit_code: The exit code of the run; empty before it is known.
        error: What went wrong, in one line.
        config: The configuration file.
        state_dir: Where runs leave what later ones need.
    """

    generation: str = ""
    targets: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    added: int | None = None
    removed: int | None = None
    exit_code: int | None = None
    error: str = ""
    config: Path | None = None
    state_dir: Path | None = None


def environment(moment: Moment, circumstances: Circumstances) -> dict[str, str]:
    """Return the variables that a hook gets besides those that are passed on."""
    told: dict[str, str] = {"FORWARDRESOLVE_HOOK": moment}
    for field, value in attrs.asdict(circumstances, recurse=False).items():
        text = " ".join(value) if isinstance(value, tuple) else "" if value is None else str(value)
        told[f"FORWARDRESOLVE_{field.upper()}"] = " ".join(text.split("\n"))
    return told


@attrs.frozen
class Hooks:
    """The hooks of a site.

    A file that is not executable is none, so a README may lie beside them.

    Args:
        directory: Holds the directories of the moments; where it is missing there are no hooks.
        timeout: Seconds that one hook may take.
    """

    directory: Path
    timeout: float = 60.0

    def problems(self) -> Iterator[str]:
        """Say what is wrong with the hooks before one of them is needed."""
        try:
            for path in (path for moment in MOMENTS for path in self._files(moment)):
                problem = _danger(path)
                if not os.access(path, os.X_OK):
                    problem = f"is not executable, so it is never run; run: chmod +x {path}, or move it away"
                if problem:
                    yield f"{path}: {problem}"
        except OSError as error:
            yield f"{error.filename}: {error.strerror}"

    def run(self, moment: Moment, circumstances: Circumstances) -> Iterator[str]:
        """Run the hooks of a moment, and say of each that fails how it did.

        Args:
            moment: Which ones. After one of ``pre`` that fails, no further one is run.
            circumstances: What they are told.

        Yields:
            A sentence for each hook that failed; none where all is well.
        """
        told = environment(moment, circumstances)
        try:
            files = self._files(moment)
        except OSError as error:
            yield f"hooks {error.filename}: {error.strerror}"
            return
        for path in files:
            if not os.access(path, os.X_OK):
                continue
            problem = _danger(path) or _failure(path, told, self.timeout)
            if problem:
                yield f"hook {path}: {problem}"
                if moment == "pre":
                    return

    def _files(self, moment: Moment) -> list[Path]:
        directory = self.directory / moment
        if not directory.is_dir():
            return []
        return [
            path
            for path in sorted(directory.iterdir())
            if not path.name.startswith(".") and not path.name.endswith(_LEFTOVERS) and path.is_file()
        ]


def _danger(path: Path) -> str:
    """Say why a file must not be run with our rights."""
    try:
        open_ones = [each for each in (path, path.parent) if each.stat().st_mode & stat.S_IWOTH]
    except OSError as error:
        return f"cannot be looked at: {error.strerror}"
    return f"anybody can write to {open_ones[0]}; run: chmod o-w {open_ones[0]}" if open_ones else ""


def _failure(path: Path, told: Mapping[str, str], timeout: float) -> str:
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    try:
        process = subprocess.Popen(  # noqa: S603 (the admin's own program)
            [path],
            stdin=subprocess.DEVNULL,
            stdout=_STANDARD_ERROR,  # standard output is the command's own result
            cwd="/",
            env={**passed_on, **told},
            start_new_session=True,
        )
    except OSError as error:
        return f"cannot be run: {error.strerror}"
    try:
        code = process.wait(timeout)
    except subprocess.TimeoutExpired:
        return f"took longer than {timeout:g} seconds and was stopped"
    finally:
        _stop_all(process)
    if code == 0:
        return ""
    return f"ended with exit code {code}" if code > 0 else f"was ended by {signal.Signals(-code).name}"


def _stop_all(process: subprocess.Popen[bytes]) -> None:
    """End a hook that is still running, with everything that it has started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
