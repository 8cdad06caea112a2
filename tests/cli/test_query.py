"""``forwardresolve query``: a verdict for any address, one a line, as it comes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from cli.conftest import Run

SMALL = ("--backend", "sample_backends:Small")
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("Info@A.example", "Info@A.example\texternal\tout@elsewhere.example,ann@a.example"),
        (
            "info+news@a.example",
            "info+news@a.example\texternal\tout+news@elsewhere.example,ann+news@a.example",
        ),
        ("ann@a.example", "ann@a.example\tinternal\tann@a.example"),
        ("nobody@b.example", "nobody@b.example\texternal\tall@elsewhere.example"),
        ("box@b.example", "box@b.example\tinternal\tbox@b.example"),
        ("out@elsewhere.example", "out@elsewhere.example\tnot-hosted\tout@elsewhere.example"),
    ],
)
def test_an_address_is_answered_in_three_columns(address: str, line: str, run: Run) -> None:
    done = run("query", address, *SMALL)

    assert (done.code, done.out, done.err) == (0, f"{line}\n", "")


def test_json_is_one_object_a_line(run: Run) -> None:
    done = run("query", "Info@A.example", "x@b.example", *SMALL, "--format", "json")

    assert [json.loads(line) for line in done.lines] == [
        {
            "address": "Info@A.example",
            "verdict": "external",
            "reaches_external": True,
            "status": "ok",
            "finals": [
                {"kind": "external", "address": "out@elsewhere.example"},
                {"kind": "mailbox", "address": "ann@a.example"},
            ],
        },
        {
            "address": "x@b.example",
            "verdict": "external",
            "reaches_external": True,
            "status": "ok",
            "finals": [{"kind": "external", "address": "all@elsewhere.example"}],
        },
    ]


def test_what_is_no_address_is_an_error_after_all_others_were_answered(run: Run) -> None:
    done = run("query", "a@", "ann@a.example", *SMALL)

    assert done.code == 1
    first, second = done.lines
    assert first.startswith("a@\terror\t")
    assert second == "ann@a.example\tinternal\tann@a.example"


def test_an_error_in_json_says_why(run: Run) -> None:
    done = run("query", "a@", *SMALL, "--format", "json")

    told = json.loads(done.out)
    assert done.code == 1
    assert (told["address"], told["verdict"]) == ("a@", "error")
    assert "is no domain" in told["error"]


def test_standard_input_is_answered_line_by_line(run: Run) -> None:
    asked = b"ann@a.example\r\n\nout\t1@a.example\n" + b"u@b.example\n" * 3000 + b"last@b.example"

    done = run("query", "-", *SMALL, stdin=asked)

    assert done.code == 1
    assert len(done.lines) == 3004
    assert done.lines[0] == "ann@a.example\tinternal\tann@a.example"
    assert done.lines[1].startswith("\terror\t")
    assert done.lines[2].startswith("out 1@a.example\terror\t")
    assert done.lines[-1] == "last@b.example\texternal\tall@elsewhere.example"


def test_bytes_that_are_no_text_are_answered_too(run: Run) -> None:
    done = run("query", "-", *SMALL, "--format", "json", stdin=b"\xff@b.example\nann@a.example\n")

    assert len(done.lines) == 2
    assert json.loads(done.lines[1])["verdict"] == "internal"


def test_an_answer_comes_before_the_next_question() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "forwardresolve", "query", "-", *SMALL],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT / "tests")])},
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        for address in ("ann@a.example", "team@a.example"):
            process.stdin.write(f"{address}\n")
            process.stdin.flush()
            assert process.stdout.readline().startswith(f"{address}\t")
        process.stdin.close()
    assert process.returncode == 0
