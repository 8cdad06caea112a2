"""``forwardresolve findings``: what an operator should know."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Run

RECORDS = (
    {"record": "domain", "name": "a.example"},
    {"record": "mailbox", "address": "box@a.example"},
    {"record": "forward", "source": "info@a.example", "destinations": ["gone@a.example"], "table": "virtual"},
    {"record": "forward", "source": "x@a.example", "destinations": ["away@a.example"], "table": "virtual"},
    {"record": "remark", "id": "sieve-unread", "text": "a script could not be read"},
    {"record": "forward", "source": "u+v@a.example", "destinations": ["box@a.example"], "table": "virtual"},
)


@pytest.fixture
def options(tmp_path: Path) -> tuple[str, ...]:
    """Options that read a host with three warnings and a notice."""
    end = {"record": "end", "count": len(RECORDS), "schema_version": 1}
    path = tmp_path / "records.jsonl"
    path.write_text("".join(f"{json.dumps(each)}\n" for each in (*RECORDS, end)), encoding="utf-8")
    return ("--backend", "command", "--option", f"program=cat,{path}")


def test_findings_are_told_by_kind_with_the_advice_once(run: Run, options: tuple[str, ...]) -> None:
    done = run("findings", *options)

    assert done.code == 0
    assert done.lines[:4] == [
        "warning: dangling-destination",
        "  - info@a.example forwards to gone@a.example, which nobody here takes  [command]",
        "  - x@a.example forwards to away@a.example, which nobody here takes  [command]",
        "  What to do: create the mailbox, correct the destination or take it out: mail to it bounces.",
    ]
    assert done.lines[5:8] == ["warning: sieve-unread", "  - a script could not be read  [command]", ""]
    assert done.err.splitlines()[-1] == "findings: errors 0, warnings 3, notices 1"


def test_findings_as_json_have_all_their_fields(run: Run, options: tuple[str, ...]) -> None:
    done = run("findings", "--format", "json", *options)

    told = json.loads(done.out)
    assert told["schema_version"] == 1
    assert [each["id"] for each in told["findings"]] == [
        "dangling-destination",
        "dangling-destination",
        "sieve-unread",
        "delimiter-in-address",
    ]
    assert told["findings"][0].keys() == {"id", "severity", "text", "advice", "address", "origin"}


@pytest.mark.parametrize(("severity", "code"), [("error", 0), ("warning", 7), ("notice", 7)])
def test_findings_so_severe_make_the_command_fail(
    run: Run, options: tuple[str, ...], severity: str, code: int
) -> None:
    assert run("findings", "--fail-on", severity, *options).code == code
