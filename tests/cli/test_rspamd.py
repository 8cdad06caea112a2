"""``forwardresolve rspamd install``, ``uninstall`` and ``verify``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import attrs
import pytest

from forwardresolve.cli import rspamd as command
from forwardresolve.cli import verify as verify_command
from forwardresolve.operate.protection import load
from forwardresolve.rspamd import RspamdSettings
from forwardresolve.rspamd.probing import Door
from rspamd.doors import FakeDoor

if TYPE_CHECKING:
    from pathlib import Path

    from cli.conftest import Run

SMALL = ("--backend", "sample_backends:Small")
QUIET = ("--configtest", "true", "--reload", "true")


def _doors(monkeypatch: pytest.MonkeyPatch, *, lists: bool) -> list[Door]:
    """Let every command meet a Rspamd that lists what it should, or nothing."""
    asked: list[Door] = []

    def door(url: str, password: str = "", exporters: tuple[str, ...] = ()) -> Door:
        asked.append(Door(url, password, exporters))
        return FakeDoor(lists=lambda address: lists and _is_listed(address), settings=RspamdSettings())

    monkeypatch.setattr(command, "Door", door)
    monkeypatch.setattr(verify_command, "Door", door)
    return asked


def _is_listed(address: str) -> bool:
    local, _, domain = address.rpartition("@")
    base = local.partition("+")[0]
    return base in {"info", "team"} if domain == "a.example" else domain == "b.example" and base != "box"


def test_a_dry_run_shows_everything_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "local.d").mkdir()
    (tmp_path / "local.d/multimap.conf").write_text("MINE {}\n")
    done = run("rspamd", "install", "--root", str(tmp_path), "--dry-run", *SMALL)
    assert done.code == 0
    assert f"changed: {tmp_path}/local.d/multimap.conf" in done.out
    assert '    +.include(try=true; priority=1; duplicate=merge) "$LOCAL_CONFDIR' in done.out
    assert f"new: {tmp_path}/local.d/maps.d/forwardings.inc.local (0 -> " in done.out
    assert "nothing was changed" in done.err
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["multimap.conf"]


def test_install_and_uninstall_leave_what_was_there(run: Run, tmp_path: Path) -> None:
    root = ("--root", str(tmp_path))
    done = run("rspamd", "install", *root, "--profile", "plugin", "--observe", *QUIET, *SMALL)
    assert (done.code, done.err) == (0, "done; not verified (see forwardresolve verify)\n")
    assert 'mode = "observe"' in (tmp_path / "modules.d/forwardresolve.conf").read_text()
    again = run("rspamd", "install", *root, "--profile", "plugin", "--observe", *QUIET, *SMALL)
    assert (again.code, again.out, again.err) == (0, "", "everything is in place\n")
    gone = run("rspamd", "uninstall", *root, *QUIET)
    assert gone.code == 0
    assert "removed: " in gone.out
    assert list(tmp_path.iterdir()) == []


def test_a_step_that_fails_is_exit_6_and_nothing_stays(run: Run, tmp_path: Path) -> None:
    done = run("rspamd", "install", "--root", str(tmp_path), "--configtest", "false", *SMALL)
    assert done.code == 6
    assert "false: ends with 1" in done.err
    assert list(tmp_path.iterdir()) == []


def test_an_installation_is_verified(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("forwardresolve.rspamd.installing._PATIENCE", 0.1)
    password = tmp_path / "password"
    password.write_text("geheim\n")
    password.chmod(0o600)
    root = tmp_path / "rspamd"
    arguments = ("rspamd", "install", "--root", str(root), "--verify", "http://mx1:11334", *QUIET, *SMALL)
    asked = _doors(monkeypatch, lists=False)
    refused = run(*arguments, "--password-file", str(password))
    assert refused.code == 6
    assert "no listed address sets IS_FORWARDING" in refused.err
    assert asked == [Door("http://mx1:11334", "geheim")]
    _doors(monkeypatch, lists=True)
    done = run(*arguments)
    assert (done.code, done.err) == (0, "done\n")


@pytest.mark.parametrize("owner", ["rspamd", "1", "1:", "a:1"])
def test_an_owner_is_two_numbers(run: Run, tmp_path: Path, owner: str) -> None:
    done = run("rspamd", "install", "--root", str(tmp_path), "--owner", owner, "--dry-run", *SMALL)
    assert done.code == 2
    assert "two numbers" in done.err


def test_an_owner_in_numbers_is_taken(run: Run, tmp_path: Path) -> None:
    done = run("rspamd", "install", "--root", str(tmp_path), "--owner", "11333:11333", "--dry-run", *SMALL)
    assert done.code == 0


def test_verify_shows_every_case_and_ends_with_0_or_7(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    _doors(monkeypatch, lists=True)
    done = run("verify", "--rspamd", "http://mx1:11333", "--rspamd", "http://mx2:11333", *SMALL)
    assert done.code == 0
    assert "ok     address: info@a.example: reject" in done.lines
    assert done.lines[-1] == "http://mx2:11333: Rspamd 4.1.5: protected"
    _doors(monkeypatch, lists=False)
    failed = run("verify", "--rspamd", "http://mx1:11333", *SMALL)
    assert failed.code == 7
    assert any(line.startswith("WRONG  address: info@a.example: IS_FORWARDING") for line in failed.lines)
    assert failed.lines[-1].endswith("NOT PROTECTED")


def test_verify_looks_at_the_configuration_where_it_is_told_how(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _doors(monkeypatch, lists=True)
    dump = tmp_path / "dump.json"
    dump.write_text(json.dumps({"metadata_exporter": {"rules": {"X": {}}}}))
    arguments = ("--rspamd", "http://mx1:11333", "--configdump", f"cat {dump}", "--format", "json")
    done = run("verify", *arguments, *SMALL)
    assert done.code == 7
    table = json.loads(done.out)
    assert table["schema_version"] == 1
    assert table["rspamd"][0]["version"] == "4.1.5"
    ids = {each["id"] for each in table["rspamd"][0]["findings"]}
    assert ids == {"rspamd-rule-missing", "rspamd-controller-unseen"}
    assert table["rspamd"][0]["cases"][0]["problem"] == ""
    assert asked == [Door("http://mx1:11333", "", ("EXPORT_METADATA_X",))]


def test_verify_reads_the_password_from_a_file(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _doors(monkeypatch, lists=True)
    password = tmp_path / "password"
    password.write_text("geheim\n")
    password.chmod(0o600)
    run("verify", "--rspamd", "http://mx1:11334", "--password-file", str(password), *SMALL)
    assert attrs.astuple(asked[0])[1] == "geheim"


def _front_ends(directory: Path, *, url: str = "http://mx{}:11334") -> Path:
    """Write a configuration with two front ends whose Rspamd can be asked, and one whose cannot."""
    path = directory / "config.toml"
    tables = "".join(
        f'[[target]]\nname = "mx{number}"\nkind = "directory"\nroot = "{directory}/mx{number}"\n'
        f'rspamd_url = "{url.format(number)}"\n'
        for number in (1, 2)
    )
    path.write_text(
        f'state_dir = "{directory}/state"\n[source.panel]\nbackend = "sample_backends:Small"\n{tables}'
        f'[[target]]\nname = "mx3"\nkind = "directory"\nroot = "{directory}/mx3"\n'
    )
    return path


def test_verify_asks_every_front_end_of_the_configuration_and_keeps_what_it_found(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _doors(monkeypatch, lists=True)

    prom = tmp_path / "x.prom"
    done = run("--verbose", "verify", "--metrics", str(prom), "--config", str(_front_ends(tmp_path)))

    assert done.code == 0
    assert 'forwardresolve_protected{target="mx1"} 1' in prom.read_text()
    assert [each.url for each in asked] == ["http://mx1:11334", "http://mx2:11334"]
    assert done.lines[-1] == "mx2: Rspamd 4.1.5: protected"
    assert "forwardresolve: mx1: protected (Rspamd 4.1.5)\n" in done.err
    assert {name: each.protects for name, each in load(tmp_path / "state").items()} == {
        "mx1": True,
        "mx2": True,
    }


def test_front_ends_that_cannot_be_asked_are_told_and_end_with_6(run: Run, tmp_path: Path) -> None:
    path = _front_ends(tmp_path, url="no-url-{}")

    done = run("verify", "--config", str(path))

    assert done.code == 6
    assert [line.partition(": CANNOT BE ASKED: ")[0] for line in done.lines] == ["mx1", "mx2"]
    table = json.loads(run("verify", "--config", str(path), "--format", "json").out)
    assert [(each["name"], each["url"], each["protected"]) for each in table["rspamd"]] == [
        ("mx1", "no-url-1", None),
        ("mx2", "no-url-2", None),
    ]
    dump = tmp_path / "dump.json"
    dump.write_text("{}")
    assert run("verify", "--config", str(path), "--configdump", f"cat {dump}").code == 6


def test_verify_without_anybody_to_ask_is_wrong_usage(run: Run) -> None:
    done = run("verify", *SMALL)

    assert done.code == 2
    assert "rspamd_url" in done.err


def test_verify_does_its_work_where_nothing_can_be_kept(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _doors(monkeypatch, lists=True)
    path = _front_ends(tmp_path)
    (tmp_path / "state").touch()

    done = run("--verbose", "verify", "--config", str(path))

    assert done.code == 0
    assert "what was found is not kept" in done.err


@pytest.mark.parametrize("command", ["install", "uninstall"])
def test_the_usual_commands_check_and_reload_where_no_others_are_named(run: Run, command: str) -> None:
    told = " ".join(run("rspamd", command, "--help").out.split())

    assert "[default: rspamadm configtest]" in told
    assert "[default: systemctl reload rspamd]" in told
