"""Programs as sources: what they print counts only when they end well and in time."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from forwardresolve.errors import BackendError, ConfigError
from forwardresolve.options import structure
from forwardresolve.sdk import (
    BackendDataError,
    BackendIncomplete,
    BackendMisconfigured,
    BackendUnavailable,
    Domain,
    Forward,
    Secret,
    write_records,
)
from forwardresolve_backends.command import Command

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from forwardresolve.sdk import Record

RECORDS = (Domain("a.example"), Forward("info@a.example", ["x@elsewhere.example"]))
END = '{"record": "end", "count": 0, "schema_version": 1}'


def sh(script: str, *arguments: str, **options: Any) -> Command:  # noqa: ANN401 (as a configuration gives them)
    """Make a backend of a script for the shell."""
    return structure({"program": ["sh", "-c", script, "panel", *arguments], **options}, Command, "source.x")


def read(backend: Command) -> list[Record]:
    return list(backend.records())


@pytest.fixture
def printed(tmp_path: Path) -> Path:
    """What a good program prints."""
    file = tmp_path / "printed"
    file.write_text("".join(f"{line}\n" for line in write_records(RECORDS)))
    return file


def test_what_a_program_prints_are_the_records(printed: Path) -> None:
    assert read(sh('cat "$1"', str(printed))) == [
        Domain("a.example"),
        Forward("info@a.example", ("x@elsewhere.example",)),
    ]


def test_arguments_reach_the_program_as_they_are(tmp_path: Path) -> None:
    odd = "$(touch made); `touch made` 'x' \"y\" *"
    backend = sh(f"printf '%s' \"$1\" >seen; echo '{END}'", odd, directory=str(tmp_path))

    assert read(backend) == []
    assert (tmp_path / "seen").read_text() == odd
    assert not (tmp_path / "made").exists()


def test_a_program_gets_further_variables_which_stay_hidden(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("hunter2\n")
    secret.chmod(0o600)
    backend = sh(
        f"test \"${{#TOKEN}} $OTHER\" = '7 plain' && test -n \"$PATH\" && echo '{END}'",
        environment={"TOKEN": {"file": str(secret)}, "OTHER": "plain"},
    )

    assert read(backend) == []
    assert "hunter2" not in repr(backend)


def test_standard_error_is_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    read(sh(f"echo 'two panels answer' >&2; echo '{END}'"))

    assert capfd.readouterr() == ("", "two panels answer\n")


def test_a_program_reads_nothing_from_our_standard_input() -> None:
    assert read(sh(f"cat; echo '{END}'")) == []


def test_the_last_line_may_lack_its_end(printed: Path) -> None:
    printed.write_text(printed.read_text().rstrip("\n"))

    assert len(read(sh('cat "$1"', str(printed)))) == len(RECORDS)


@pytest.mark.parametrize(
    ("script", "error", "said"),
    [
        ("exit 3", BackendUnavailable, "sh: ended with exit status 3; its standard error says why"),
        (f"echo '{END}'; exit 3", BackendUnavailable, "sh: ended with exit status 3"),
        ("exit 77", BackendMisconfigured, "sh: ended with exit status 77"),
        ("exit 78", BackendMisconfigured, "sh: ended with exit status 78"),
        ("kill -9 $$", BackendUnavailable, "sh: ended with signal 9"),
        ("true", BackendIncomplete, "sh: the records break off after 0: there is no closing line"),
        (
            f"echo '{END}' | sed s/0/7/",
            BackendIncomplete,
            "sh: 0 records came, and the closing line counts 7",
        ),
        ("echo Hello", BackendDataError, "sh: line 1: is no JSON object"),
        (f"echo '{END}'; echo", BackendDataError, "sh: line 2: something stands after the closing line"),
        (f"echo '{END}' | tr 1 2", BackendDataError, "the closing line does not say schema_version 1"),
        (
            """echo '{"record": "domain", "nam": "a"}'""",
            BackendDataError,
            "line 1.nam: is not known; did you",
        ),
        (r"printf '\351\n'", BackendDataError, "sh: line 1: is no UTF-8"),
        ("head -c 20000000 /dev/zero", BackendDataError, "sh: a line is longer than 16,777,216 bytes"),
    ],
)
def test_a_program_that_does_not_do_well_is_an_error(
    script: str, error: type[BackendError], said: str
) -> None:
    with pytest.raises(error) as caught:
        read(sh(script))

    assert said in str(caught.value)


@pytest.mark.parametrize(
    "script",
    ["sleep 60", "exec >&-; sleep 60", 'while :; do echo \'{"record": "site"}\'; done', "sleep 60 &"],
    ids=["silent", "closed", "endless", "in the background"],
)
def test_a_program_that_does_not_end_in_time_is_stopped(script: str) -> None:
    begun = time.monotonic()
    with pytest.raises(BackendUnavailable, match=r"sh: did not end within 0\.5 seconds"):
        read(sh(script, timeout=0.5))

    assert time.monotonic() - begun < 30


def gone(process: int) -> bool:
    """Tell whether a process is no more, or only waits to be forgotten."""
    try:
        with open(f"/proc/{process}/stat") as file:  # noqa: PTH123 (a file of the kernel)
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_read_that_is_given_up_ends_the_program_and_what_it_started(tmp_path: Path) -> None:
    script = 'sleep 60 & echo $! $$ >"$1"; echo \'{"record": "site"}\'; wait'
    records = sh(script, str(tmp_path / "numbers")).records()
    next(iter(records))
    numbers = [int(each) for each in (tmp_path / "numbers").read_text().split()]
    assert not any(map(gone, numbers))

    del records

    deadline = time.monotonic() + 10
    while not all(map(gone, numbers)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert all(map(gone, numbers))


def test_a_program_whose_group_is_gone_is_no_obstacle(monkeypatch: pytest.MonkeyPatch) -> None:
    kill: Callable[[int, int], None] = os.killpg

    def twice(group: int, number: int) -> None:
        kill(group, number)
        os.waitpid(group, 0)
        kill(group, signal.SIGKILL)

    monkeypatch.setattr("forwardresolve_backends.command.os.killpg", twice)

    with pytest.raises(BackendUnavailable, match="did not end"):
        read(sh("sleep 60", timeout=0.2))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"program": ["/no/such/program"]}, "program: cannot be started (/no/such/program: No such file"),
        ({"program": ["/etc/passwd"]}, "passwd: cannot be started (/etc/passwd: Permission denied)"),
        ({"program": ["true"], "directory": "/no/such"}, "cannot be started (/no/such: No such file"),
        ({"program": ["true"], "environment": {"A=B": "x"}}, "true: cannot be started (illegal environment"),
        ({"program": ["a\0b"]}, "cannot be started (embedded null byte)"),
    ],
)
def test_a_program_that_cannot_be_started_is_a_mistake_in_the_configuration(
    options: dict[str, Any], said: str
) -> None:
    with pytest.raises(BackendMisconfigured) as caught:
        read(structure(options, Command, "source.x"))

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "source.x.program: is missing"),
        ({"program": "php panel.php"}, "source.x.program: must be a list, not a text"),
        ({"program": []}, "source.x.program: must name a program and its arguments"),
        ({"program": [""]}, "source.x.program: must name a program and its arguments"),
        ({"program": ["true"], "timeout": 0}, "source.x.timeout: must be more than 0 seconds"),
        ({"program": ["true"], "timeout": "5"}, "source.x.timeout: must be a number, not a text"),
        ({"program": ["true"], "shell": True}, "source.x.shell: is not known"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        structure(options, Command, "source.x")

    assert said in str(caught.value)


def test_the_output_of_our_own_command_is_such_a_program() -> None:
    program = [sys.executable, "-m", "forwardresolve", "records", "--backend", "sample_backends:Small"]
    search = os.pathsep.join(each for each in sys.path if each)

    records = read(Command(program=program, environment={"PYTHONPATH": Secret(search)}))

    assert len(records) == 10
    assert records[0] == Domain("a.example", origin=records[0].origin)
