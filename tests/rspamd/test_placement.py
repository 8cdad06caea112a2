"""Which files are written on a front end that has an admin."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import attrs
import pytest

from forwardresolve.errors import TargetError
from forwardresolve.rspamd import MARKER, RspamdSettings, artifacts
from forwardresolve.rspamd.configuration import JOURNAL
from forwardresolve.rspamd.installing import Steps, apply, carry_out
from forwardresolve.rspamd.placement import DIRECTORY_MARK, installation, removal
from rspamd.answers import Said

if TYPE_CHECKING:
    from pathlib import Path

_TEXT = RspamdSettings(map_format="text")
_MULTIMAP = artifacts(Said(("info@a.example",)), _TEXT)
_PLUGIN = artifacts(Said(("info@a.example",)), attrs.evolve(_TEXT, profile="plugin"))
_LINE = (
    '.include(try=true; priority=1; duplicate=merge) "$LOCAL_CONFDIR/forwardresolve.d/multimap.conf"'
    f"  {MARKER}\n"
)


def _files(root: Path) -> dict[str, str]:
    paths = (path for path in root.rglob("*") if path.is_file() and path.name != DIRECTORY_MARK)
    return {str(path.relative_to(root)): path.read_text() for path in paths}


def _all(root: Path) -> dict[str, bytes | None]:
    """Return every file, and every directory as None."""
    paths = sorted(root.rglob("*"))
    return {str(path.relative_to(root)): path.read_bytes() if path.is_file() else None for path in paths}


def _admin(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_an_empty_root_gets_every_file_in_its_place(tmp_path: Path) -> None:
    apply(installation(_MULTIMAP, tmp_path), tmp_path)
    assert _files(tmp_path) == {file.path: file.content.decode() for file in _MULTIMAP}
    assert installation(_MULTIMAP, tmp_path) == ()


@pytest.mark.parametrize("text", ["", "A {}", "A {}\n"])
def test_a_file_of_the_admins_gets_one_line_once(tmp_path: Path, text: str) -> None:
    _admin(tmp_path, "local.d/multimap.conf", text)
    before = _all(tmp_path)
    apply(installation(_MULTIMAP, tmp_path), tmp_path)
    appended = _LINE if text.endswith("\n") or not text else f"\n{_LINE[:-1]}; the line end before it, too\n"
    files = _files(tmp_path)
    assert files["local.d/multimap.conf"] == text + appended
    assert files["forwardresolve.d/multimap.conf"] == _MULTIMAP[4].content.decode()
    assert files["local.d/force_actions.conf"] == _MULTIMAP[0].content.decode()
    assert installation(_MULTIMAP, tmp_path) == ()
    apply(removal(tmp_path), tmp_path)
    assert _all(tmp_path) == before


def test_a_file_of_the_admins_with_bytes_of_another_encoding_is_kept_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "local.d/multimap.conf"
    path.parent.mkdir()
    path.write_bytes(b"# \xfcber\r\nA {}\r\n")
    apply(installation(_MULTIMAP, tmp_path), tmp_path)
    apply(removal(tmp_path), tmp_path)
    assert path.read_bytes() == b"# \xfcber\r\nA {}\r\n"


def test_another_profile_takes_the_place_of_the_first(tmp_path: Path) -> None:
    _admin(tmp_path, "local.d/multimap.conf", "A {}\n")
    apply(installation(_MULTIMAP, tmp_path), tmp_path)
    apply(installation(_PLUGIN, tmp_path), tmp_path)
    wanted = {file.path: file.content.decode() for file in _PLUGIN}
    assert _files(tmp_path) == {**wanted, "local.d/multimap.conf": "A {}\n"}


def test_directories_that_we_made_go_and_those_in_use_stay(tmp_path: Path) -> None:
    (tmp_path / "plugins.d").mkdir()
    apply(installation(_PLUGIN, tmp_path), tmp_path)
    assert installation(_PLUGIN, tmp_path) == ()
    _admin(tmp_path, "modules.d/mine.conf", "A {}\n")
    carry_out(removal(tmp_path), tmp_path, Steps("", ""))
    assert _all(tmp_path) == {"modules.d": None, "modules.d/mine.conf": b"A {}\n", "plugins.d": None}


def test_what_cannot_be_written_leaves_no_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fsync(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(TargetError, match="No space left"):
        apply(installation(_PLUGIN, tmp_path), tmp_path)
    assert _all(tmp_path) == {}


def test_a_line_of_the_admins_that_looks_like_ours_stays(tmp_path: Path) -> None:
    mine = '.include "$LOCAL_CONFDIR/forwardresolve.d/multimap.conf"\n'
    _admin(tmp_path, "local.d/multimap.conf", mine)
    assert removal(tmp_path) == ()


def test_rspamd_in_a_container_reads_its_own_paths(tmp_path: Path) -> None:
    _admin(tmp_path, "local.d/force_actions.conf", "rules {}\n")
    apply(installation(_MULTIMAP, tmp_path, "/srv/rspamd"), tmp_path)
    files = _files(tmp_path)
    assert '"/srv/rspamd/forwardresolve.d/force_actions.conf"' in files["local.d/force_actions.conf"]
    assert 'map = "/srv/rspamd/local.d/maps.d/forwardings.inc.local"' in files["local.d/multimap.conf"]
    assert not any("$LOCAL_CONFDIR" in text for text in files.values())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("override.d/force_actions.conf", "# mine\n  rules { A {} }\n"),
        ("rspamd.conf.local", "force_actions { rules { A {} } }\n"),
        ("rspamd.conf.override", "\nforce_actions {\n}\n"),
    ],
)
def test_rules_that_would_replace_ours_are_refused(tmp_path: Path, name: str, text: str) -> None:
    _admin(tmp_path, name, text)
    with pytest.raises(TargetError, match=f"{name}: its force_actions rules replace"):
        installation(_MULTIMAP, tmp_path)
    assert installation(_PLUGIN, tmp_path)
    _admin(tmp_path, name, "# rules and force_actions {} are elsewhere\n")
    assert installation(_MULTIMAP, tmp_path)


def test_an_action_that_rspamd_does_not_know_is_named_beside_the_admins(tmp_path: Path) -> None:
    _admin(tmp_path, "local.d/actions.conf", "reject = 20;\n")
    before = _all(tmp_path)
    files = artifacts(Said(("info@a.example",)), attrs.evolve(_TEXT, action="quarantine"))
    apply(installation(files, tmp_path), tmp_path)
    assert _files(tmp_path)["forwardresolve.d/actions.conf"].endswith(
        'quarantine { flags = ["no_threshold"]; }\n'
    )
    assert _files(tmp_path)["local.d/actions.conf"].startswith("reject = 20;\n.include")
    apply(removal(tmp_path), tmp_path)
    assert _all(tmp_path) == before


def test_a_strangers_map_or_plugin_is_not_replaced(tmp_path: Path) -> None:
    _admin(tmp_path, "local.d/maps.d/forwardings-table.inc.local", "mine\n")
    _admin(tmp_path, "plugins.d/forwardresolve.lua", "return 1\n")
    with pytest.raises(TargetError) as caught:
        installation(_PLUGIN, tmp_path)
    assert [line.rpartition("/")[2].partition(":")[0] for line in str(caught.value).splitlines()] == [
        "forwardings-table.inc.local",
        "forwardresolve.lua",
    ]


def test_override_d_and_other_files_of_ours_elsewhere_are_never_touched(tmp_path: Path) -> None:
    _admin(tmp_path, "override.d/multimap.conf", f"{MARKER}\n")
    (tmp_path / "local.d").mkdir()
    (tmp_path / "local.d/link").symlink_to("../override.d/multimap.conf")
    assert removal(tmp_path) == ()


def test_a_place_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "local.d/multimap.conf").mkdir(parents=True)
    with pytest.raises(TargetError, match=r"multimap\.conf: cannot be read: Is a directory"):
        removal(tmp_path)


def test_an_installation_leaves_the_journal_of_a_deployment_and_a_removal_takes_it(tmp_path: Path) -> None:
    journal = tmp_path / JOURNAL
    journal.parent.mkdir(parents=True)
    journal.write_text(f"{MARKER}\n{{}}\n")

    assert JOURNAL not in [each.path for each in installation([], tmp_path)]
    assert JOURNAL in [each.path for each in removal(tmp_path)]
