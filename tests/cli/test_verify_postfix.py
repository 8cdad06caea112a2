"""``forwardresolve verify --postfix``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from backends.postfix_configuration import write_main_cf
from backends.text_sources import write

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Run

pytestmark = pytest.mark.usefixtures("stand_ins")


def sources(etc: Path) -> tuple[str, ...]:
    return ("--backend", "postfix", "--option", f"config_dir={etc}")


@pytest.fixture
def etc(tmp_path: Path) -> Path:
    """A Postfix whose table of virtual aliases is text, and what postmap says of it."""
    etc = write_main_cf(
        tmp_path / "etc", virtual_alias_domains="a.example", virtual_alias_maps="texthash:{here}/v"
    )
    write(etc / "v", (f"u{n}@a.example x{n}@ext.example" for n in range(30)))
    write(etc / "v.listed", (f"u{n}@a.example\tx{n}@ext.example" for n in range(30)))
    return etc


def test_a_postfix_that_agrees_gives_0(run: Run, etc: Path) -> None:
    done = run("verify", "--postfix", str(etc), *sources(etc))
    assert (done.code, done.lines) == (0, [f"{etc}: 31 addresses asked for: Postfix says the same"])


def test_a_postfix_that_says_otherwise_gives_7_and_the_first_differences(run: Run, etc: Path) -> None:
    write(etc / "v.listed", ["@a.example\tz@ext.example"])
    done = run("verify", "--postfix", str(etc), "--sample", "20", *sources(etc))
    assert done.code == 7
    assert done.lines[0].startswith("nobody-has-this-name")
    assert done.lines[1:3] == ["  sources: no forwarding", "  postfix: z@ext.example"]
    assert done.lines[-2:] == ["... and 10 more", f"{etc}: 20 addresses asked for: 20 differ"]


def test_json_names_every_difference(run: Run, etc: Path) -> None:
    write(etc / "v.listed", [])
    done = run("verify", "--postfix", str(etc), "--format", "json", "--sample", "8", *sources(etc))
    told = json.loads(done.out)
    assert (done.code, told["schema_version"], told["asked"], len(told["differences"])) == (7, 1, 8, 7)
