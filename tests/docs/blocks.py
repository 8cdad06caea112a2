"""Execute the code blocks of a page of documentation, in their order and in one directory."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import tomllib
from contextlib import closing
from typing import TYPE_CHECKING, Final
from unittest import SkipTest

from sybil import Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

from forwardresolve.config import from_table

if TYPE_CHECKING:
    from pathlib import Path

    from sybil import Example

SHOWN_ONLY: Final = frozenset({"text", "ucl", "{eval-rst}", "{toctree}", "{contents}"})
"""Languages of blocks that nothing here can execute: drawings, output, other programs' files."""


class Blocks:
    """The blocks of one page.

    Args:
        directory: Where the commands run.
        environment: Their environment.
    """

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        self.directory = directory
        self.environment = environment
        self.left_out: list[tuple[Example, str]] = []
        self._sybil = Sybil(
            parsers=[
                PythonCodeBlockParser(),
                CodeBlockParser("console", self._console),
                CodeBlockParser("sh", self._sh),
                CodeBlockParser("toml", self._toml),
                CodeBlockParser("json", lambda example: json.loads(example.parsed) and None),
                CodeBlockParser("sql", self._sql),
                SkipParser(),
            ]
        )

    def run(self, page: Path) -> int:
        """Execute a page; return how many of its blocks were executed."""
        executed = 0
        for example in self._sybil.parse(page).examples():
            try:
                example.evaluate()
            except SkipTest as reason:
                self.left_out.append((example, str(reason)))
            else:
                executed += 1
        return executed

    def _console(self, example: Example) -> None:
        """Run each ``$ command`` and compare what it prints with what stands below it."""
        lines = example.parsed.splitlines()
        while lines:
            command = lines.pop(0)
            assert command.startswith("$ "), f"{command!r} is no command"
            while command.endswith("\\"):
                command += "\n" + lines.pop(0).removeprefix("> ")
            expected = []
            while lines and not lines[0].startswith("$ "):
                expected.append(lines.pop(0))
            done = self._run(command[2:])
            if expected:
                pattern = ".*".join(re.escape(part) for part in "\n".join(expected).split("..."))
                assert re.fullmatch(pattern, done.stdout.rstrip("\n"), re.DOTALL), (
                    f"{command}\nprints\n{done.stdout}\nand not\n" + "\n".join(expected)
                )
            else:
                assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"

    def _sh(self, example: Example) -> None:
        done = self._run(f"set -eu\n{example.parsed}")
        assert done.returncode == 0, f"{example.parsed}\n{done.stdout}\n{done.stderr}"

    def _run(self, command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", command],
            cwd=self.directory,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def _toml(self, example: Example) -> None:
        """Load a configuration; a fragment without a source gets one."""
        table = tomllib.loads(example.parsed)
        table.setdefault("source", {"panel": {"backend": "sample_backends:Small"}})
        before = dict(os.environ)
        os.environ.update(self.environment)
        try:
            from_table(table)
        finally:
            os.environ.clear()
            os.environ.update(before)

    def _sql(self, example: Example) -> None:
        """Run statements on the database of the examples, and take back what they change."""
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.executescript((self.directory / "postfixadmin.sql").read_text(encoding="utf-8"))
            connection.executescript(example.parsed)
