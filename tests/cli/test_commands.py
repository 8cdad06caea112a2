"""What all commands share: where they read, how they fail, what their help says."""

from __future__ import annotations

import gc
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import forwardresolve
from forwardresolve import registry
from forwardresolve.registry import BackendInfo

if TYPE_CHECKING:
    from cli.conftest import Run

ROOT = Path(__file__).parents[2]
SMALL = ("--backend", "sample_backends:Small")
COMMANDS = (
    "build",
    "plan",
    "apply",
    "approve",
    "rollback",
    "status",
    "receive",
    "query",
    "explain",
    "findings",
    "records",
    "verify",
    "touch",
    "watch",
    "init",
    "backends",
    "config",
    "rspamd",
)
GUARDED = ("build", "--backend", "sample_backends:Guarded")


def test_explain_shows_every_hop_to_the_outside(run: Run) -> None:
    done = run("explain", "info@a.example", *SMALL)

    assert done.code == 0
    tree = done.out.partition("\n\n")[2]
    places = [tree.index(each) for each in ("info@a.example", "team@a.example", "out@elsewhere.example")]
    assert places == sorted(places)


def test_explain_of_no_address_is_an_error_in_a_line(run: Run) -> None:
    done = run("explain", "a@", *SMALL)

    assert done.code == 1
    assert done.err == "forwardresolve: error: '' is no domain\n"


def test_records_are_lines_of_json_that_name_their_source(run: Run) -> None:
    done = run("records", *SMALL)

    first, *_, odd, last = map(json.loads, done.lines)
    assert first == {
        "record": "domain",
        "name": "a.example",
        "kind": "mailbox",
        "origin": {"source": "Small"},
    }
    assert odd == {
        "record": "forward",
        "source": "no address",
        "destinations": ["x@a.example"],
        "table": "virtual",
        "origin": {"place": "alias", "source": "Small"},
    }
    assert last == {"record": "end", "count": 10, "schema_version": 1}


def test_records_of_a_source_that_dies_have_no_closing_line(run: Run) -> None:
    done = run("records", "--backend", "sample_backends:Dying")

    assert done.code == 4
    assert [json.loads(line)["record"] for line in done.lines] == ["domain", "forward"]


def test_backends_are_listed_with_why_one_cannot_be_used(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "forwardresolve.cli.backends.installed_backends",
        lambda: (BackendInfo("sql", "1.0", "forwardresolve"), BackendInfo("x", "2", "panel", "needs y")),
    )

    assert run("backends").out == (
        "sql  1.0  forwardresolve  available\n"
        "x    2    panel           needs y\n"
    )  # fmt: skip


def test_no_backend_at_all_is_an_empty_list(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "entry_points", lambda **_: ())

    assert run("backends").out == ""


def test_the_version_is_shown(run: Run) -> None:
    assert run("--version").out == f"forwardresolve {forwardresolve.__version__}\n"


