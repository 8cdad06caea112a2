"""The documentation does what it says: every code block of every page is executed."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from backends.ldap_directories import make_branches, make_schema
from docs.blocks import SHOWN_ONLY, Blocks
from forwardresolve.errors import ForwardResolveError
from servers.private import find_program
from servers.slapd import READER, READER_PASSWORD, WRITER, WRITER_PASSWORD, Settings, slapd_with

if TYPE_CHECKING:
    from collections.abc import Iterator

    from servers.certificates import Certificates

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXECUTED = {"python", "console", "sh", "toml", "json", "sql"}
DIRECTORY = ROOT / "docs" / "backends" / "ldap.md"
MAIL_HOST = ROOT / "docs" / "backends" / "postfix.md"


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture
def blocks(tmp_path: Path) -> Blocks:
    """A directory like an admin's, with a database, its URL in the environment, and the program."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for module in ("forwardresolve", "pytest"):
        program = programs / module
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m {module} "$@"\n')
        program.chmod(0o755)
    shutil.copy(ROOT / "examples" / "postfixadmin.sql", tmp_path)
    with closing(sqlite3.connect(tmp_path / "mail.db")) as connection:
        connection.executescript((tmp_path / "postfixadmin.sql").read_text(encoding="utf-8"))
    return Blocks(
        tmp_path,
        {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")]),
            "LANG": "C.UTF-8",
            "COLUMNS": "100",
            "PANEL_URL": f"sqlite:///{tmp_path}/mail.db",
        },
    )


@pytest.fixture
def directory(blocks: Blocks, certificates: Certificates) -> Iterator[None]:
    """An LDAP directory with a branch for each preset, for the page that shows them."""
    with slapd_with(certificates, make_branches(), Settings(schema=make_schema())) as slapd:
        blocks.environment |= {
            "LDAPADD": f"ldapadd -x -H {slapd.ipc} -D {WRITER} -w {WRITER_PASSWORD}",
            "LDAP": f"--url {slapd.tls} --option ca_file={certificates.authority.certificate} "
            f"--option bind_dn={READER} --option bind_password.env=LDAP_PASSWORD",
            "LDAP_PASSWORD": READER_PASSWORD,
        }
        yield


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=[pytest.mark.live] if page in (DIRECTORY, MAIL_HOST) else [])
        for page in PAGES
    ],
    ids=name,
)
def test_every_block_of_a_page_does_what_it_says(
    page: Path, blocks: Blocks, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.chdir(blocks.directory)
    if page == DIRECTORY:
        request.getfixturevalue("directory")
    elif page == MAIL_HOST:
        find_program("postmap", "postfix")

    blocks.run(page)

    for example, reason in blocks.left_out:
        assert len(reason) > 10, f"line {example.line} of {name(page)} is left out for no reason"
        for script in re.findall(r"\bsh ([\w./]+\.sh)\b", str(example.parsed)):
            assert (ROOT / script).is_file(), f"{name(page)} names {script}, which does not exist"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_has_a_language_that_says_what_becomes_of_it(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    languages = re.findall(r"^`{3,}([^\n`]*)\n.*?^`{3,}\s*$", text, re.MULTILINE | re.DOTALL)

    assert {each.strip().split(" ")[0] for each in languages} <= EXECUTED | SHOWN_ONLY


@pytest.mark.parametrize(
    "wrong",
    [
        "```python\nassert 1 == 2\n```",
        "```console\n$ echo one\ntwo\n```",
        "```console\n$ false\n```",
        "```sh\nfalse\ntrue\n```",
        "```toml\n[resolv]\n```",
        "```json\n{\n```",
        "```sql\nSELECT nothing FROM alias\n```",
    ],
)
def test_a_block_that_is_wrong_is_found(wrong: str, blocks: Blocks, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\n{wrong}\n")

    with pytest.raises((AssertionError, ForwardResolveError, ValueError, sqlite3.Error)):
        blocks.run(page)


def test_a_block_may_be_left_out_for_a_reason(blocks: Blocks, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text('<!-- skip: next "it calls itself" -->\n\n```sh\nfalse\n```\n\n```sh\ntrue\n```\n')

    assert blocks.run(page) == 2  # the directive counts as executed
    assert [reason for _, reason in blocks.left_out] == ["it calls itself"]
