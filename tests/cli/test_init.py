"""``init`` and ``touch``: what an admin begins with, and what a panel calls."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from forwardresolve.operate.requests import Requested, take

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Run


def test_a_configuration_is_written_that_others_cannot_read(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"

    done = run("init", "--panel", "postfixadmin", "--config", str(path))

    assert (done.code, done.out) == (0, f"written: {path}\n")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert "forwardresolve config validate" in done.err


def test_an_existing_file_is_never_written_over(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("mine\n")

    done = run("init", "--panel", "sql", "--config", str(path))

    assert done.code == 6
    assert done.err == (
        f"forwardresolve: error: {path}: is there already and is not written over; move it away\n"
    )
    assert path.read_text() == "mine\n"


def test_units_are_written_once_and_a_changed_one_is_kept(run: Run, tmp_path: Path) -> None:
    first = run("init", "--systemd", str(tmp_path), "--panel-group", "www-data")
    second = run("init", "--systemd", str(tmp_path), "--panel-group", "www-data")
    service = tmp_path / "systemd" / "system" / "forwardresolve.service"
    service.write_text("mine\n")
    (tmp_path / "tmpfiles.d" / "forwardresolve.conf").unlink()
    third = run("init", "--systemd", str(tmp_path), "--panel-group", "www-data")

    assert f"written: {service}" in first.lines
    assert "systemctl enable --now forwardresolve.timer forwardresolve.path" in first.err
    assert (second.code, second.out) == (0, "")
    assert (third.code, third.out) == (6, "")
    assert not (tmp_path / "tmpfiles.d" / "forwardresolve.conf").exists()


def test_what_would_be_written_can_be_printed(run: Run, tmp_path: Path) -> None:
    done = run("init", "--panel", "command", "--systemd", str(tmp_path), "--print")

    assert "[source.panel]" in done.out
    assert f"# {tmp_path}/systemd/system/forwardresolve.timer\n" in done.out
    assert list(tmp_path.iterdir()) == []
    assert run("init", "--panel", "command", "--print").out.startswith(
        "# The configuration of forwardresolve"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name a panel"),
        (("--systemd", "x", "--panel-group", "a b"), "must be the name of a group"),
        (("--systemd", "x", "--config", "relative"), "must be an absolute path"),
    ],
)
def test_wrong_usage_is_told(arguments: tuple[str, ...], said: str, run: Run) -> None:
    done = run("init", *arguments)

    assert done.code == 2
    assert said in done.err


def test_a_panel_that_nobody_knows_is_told(run: Run) -> None:
    done = run("init", "--panel", "postfixadmn", "--print")

    assert done.code == 4
    assert "did you mean postfixadmin?" in done.err


def test_a_directory_that_cannot_be_written_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = run("init", "--panel", "sql", "--config", str(tmp_path / "file" / "config.toml"))

    assert done.code == 6
    assert "cannot be written: " in done.err


def test_a_program_that_is_not_installed_is_guessed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/no/where/python")
    monkeypatch.setenv("PATH", "/no/where")
    monkeypatch.setattr("forwardresolve.cli.init._RSPAMD_GROUPS", ("no-such-group",))

    assert "ExecStart=/usr/bin/forwardresolve apply" in run("init", "--systemd", str(tmp_path), "--print").out


def test_touch_leaves_a_request_and_says_nothing(run: Run, tmp_path: Path) -> None:
    done = run("touch", "Info@a.example", "--requests", str(tmp_path))

    assert (done.code, done.out, done.err) == (0, "", "")
    assert take(tmp_path, lambda _: None) == Requested(("info@a.example",), is_all=True)


def test_the_environment_names_the_directory_of_requests(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORWARDRESOLVE_REQUESTS", str(tmp_path))

    assert run("touch").code == 0
    assert take(tmp_path, lambda _: None) == Requested((), is_all=False)


def test_touch_of_no_address_is_an_error_and_leaves_nothing(run: Run, tmp_path: Path) -> None:
    done = run("touch", "a@", "--requests", str(tmp_path))

    assert (done.code, done.err) == (1, "forwardresolve: error: '' is no domain\n")
    assert list(tmp_path.iterdir()) == []


def test_touch_where_nothing_waits_for_requests_is_an_error(run: Run, tmp_path: Path) -> None:
    assert run("touch", "--requests", str(tmp_path / "none")).code == 6


def test_a_person_is_told_of_more_who_asks_for_it(run: Run, tmp_path: Path) -> None:
    assert run("--verbose", "--debug", "touch", "--requests", str(tmp_path)).code == 0
