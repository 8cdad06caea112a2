"""The distribution: light to import, typed, and of one version."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import forwardresolve

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
HEAVY = ("sqlalchemy", "ldap3", "typer", "cattrs", "rich", "psycopg", "pymysql", "pydantic")


def imported_by(statement: str) -> set[str]:
    """Return the top-level packages that a fresh interpreter loads for a statement."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", statement],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}


@pytest.mark.parametrize("module", ["forwardresolve", "forwardresolve.sdk"])
def test_importing_the_library_costs_no_heavy_package(module: str) -> None:
    assert imported_by(f"import {module}").isdisjoint(HEAVY)


def test_a_heavy_package_would_be_seen() -> None:
    assert "cattrs" in imported_by("import cattrs")


def test_a_list_without_progress_costs_no_rich() -> None:
    assert "rich" not in imported_by("import forwardresolve.cli")


@pytest.mark.parametrize("module", ["forwardresolve", "forwardresolve.sdk", "forwardresolve.rspamd"])
def test_what_is_exported_is_sorted_and_exists(module: str) -> None:
    loaded = import_module(module)
    exported = list(loaded.__all__)

    assert exported == sorted(set(exported), key=lambda name: (not name.isupper(), name[0].islower(), name))
    assert [name for name in exported if not hasattr(loaded, name)] == []


def test_everything_public_at_the_top_is_exported() -> None:
    public = {
        name
        for name, value in vars(forwardresolve).items()
        if not name.startswith("_") and not isinstance(value, type(sys)) and name != "annotations"
    }

    assert public == set(forwardresolve.__all__)


@pytest.mark.parametrize("package", ["forwardresolve", "forwardresolve_backends"])
def test_a_package_is_marked_as_typed(package: str) -> None:
    assert (ROOT / "src" / package / "py.typed").is_file()


def test_the_version_is_the_newest_of_the_changelog() -> None:
    newest = re.search(r"^## \[(.*?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert newest is not None
    assert newest[1] == forwardresolve.__version__


def test_every_entry_point_of_a_backend_leads_to_a_module_of_ours() -> None:
    points = PROJECT["project"]["entry-points"]["forwardresolve.backends"]

    for value in points.values():
        module, _, name = value.partition(":")
        assert hasattr(import_module(module), name)


def test_the_top_level_holds_only_what_it_should() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("this is no git checkout, so nothing says what belongs to the project")
    top = {line.partition("/")[0] for line in tracked.stdout.splitlines()}

    assert top <= {
        ".ci",
        ".gitignore",
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "docs",
        "examples",
        "pyproject.toml",
        "src",
        "tests",
    }
