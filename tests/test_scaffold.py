"""The project that ``backends new`` writes works as it is written."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from forwardresolve.errors import TargetError
from forwardresolve.scaffold import write_project

ROOT = Path(__file__).parents[1]


def run(project: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a project, with forwardresolve as it lies here."""
    search = os.pathsep.join([str(ROOT / "src"), str(project / "src")])
    return subprocess.run(
        [sys.executable, *command],
        cwd=project,
        env={**os.environ, "PYTHONPATH": search},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_a_new_project_passes_its_tests_and_can_be_used(tmp_path: Path) -> None:
    written = write_project("my-panel", tmp_path, "0.1.0")

    project = tmp_path / "forwardresolve-my-panel"
    assert [str(path.relative_to(project)) for path in written] == [
        "pyproject.toml",
        "README.md",
        "src/forwardresolve_my_panel/__init__.py",
        "src/forwardresolve_my_panel/py.typed",
        "tests/test_contract.py",
    ]
    tested = run(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")
    assert "22 passed, 8 skipped" in tested.stdout, tested.stdout
    used = run(
        project,
        *("-m", "forwardresolve", "records", "--backend", "forwardresolve_my_panel:MyPanel"),
        *("--option", "path=/no/such.db"),
    )
    assert used.returncode == 4
    assert "/no/such.db cannot be read: unable to open database file; check the option path" in used.stderr


def test_a_new_project_brings_an_entry_point_and_asks_for_this_version(tmp_path: Path) -> None:
    write_project("panel2", tmp_path, "7.8.9")

    project = tomllib.loads((tmp_path / "forwardresolve-panel2" / "pyproject.toml").read_text())["project"]
    assert project["entry-points"] == {
        "forwardresolve.backends": {"panel2": "forwardresolve_panel2:Panel2"},
    }
    assert project["dependencies"] == ["attrs>=24.2", "forwardresolve>=7.8.9"]


def test_a_backend_is_written_in_less_than_40_lines(tmp_path: Path) -> None:
    *_, backend, _, _ = write_project("my-panel", tmp_path, "0.1.0")

    _, _, code = backend.read_text().partition("@attrs.frozen\n")
    assert 20 < len(code.splitlines()) < 40


@pytest.mark.parametrize("name", ["", "My", "my_panel", "-my", "my-", "my--panel", "../my", "7panel", "mü"])
def test_a_name_that_no_package_could_have_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must be small letters and digits"):
        write_project(name, tmp_path, "0.1.0")

    assert list(tmp_path.iterdir()) == []


def test_the_name_of_an_installed_backend_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is the name of a backend that is installed"):
        write_project("sql", tmp_path, "0.1.0")


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "forwardresolve-my-panel").mkdir()

    with pytest.raises(TargetError, match="forwardresolve-my-panel is there already; name another backend"):
        write_project("my-panel", tmp_path, "0.1.0")


def test_a_directory_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(TargetError, match=r"forwardresolve-my-panel: cannot be written: Not a directory"):
        write_project("my-panel", tmp_path / "file", "0.1.0")
