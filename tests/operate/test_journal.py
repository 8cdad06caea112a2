"""The log: one line an event, and a priority where the journal reads it."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from forwardresolve.operate.journal import Lines, is_journal, priority
from forwardresolve.operate.requests import leave

ROOT = Path(__file__).parents[2]


def line(level: int, text: str, *, journal: bool) -> str:
    return Lines(journal=journal).format(logging.LogRecord("x", level, "", 0, text, (), None))


@pytest.mark.parametrize(
    ("level", "number"), [(50, 3), (40, 3), (30, 4), (25, 6), (20, 6), (19, 7), (10, 7), (0, 7)]
)
def test_a_level_has_the_priority_of_syslog(level: int, number: int) -> None:
    assert priority(level) == number


def test_the_journal_gets_a_priority_and_a_person_gets_words() -> None:
    assert line(logging.WARNING, "mx1 is slow", journal=True) == "<4>mx1 is slow"
    assert line(logging.WARNING, "mx1 is slow", journal=False) == "forwardresolve: warning: mx1 is slow"
    assert line(logging.INFO, "done", journal=False) == "forwardresolve: done"


def test_an_event_is_one_line_whatever_it_says() -> None:
    assert line(logging.ERROR, "first\nsecond", journal=True) == "<3>first second"


def test_only_the_stream_that_systemd_names_is_the_journal(tmp_path: Path) -> None:
    with (tmp_path / "stream").open("w") as stream:
        status = os.fstat(stream.fileno())
        named = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
        assert is_journal(stream, named)
        assert not is_journal(stream, {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino + 1}"})
        assert not is_journal(stream, {})
        assert not is_journal(None, named)
        assert not is_journal(io.StringIO(), named)
    assert not is_journal(stream, named)


def run(*arguments: str, stream: Path, **variables: str) -> str:
    """Run the command line with a file as its standard error, named as the journal."""
    with stream.open("w") as file:
        status = os.fstat(file.fileno())
        subprocess.run(
            [sys.executable, "-m", "forwardresolve", *arguments],
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")]),
                "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}",
                **variables,
            },
            stdout=subprocess.DEVNULL,
            stderr=file,
            check=False,
        )
    return stream.read_text()


def test_a_command_that_fails_tells_the_journal_an_error(tmp_path: Path) -> None:
    told = run("build", "--config", str(tmp_path / "none.toml"), stream=tmp_path / "stream")

    assert told == f"<3>{tmp_path}/none.toml: cannot be read: No such file or directory\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(
        f'state_dir = "{tmp_path}/state"\n[source.panel]\nbackend = "sample_backends:Small"\n'
        f'[[target]]\nname = "mx1"\nkind = "directory"\nroot = "{tmp_path}/mx1"\n'
        f'[deploy]\nhooks = "{tmp_path}/hooks"\n[guard]\nremoved = 0\nremoved_percent = 0\nadded = 0\n'
    )
    return path


def test_the_journal_learns_of_every_event_and_of_no_address(config: Path, tmp_path: Path) -> None:
    arguments = ("apply", "--requests", str(tmp_path / "requests"), "--config", str(config))
    (tmp_path / "requests").mkdir()
    leave(["info@a.example"], tmp_path / "requests")

    first = run(*arguments, "--first", stream=tmp_path / "stream")
    config.write_text(config.read_text().replace(':Small"', ':Small"\nprefix = "x-"'))
    refused = run(*arguments, stream=tmp_path / "stream")

    lines = (first + refused).splitlines()
    assert "<6>a run was requested" in lines
    assert any(line.startswith("<6>targets changed: 1 of 1") for line in lines)
    assert any(line.startswith("<3>target mx1: ") and "would" in line for line in lines)
    assert not any("@a.example" in line.replace("...@", "") for line in lines)


def test_addresses_are_told_to_whoever_asks_for_them(config: Path, tmp_path: Path) -> None:
    (tmp_path / "requests").mkdir()
    leave(["info@a.example"], tmp_path / "requests")
    arguments = ("apply", "--first", "--requests", str(tmp_path / "requests"), "--config", str(config))

    told = run("--debug", *arguments, stream=tmp_path / "stream")

    assert "<7>requested for: info@a.example" in told.splitlines()
