"""``status --nagios``: one line and one of four exit codes, whatever happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Run


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(
        f'state_dir = "{tmp_path}/state"\n[source.panel]\nbackend = "sample_backends:Small"\n'
        f'[[target]]\nname = "mx1"\nkind = "directory"\nroot = "{tmp_path}/mx1"\n'
        f'[deploy]\nhooks = "{tmp_path}/hooks"\n'
    )
    return path


def test_after_a_good_run_it_is_ok(run: Run, config: Path) -> None:
    assert run("apply", "--first", "--config", str(config)).code == 0

    done = run("status", "--nagios", "--config", str(config))

    assert done.code == 0
    assert done.out.startswith("FORWARDRESOLVE OK - 1 targets hold what they should | age=")


def test_limits_are_given(run: Run, config: Path) -> None:
    run("apply", "--first", "--config", str(config))

    done = run("status", "--nagios", "--warning", "0", "--critical", "0", "--config", str(config))

    assert done.code == 2
    assert done.out.startswith("FORWARDRESOLVE CRITICAL - the last good run was ")


def test_before_the_first_run_it_is_unknown(run: Run, config: Path) -> None:
    done = run("status", "--nagios", "--config", str(config))

    assert (done.code, done.out.count("\n")) == (3, 1)
    assert done.out.startswith("FORWARDRESOLVE UNKNOWN - no run is known")


def test_a_configuration_that_is_wrong_is_unknown_too(run: Run, config: Path) -> None:
    config.write_text("[sourc]\n[targ]\n")

    done = run("status", "--nagios", "--config", str(config))

    assert (done.code, done.out.count("\n")) == (3, 1)
    assert done.out.startswith("FORWARDRESOLVE UNKNOWN - ")
