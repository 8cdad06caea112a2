"""``forwardresolve build``: the list, and nothing at all when a source fails."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from forwardresolve.findings import Finding
from forwardresolve.records import Origin

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Run

SMALL = ("--backend", "sample_backends:Small")


def test_the_list_is_sorted_with_catch_alls_as_their_domain(run: Run) -> None:
    done = run("build", *SMALL)

    assert done.code == 0
    assert done.out == "@b.example\ninfo@a.example\nteam@a.example\n"


def test_a_summary_goes_to_standard_error(run: Run) -> None:
    done = run("build", *SMALL)

    assert (
        "listed: addresses 2, catch-alls 1; read: forwardings 6, mailboxes 2, domains 2, sources 1;"
        in done.err
    )


def test_options_reach_the_backend(run: Run) -> None:
    done = run("build", *SMALL, "--option", "prefix=x-")

    assert done.lines == ["@b.example", "x-info@a.example", "x-team@a.example"]


def test_json_tells_all_about_it(run: Run) -> None:
    told = json.loads(run("build", *SMALL, "--format", "json").out)

    findings = told.pop("findings")
    assert told == {
        "schema_version": 1,
        "addresses": ["info@a.example", "team@a.example"],
        "catch_alls": [{"domain": "b.example", "except": ["box@b.example"]}],
        "counts": {
            "sources": 1,
            "domains": 2,
            "mailboxes": 2,
            "forwardings": 6,
            "addresses": 2,
            "catch_alls": 1,
            "findings": len(findings),
        },
    }


def test_the_files_are_written_below_the_directory_and_the_list_is_not_printed(
    run: Run, tmp_path: Path
) -> None:
    done = run("build", *SMALL, "--output", str(tmp_path / "rspamd"))

    assert (done.code, done.out) == (0, "")
    addresses = tmp_path / "rspamd/local.d/maps.d/forwardings.inc.local"
    assert addresses.read_text().splitlines()[1:] == ["info@a.example", "team@a.example"]
    assert f"written: {addresses}" in done.err


def test_files_that_hold_the_same_bytes_are_left_alone(run: Run, tmp_path: Path) -> None:
    run("build", *SMALL, "--output", str(tmp_path))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.conf")}

    done = run("build", *SMALL, "--output", str(tmp_path))

    assert "written:" not in done.err
    assert "unchanged:" in done.err
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.conf")} == before


def test_json_and_files_go_together(run: Run, tmp_path: Path) -> None:
    done = run("build", *SMALL, "--output", str(tmp_path), "--format", "json")

    assert json.loads(done.out)["addresses"] == ["info@a.example", "team@a.example"]
    assert (tmp_path / "local.d/multimap.conf").is_file()


def test_nothing_is_printed_and_nothing_is_written_when_a_source_dies(run: Run, tmp_path: Path) -> None:
    done = run("build", "--backend", "sample_backends:Dying", "--output", str(tmp_path / "rspamd"))

    assert (done.code, done.out) == (4, "")
    assert done.err == (
        "forwardresolve: error: source Dying: "
        "mail.example:5432 closed the connection in the middle of the read\n"
    )
    assert not (tmp_path / "rspamd").exists()


def test_a_strangers_file_is_not_replaced(run: Run, tmp_path: Path) -> None:
    stranger = tmp_path / "local.d" / "multimap.conf"
    stranger.parent.mkdir()
    stranger.write_text("# mine\n")

    done = run("build", *SMALL, "--output", str(tmp_path))

    assert done.code == 6
    assert done.err.startswith(f"forwardresolve: error: {stranger}: was not written by forwardresolve")
    assert stranger.read_text() == "# mine\n"
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [stranger]


def test_no_hosted_domain_is_an_error(run: Run) -> None:
    done = run("build", "--backend", "sample_backends:Homeless")

    assert done.code == 4
    assert "no source (Homeless) names a hosted domain, so every address would be external" in done.err


def test_no_forwarding_is_a_warning(run: Run) -> None:
    done = run("build", "--backend", "sample_backends:Quiet")

    assert (done.code, done.out) == (0, "")
    assert "warning: no source has a forwarding, so the list is empty; look at" in done.err


@pytest.fixture
def many_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every graph have 22 warnings and a notice."""
    found: list[Finding] = [
        Finding(
            f"id-{number}",
            "warning",
            f"Odd row {number}.",
            "Look at it.",
            "x@a.example",
            Origin("alias", "7", "panel"),
        )
        for number in range(22)
    ]
    found.append(Finding("id-notice", "notice", "Worth knowing."))

    def findings(*_: object) -> tuple[Finding, ...]:
        return tuple(found)

    monkeypatch.setattr("forwardresolve.pipeline.building.findings", findings)


@pytest.mark.usefixtures("many_findings")
def test_findings_are_a_line_each_up_to_a_limit_then_a_count(run: Run) -> None:
    done = run("build", *SMALL)
    told = [line for line in done.err.splitlines() if "Odd row" in line]

    assert len(told) == 20
    assert told[0] == "warning: Odd row 0; Look at it [panel: alias (7)]"
    assert "... and 2 more; --format json shows all" in done.err
    assert "Worth knowing" not in done.err


@pytest.mark.usefixtures("many_findings")
def test_json_holds_every_finding(run: Run) -> None:
    told = json.loads(run("build", *SMALL, "--format", "json").out)["findings"]

    assert told[0] == {
        "id": "id-0",
        "severity": "warning",
        "text": "Odd row 0.",
        "advice": "Look at it.",
        "address": "x@a.example",
        "origin": "panel: alias (7)",
    }
    assert [each["origin"] for each in told if each["id"] == "id-notice"] == [None]
