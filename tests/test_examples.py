"""The examples do what they say."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
HTTPPANEL = EXAMPLES / "forwardresolve-httppanel"


def run(*command: str | Path, path: str = "") -> subprocess.CompletedProcess[str]:
    """Run a program with forwardresolve as it lies here."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "PATH": os.pathsep.join([path, os.environ["PATH"]]),
    }
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


def test_the_third_party_backend_passes_its_own_tests() -> None:
    left_out = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:pytest_cov")

    done = run(sys.executable, "-m", "pytest", "-q", *left_out, HTTPPANEL)

    assert "31 passed, 10 skipped" in done.stdout, done.stdout


def test_the_panel_hook_warns_of_what_leaves_circles_and_ends_nowhere() -> None:
    assert run(sys.executable, EXAMPLES / "panel_hook.py").stdout.splitlines() == [
        "ben@example.net -> ben@example.net, ben@freemail.example",
        "  Spam to ben@example.net will be refused from now on, because ben@freemail.example is outside.",
        "info@example.net -> team@example.net, office@example.net",
        (
            "  Spam to info@example.net will be refused from now on, "
            "because mail leaves over team@example.net -> ben@gmail.example."
        ),
        "  Mail would go in a circle: office@example.net forwards to info@example.net.",
        "sales@example.net -> anne@example.net, ann@example.net, ben@",
        "  Nobody has the address anne@example.net.",
        "  This cannot be saved: '' is no domain.",
    ]


@pytest.fixture
def programs(tmp_path: Path) -> str:
    """A directory with ``forwardresolve`` in it."""
    program = tmp_path / "bin" / "forwardresolve"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m forwardresolve "$@"\n')
    program.chmod(0o755)
    return str(program.parent)


def test_the_recipe_reaches_three_front_ends_and_a_change_touches_one_map_each(
    tmp_path: Path, programs: str
) -> None:
    work = tmp_path / "recipe"
    script = ("sh", EXAMPLES / "three-front-ends.sh", work)

    first = run(*script, path=programs)

    maps = [
        work / host / "etc/rspamd/local.d/maps.d/forwardings.inc.local" for host in ("mx1", "mx2", "mailman")
    ]
    assert first.returncode == 0, first.stderr
    assert all("\ninfo@example.net\n" in each.read_text() for each in maps)
    assert all((each.parents[1] / "force_actions.conf").is_file() for each in maps)

    with sqlite3.connect(work / "panel.db") as panel:
        panel.execute("UPDATE alias SET active = 0 WHERE address = 'info@example.net'")
    panel.close()
    second = run(*script, path=programs)

    assert second.stdout.splitlines() == [
        f"{host}: ./local.d/maps.d/forwardings.inc.local" for host in ("mx1", "mx2", "mailman")
    ]
    assert not any("\ninfo@example.net\n" in each.read_text() for each in maps)

    (work / "panel.db").write_bytes(b"damaged!" * 1000)
    before = [each.read_bytes() for each in maps]

    third = run(*script, path=programs)

    assert third.returncode == 4
    assert [each.read_bytes() for each in maps] == before
