"""The pages of the manual are those of this version, say everything, and can be read."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

from cli.test_commands import COMMANDS
from forwardresolve.config import Config, Resolve
from forwardresolve.deploy.front_end import KINDS
from forwardresolve.deploy.guard import Guard
from forwardresolve.deploy.policy import Deploy, Fallback
from forwardresolve.rspamd import Exemption, RspamdSettings
from servers.private import find_program

if TYPE_CHECKING:
    from cli.conftest import Run

ROOT = Path(__file__).parents[2]
PAGES = ("forwardresolve.1", "forwardresolve.toml.5")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_texts_of_today_give(name: str, run: Run, tmp_path: Path) -> None:
    run("manual", str(tmp_path))

    kept = (ROOT / "docs" / "man" / name).read_text(encoding="utf-8")
    assert (tmp_path / name).read_text(encoding="utf-8") == kept, "run: forwardresolve manual docs/man"


def test_every_command_has_its_part() -> None:
    page = (ROOT / "docs" / "man" / "forwardresolve.1").read_text(encoding="utf-8")

    assert [each for each in COMMANDS if f".SS forwardresolve {each} " not in page] == []


@pytest.mark.parametrize(
    "kind", [Resolve, RspamdSettings, Exemption, Guard, Deploy, Fallback, *KINDS.values()]
)
def test_every_key_of_the_configuration_is_explained(kind: type) -> None:
    page = (ROOT / "docs" / "man" / "forwardresolve.toml.5").read_text(encoding="utf-8")

    assert [
        each.name for each in attrs.fields(kind) if each.init and f"\\fB{each.name}\\fR\n" not in page
    ] == []


def test_every_table_of_the_configuration_has_its_part() -> None:
    page = (ROOT / "docs" / "man" / "forwardresolve.toml.5").read_text(encoding="utf-8")
    other = {"sources": "[source.NAME]", "targets": "[[target]]", "fallbacks": "on_unavailable"}

    for field in attrs.fields(Config):
        assert other.get(field.name, field.name) in page
    assert "As in" not in page


@pytest.mark.live
@pytest.mark.parametrize("name", PAGES)
def test_groff_has_nothing_to_say_about_a_page(name: str) -> None:
    groff = find_program("groff", "groff-base")
    page = str(ROOT / "docs" / "man" / name)

    done = subprocess.run(
        [groff, "-man", "-ww", "-Tutf8", "-rLL=78n", page], capture_output=True, text=True, check=True
    )

    assert done.stderr == ""
    assert "forwardresolve" in done.stdout


@pytest.mark.live
@pytest.mark.parametrize("name", PAGES)
def test_man_has_nothing_to_say_about_a_page(name: str) -> None:
    man = find_program("man", "man-db")

    done = subprocess.run(
        [man, "--warnings", "-l", str(ROOT / "docs" / "man" / name)],
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANPAGER": "cat", "MANWIDTH": "80"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stderr == ""


@pytest.mark.parametrize("name", PAGES)
def test_no_page_shows_a_thing_of_python(name: str) -> None:
    page = (ROOT / "docs" / "man" / name).read_text(encoding="utf-8")

    assert [line for line in page.splitlines() if re.search(r"<\w+ '|None\b|object at", line)] == []
