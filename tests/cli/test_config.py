"""``config validate``: a line a problem, and a line where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Run

SOURCE = '[source.panel]\nbackend = "sample_backends:Small"\n'


def test_a_right_configuration_is_told_in_a_line(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'{SOURCE}[[target]]\nname = "mx1"\nkind = "directory"\nroot = "{tmp_path}"\n')

    done = run("config", "validate", "--config", str(path))

    assert (done.code, done.out) == (0, f"{path}: nothing is wrong; sources: panel; targets: mx1\n")


def test_every_problem_is_a_line(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"{SOURCE}prefx = 1\n[resolv]\n")

    done = run("config", "validate", "--config", str(path))

    assert (done.code, done.out) == (3, "")
    assert len(done.err.splitlines()) == 2
    assert all(line.startswith(f"forwardresolve: error: {path}: ") for line in done.err.splitlines())
