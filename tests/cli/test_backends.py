"""``forwardresolve backends``: the list, one of it, and a new one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cli.conftest import Run

PACKAGE = """
import attrs

@attrs.frozen
class Panel:
    \"\"\"Reads the panel of a test.

    Args:
        path: Where it is.
    \"\"\"

    path: str

    def records(self):
        return ()
"""


@pytest.fixture
def third_party(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Install a distribution with a backend, as pip leaves it."""
    (tmp_path / "acme_panel.py").write_text(PACKAGE)
    metadata = tmp_path / "acme_panel-3.2.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-panel\nVersion: 3.2\n")
    (metadata / "entry_points.txt").write_text("[forwardresolve.backends]\nacme = acme_panel:Panel\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return "acme"


def test_built_in_and_third_party_backends_are_listed_alike(run: Run, third_party: str) -> None:
    rows = {line.split()[0]: line.split()[1:] for line in run("backends").lines}

    assert rows[third_party] == ["3.2", "acme-panel", "available"]
    for name in ("command", "postfixadmin", "sql"):
        assert rows[name][1:] == ["forwardresolve", "available"]


def test_two_distributions_with_one_name_are_both_listed_and_named(
    run: Run, third_party: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    metadata = other / "copycat-0.1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: copycat\nVersion: 0.1\n")
    (metadata / "entry_points.txt").write_text("[forwardresolve.backends]\nacme = copycat:Panel\n")
    monkeypatch.syspath_prepend(str(other))

    lines = [line for line in run("backends").lines if line.startswith(third_party)]
    said = "backend acme: two distributions bring it: acme-panel 3.2 and copycat 0.1; remove one"

    assert len(lines) == 2
    assert all(said in line for line in lines)
    done = run("build", "--backend", third_party)
    assert (done.code, done.err) == (4, f"forwardresolve: error: {said}\n")


def test_one_backend_is_shown_with_its_options(run: Run, third_party: str) -> None:
    assert run("backends", "show", third_party).out == (
        "Reads the panel of a test.\n\nArgs:\n    path: Where it is.\n"
    )


@pytest.mark.parametrize("name", ["command", "postfixadmin", "sql"])
def test_every_built_in_backend_says_what_its_options_are(name: str, run: Run) -> None:
    assert "Args:\n    " in run("backends", "show", name).out


def test_a_backend_that_is_not_there_cannot_be_shown(run: Run) -> None:
    done = run("backends", "show", "sqll")

    assert done.code == 4
    assert "there is no backend 'sqll'; did you mean sql?" in done.err


def test_a_new_backend_is_a_project_of_its_own(run: Run, tmp_path: Path) -> None:
    done = run("backends", "new", "my-panel", "--directory", str(tmp_path))

    assert done.code == 0
    assert all(Path(line).is_file() for line in done.lines)
    assert done.lines[0] == str(tmp_path / "forwardresolve-my-panel" / "pyproject.toml")


def test_a_name_that_is_none_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    done = run("backends", "new", "My Panel", "--directory", str(tmp_path))

    assert done.code == 2
    assert "must be small letters and digits" in done.err


def test_a_project_that_is_there_already_is_told(run: Run, tmp_path: Path) -> None:
    run("backends", "new", "my-panel", "--directory", str(tmp_path))

    done = run("backends", "new", "my-panel", "--directory", str(tmp_path))

    assert done.code == 6
    assert "is there already" in done.err


@pytest.mark.parametrize(("problem", "code", "mark"), [("false", 0, " "), ("true", 7, "!")])
def test_a_diagnosis_says_what_a_source_sees(problem: str, code: int, mark: str, run: Run) -> None:
    done = run("backends", "diagnose", "--backend", "sample_backends:Seeing", "--option", f"is_ill={problem}")

    assert (done.code, done.lines) == (code, ["  server: here", f"{mark} rows: 3"])


def test_a_diagnosis_that_fails_names_the_source(run: Run) -> None:
    done = run("backends", "diagnose", "--backend", "sample_backends:Seeing", "--option", "is_gone=true")

    assert (done.code, done.lines) == (4, ["  server: here"])
    assert done.err == "forwardresolve: error: source Seeing: nobody answers\n"


def test_a_source_that_cannot_be_diagnosed_says_so(run: Run) -> None:
    done = run("backends", "diagnose", "--backend", "sample_backends:Small")

    assert done.code == 3
    assert "source.Small: its backend cannot look at it" in done.err


def test_a_diagnosis_needs_to_know_of_which_source(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        '[source.one]\nbackend = "sample_backends:Seeing"\n[source.two]\nbackend = "sample_backends:Seeing"\n'
    )
    told = ("--config", str(config))

    assert run("backends", "diagnose", "two", *told).code == 0
    done = run("backends", "diagnose", *told)
    assert done.code == 2
    assert "name one of one, two" in " ".join(done.err.split())
    done = run("backends", "diagnose", "tow", *told)
    assert done.code == 3
    assert "source.tow: is not there; did you mean two?" in done.err


def test_a_preset_is_shown_as_the_rules_that_it_expands_to(run: Run) -> None:
    done = run("backends", "show", "ldap", "--preset", "laser")

    assert done.code == 0
    assert '[[rules]]\nfilter = "(objectClass=inetLocalMailRecipient)"' in done.out
    assert 'values = ["mailRoutingAddress"]' in done.out


def test_a_backend_lists_what_there_is_to_choose_from(run: Run) -> None:
    done = run("backends", "show", "ldap")

    assert "    url: " in done.out
    assert "    iredmail          iRedMail with an LDAP directory\n" in done.out


def test_an_unknown_preset_is_refused_with_the_nearest_one(run: Run) -> None:
    done = run("backends", "show", "ldap", "--preset", "iredmial")

    assert done.code == 4
    assert "there is no preset 'iredmial'; did you mean iredmail?" in done.err


@pytest.mark.parametrize("options", [["--preset", "x"], ["--option", "preset=x"]])
def test_a_backend_that_has_nothing_to_show_says_so(run: Run, options: list[str]) -> None:
    done = run("backends", "show", "command", *options)

    assert done.code == 2
    assert "has nothing to show of an option" in " ".join(done.err.split())


def test_an_option_without_a_value_is_refused(run: Run) -> None:
    done = run("backends", "show", "ldap", "--option", "preset")

    assert done.code == 2
    assert "is not KEY=VALUE" in done.err
