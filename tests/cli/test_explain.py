"""``forwardresolve explain``: forwards, backwards, and what if."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.conftest import Run

SMALL = ("--backend", "sample_backends:Small")
OUT = "out@elsewhere.example"


def test_an_explanation_is_told_as_json(run: Run) -> None:
    told = json.loads(run("explain", "info@a.example", "--format", "json", *SMALL).out)

    assert told["listed"]
    assert told["ways"] == [["info@a.example", "team@a.example", OUT]]


def test_an_explanation_is_drawn(run: Run) -> None:
    assert run("explain", "info@a.example", "--format", "mermaid", *SMALL).out.startswith("flowchart LR\n")
    assert run("explain", "info@a.example", "--format", "dot", *SMALL).out.startswith(
        "digraph forwardings {\n"
    )


def test_who_reaches_a_destination_is_told(run: Run) -> None:
    done = run("explain", "--reverse", OUT, *SMALL)

    assert done.lines[0].startswith(f"{OUT} is reached by ")
    assert any(line.startswith("  info@a.example -> team@a.example") for line in done.lines)
    told = json.loads(run("explain", "--reverse", OUT, "--format", "json", *SMALL).out)
    assert told["destination"] == OUT
    assert f'label="{OUT}"' in run("explain", "--reverse", OUT, "--format", "dot", *SMALL).out


def test_what_would_change_is_told(run: Run) -> None:
    change = ("--without", f"team@a.example={OUT}", "--with", "new@a.example=info@a.example")

    done = run("explain", "info@a.example", *change, *SMALL)

    assert done.code == 0
    assert done.lines[:2] == [f"without team@a.example -> {OUT}", "with new@a.example -> info@a.example"]
    told = json.loads(run("explain", "info@a.example", *change, "--format", "json", *SMALL).out)
    assert "info@a.example" in told["no_longer_listed"]
    assert OUT not in run("explain", "info@a.example", *change, "--format", "mermaid", *SMALL).out


def test_a_forwarding_that_is_not_there_is_an_error_in_a_line(run: Run) -> None:
    done = run("explain", "info@a.example", "--without", "info@a.example=x@y.example", *SMALL)

    assert done.code == 1
    assert "info@a.example does not forward to x@y.example" in done.err


def test_a_text_that_is_no_change_is_an_error_in_a_line(run: Run) -> None:
    assert "SOURCE=DESTINATION" in run("explain", "info@a.example", "--with", "x@y.example", *SMALL).err


def test_backwards_and_what_if_exclude_each_other(run: Run) -> None:
    done = run("explain", "--reverse", OUT, "--with", "a@a.example=b@b.example", *SMALL)

    assert done.code == 2
    assert "exclude each other" in done.err
