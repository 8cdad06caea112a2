"""A bad backend is told in one line that names it, whatever is bad about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Run


@pytest.mark.parametrize("command", ["build", "records"])
@pytest.mark.parametrize(
    ("backend", "said"),
    [
        (
            "Tuples",
            "source Tuples gave something that is no record: ('info@a.example', 'x@elsewhere.example')",
        ),
        ("Numbers", "source Numbers gave something that is no record: Forward(source='info@a.example', dest"),
        ("Forgetful", "source Forgetful: its records() gave None and no records"),
        ("Mute", "bad_backends:Mute is no backend; it must be an attrs class with a method records()"),
        ("Plain", "bad_backends:Plain is no backend; it must be an attrs class with a method records()"),
        ("Missing", "there is no backend 'bad_backends:Missing': bad_backends has no Missing"),
    ],
)
def test_a_bad_backend_is_told(command: str, backend: str, said: str, run: Run) -> None:
    done = run(command, "--backend", f"bad_backends:{backend}")

    assert done.code == 4
    assert done.err.startswith("forwardresolve: error: ")
    assert said in done.err
    assert len(done.err.splitlines()) == 1
    assert '"record": "end"' not in done.out


def test_a_source_that_yields_nothing_is_incomplete_for_a_list_and_empty_for_a_look(run: Run) -> None:
    built = run("build", "--backend", "bad_backends:Silent")

    assert (built.code, built.out) == (4, "")
    assert "no source (Silent) names a hosted domain, so every address would be external" in built.err
    assert run("records", "--backend", "bad_backends:Silent").out == (
        '{"record": "end", "count": 0, "schema_version": 1}\n'
    )


def test_an_option_of_the_wrong_type_is_told_with_its_key(run: Run) -> None:
    done = run("build", "--backend", "bad_backends:Tuples", "--option", "retries=many")

    assert (done.code, done.err) == (
        3,
        "forwardresolve: error: --option retries: must be an integer, not a text\n",
    )


@pytest.fixture
def broken_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Install a distribution whose backend fails on import."""
    (tmp_path / "broken_panel.py").write_text("raise RuntimeError('the licence is missing')\n")
    metadata = tmp_path / "broken_panel-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-panel\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[forwardresolve.backends]\nbroken = broken_panel:Panel\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return "broken"


def test_a_plugin_that_fails_on_import_is_named_and_hinders_no_other(run: Run, broken_package: str) -> None:
    said = "backend broken: broken-panel 1.0 fails on import: RuntimeError: the licence is missing"

    listed = run("backends")
    used = run("build", "--backend", broken_package)

    assert listed.code == 0
    assert any(line.startswith("broken ") and line.endswith(said) for line in listed.lines)
    assert any(line.startswith("sql ") and line.endswith("available") for line in listed.lines)
    assert (used.code, used.err) == (4, f"forwardresolve: error: {said}\n")