def test_a_configuration_file_is_read(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[source.panel]\nbackend = "sample_backends:Small"\n')

    assert run("build", "--config", str(file)).lines[0] == "@b.example"


def test_the_environment_names_the_configuration_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[source.panel]\nbackend = "sample_backends:Small"\n')
    monkeypatch.setenv("FORWARDRESOLVE_CONFIG", str(file))

    assert run("build").lines[0] == "@b.example"


def test_every_problem_of_a_configuration_is_a_line(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[source.panel]\nbackend = "sample_backends:Small"\nprefx = ""\n[resolve]\nrelay = 1\n')

    done = run("build", "--config", str(file))

    assert done.code == 3
    assert done.out == ""
    assert done.err.splitlines() == [
        f"forwardresolve: error: {file}: source.panel.prefx: is not known; did you mean prefix?",
        f"forwardresolve: error: {file}: resolve.relay: must be one of internal, external, not an integer",
    ]


def test_a_url_with_a_password_is_refused_and_the_way_to_write_it_is_told(run: Run) -> None:
    done = run(*GUARDED, "--url", "ldap://reader:hunter2@x")

    assert done.code == 3
    assert "--option url: is a secret" in done.err
    assert "--option KEY.env=NAME" in done.err
    assert "hunter2" not in done.out + done.err


def test_a_url_with_a_password_comes_from_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PANEL_URL", "a://b:c@d")

    assert len(run(*GUARDED, "--option", "url.env=PANEL_URL").lines) == len("a://b:c@d")


def test_a_url_without_a_password_may_be_given(run: Run) -> None:
    assert len(run(*GUARDED, "--url", "a://b@d").lines) == len("a://b@d")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--url", "x"), "--url: needs --backend"),
        (("--option", "a=b"), "--option: needs --backend"),
        (("--config", "x", *SMALL), "--config and --backend exclude each other"),
        (("--format", "yaml"), "--format"),
        (("--no-such-option",), "--no-such-option"),
    ],
)
def test_wrong_usage_has_an_exit_code_of_its_own(arguments: tuple[str, ...], said: str, run: Run) -> None:
    done = run("build", *arguments)

    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_mistake_in_a_program_is_told_without_a_traceback_and_without_its_text(run: Run) -> None:
    done = run("build", "--backend", "sample_backends:Broken")

    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "forwardresolve: error: something unexpected happened (RuntimeError); please report it "
        "with what the same command shows under FORWARDRESOLVE_DEBUG=1\n"
    )


def test_a_traceback_is_shown_to_those_who_ask_for_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDRESOLVE_DEBUG", "1")

    done = run("build", "--backend", "sample_backends:Broken")

    assert done.code == 1
    assert "Traceback (most recent call last)" in done.err


def test_an_interrupt_is_quiet(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("forwardresolve.cli.build.pipeline.build", interrupted)

    done = run("build", *SMALL)

    assert (done.code, done.out, done.err) == (130, "", "")


def test_a_file_system_that_refuses_is_told_in_a_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/etc/rspamd")

    monkeypatch.setattr("forwardresolve.cli.build.pipeline.build", refused)

    done = run("build", *SMALL)

    assert (done.code, done.err) == (1, "forwardresolve: error: /etc/rspamd: Permission denied\n")


def test_a_closed_standard_input_is_no_obstacle(run: Run) -> None:
    assert run("build", *SMALL, stdin=None).code == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_has_an_example(command: str, run: Run) -> None:
    done = run(command, "--help")

    assert done.code == 0
    assert f"  forwardresolve {command}" in done.out


def test_the_help_names_every_command_in_a_whole_sentence(run: Run) -> None:
    done = run("--help")

    told = {line.split()[0]: line for line in done.out.split("Commands:")[1].splitlines() if line}
    assert tuple(told) == COMMANDS
    assert all(line.endswith(".") and "..." not in line for line in told.values())


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """Run a shell command with ``forwardresolve`` in it."""
    command = command.replace("forwardresolve", f"{sys.executable} -m forwardresolve", 1)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])}
    return subprocess.run(
        ["sh", "-c", command], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("command", ["build", "records", "query -"])
def test_a_reader_that_goes_away_is_no_error_to_talk_about(command: str) -> None:
    done = shell(f"yes a@b.example | forwardresolve {command} --backend sample_backends:Small | head -n 1")

    assert "Traceback" not in done.stderr
    assert "error" not in done.stderr


def test_a_full_disk_is_told_in_a_line() -> None:
    done = shell("forwardresolve build --backend sample_backends:Small >/dev/full")

    assert done.returncode == 1
    assert "forwardresolve: error: the output: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_python_with_m_is_the_command_line_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["forwardresolve", "--version"])

    with pytest.raises(SystemExit) as caught:
        runpy.run_module("forwardresolve", run_name="__main__")
    gc.enable()

    assert caught.value.code == 0
    assert capsys.readouterr().out == f"forwardresolve {forwardresolve.__version__}\n"
