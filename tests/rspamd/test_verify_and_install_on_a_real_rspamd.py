"""Installation into a running Rspamd that has an admin, and the questions to it, on every version."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from forwardresolve import ForwardingGraph, resolve
from forwardresolve.errors import TargetError
from forwardresolve.rspamd import MARKER, RspamdSettings, artifacts
from forwardresolve.rspamd.commands import output_of
from forwardresolve.rspamd.disarming import disarming, parse_dump
from forwardresolve.rspamd.inspecting import UNSEEN
from forwardresolve.rspamd.installing import Steps, apply, carry_out
from forwardresolve.rspamd.placement import Change, installation, removal
from forwardresolve.rspamd.probing import Door
from forwardresolve.rspamd.verifying import verify
from rspamd.test_verifying import _RECORDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from forwardresolve.rspamd.verifying import Protection
    from servers.rspamd import Rspamd
    from servers.rspamd_versions import Version

pytestmark = pytest.mark.live

_RESOLUTION = resolve(ForwardingGraph.from_records(_RECORDS))
_PROFILES: Final = (
    RspamdSettings(message="Refused; say {queue_id} at https://a.example/"),
    RspamdSettings(profile="plugin", recipients="drop", accept_silent_loss=True),
)
_ADMIN_RULE: Final = """rules {
  ADMIN { action = "reject"; expression = "TEST_WELCOME"; require_action = ["add header"];
          message = "admin"; }
}"""


@pytest.fixture
def rspamd(start_rspamd: Callable[..., Rspamd], make_root: Callable[[], Path], version: Version) -> Rspamd:
    """Start a Rspamd whose admin has rules."""
    root = make_root()
    (root / "local.d").mkdir()
    (root / "local.d/force_actions.conf").write_text(_ADMIN_RULE)
    (root / "local.d/multimap.conf").write_text('ADMIN_MAP { type = "ip"; map = ["192.0.2.1"]; }\n')
    return start_rspamd(root, version)


def _verified(rspamd: Rspamd, settings: RspamdSettings) -> Protection:
    """Ask the worker that scans."""
    found = verify(Door(f"http://127.0.0.1:{rspamd.port}"), _RESOLUTION, settings)
    assert UNSEEN in found.findings
    return attrs.evolve(found, findings=tuple(each for each in found.findings if each != UNSEEN))


def _steps(rspamd: Rspamd, settings: RspamdSettings) -> Steps:
    def problem() -> str:
        controller = Door(f"http://127.0.0.1:{rspamd.controller_port}")
        both = (_verified(rspamd, settings), verify(controller, _RESOLUTION, settings))
        return "; ".join(each.text for found in both for each in found.findings)

    return Steps(rspamd.configtest, rspamd.reload, problem)


def _admin_rules_act(rspamd: Rspamd) -> bool:
    scan = rspamd.scan("box@a.example", spam="welcome")
    return scan.message == "admin" and "ADMIN_MAP" in scan.symbols


@pytest.mark.parametrize("settings", _PROFILES)
def test_a_profile_goes_in_works_and_goes_out_and_the_admins_rules_stay(
    rspamd: Rspamd, settings: RspamdSettings
) -> None:
    root = rspamd.root
    before = {path: path.is_file() and path.read_bytes() for path in root.rglob("*")}
    carry_out(installation(artifacts(_RESOLUTION, settings), root), root, _steps(rspamd, settings))
    assert rspamd.scan("info@a.example").action == "reject"
    assert _admin_rules_act(rspamd)
    assert installation(artifacts(_RESOLUTION, settings), root) == ()
    assert list(disarming(parse_dump(output_of(rspamd.configdump)), settings)) == []
    carry_out(removal(root), root, Steps(rspamd.configtest, rspamd.reload))
    rspamd.wait_for(lambda: "IS_FORWARDING" not in rspamd.scan("info@a.example").symbols)
    assert _admin_rules_act(rspamd)
    assert {path: path.is_file() and path.read_bytes() for path in root.rglob("*")} == before


@pytest.mark.parametrize(
    ("settings", "broken", "damage"),
    [
        (_PROFILES[0], "forwardresolve.d/force_actions.conf", (b'expression = "', b'expression = "&& ')),
        (_PROFILES[0], "forwardresolve.d/multimap.conf", (b"combined", b"combination")),
        (_PROFILES[1], "plugins.d/forwardresolve.lua", (b"local N", b"local local N")),
        (
            _PROFILES[1],
            "plugins.d/forwardresolve.lua",
            (b"rspamd_config:register_symbol", b"register_symbol"),
        ),
        (_PROFILES[1], "modules.d/forwardresolve.conf", (b"forwardresolve {", b"forwardresolve {{ = {")),
    ],
)
def test_what_configtest_lets_pass_is_found_and_taken_back(
    rspamd: Rspamd, settings: RspamdSettings, broken: str, damage: tuple[bytes, bytes]
) -> None:
    def damaged(change: Change) -> Change:
        after = change.after if change.after is None else change.after.replace(*damage)
        return attrs.evolve(change, after=after) if change.path == broken else change

    changes = tuple(map(damaged, installation(artifacts(_RESOLUTION, settings), rspamd.root)))
    before = {path: path.read_bytes() for path in rspamd.root.rglob("*") if path.is_file()}
    with pytest.raises(TargetError, match="everything is as it was before"):
        carry_out(changes, rspamd.root, Steps(rspamd.configtest, ""))
    assert {path: path.read_bytes() for path in rspamd.root.rglob("*") if path.is_file()} == before


def _traces(rspamd: Rspamd) -> tuple[Any, ...]:
    """Return what a scan leaves in a Rspamd: its counters and its history."""
    found = []
    for path in ("/stat", "/history"):
        connection = http.client.HTTPConnection("127.0.0.1", rspamd.controller_port, timeout=10)
        try:
            connection.request("GET", path)
            found.append(json.loads(connection.getresponse().read()))
        finally:
            connection.close()
    return found[0]["scanned"], found[0].get("learned"), found[0].get("actions"), len(found[1])


@pytest.mark.parametrize("settings", _PROFILES)
def test_verify_finds_what_is_so_and_leaves_no_trace(rspamd: Rspamd, settings: RspamdSettings) -> None:
    changes = installation(artifacts(_RESOLUTION, settings), rspamd.root)
    carry_out(changes, rspamd.root, _steps(rspamd, settings))
    before = _traces(rspamd)
    controller = Door(f"http://127.0.0.1:{rspamd.controller_port}")
    for found in (_verified(rspamd, settings), verify(controller, _RESOLUTION, settings)):
        assert found.protects
        assert found.findings == ()
        assert found.version in {"3.4", "3.12.1"} or found.version.startswith("4.")
    assert _traces(rspamd) == before
    rspamd.scan("box@a.example")
    rspamd.wait_for(lambda: _traces(rspamd) != before)


def test_verify_sees_an_empty_map_and_an_old_one(rspamd: Rspamd) -> None:
    settings = _PROFILES[0]
    files = artifacts(_RESOLUTION, settings)
    carry_out(installation(files, rspamd.root), rspamd.root, _steps(rspamd, settings))
    maps = [
        Change(file.path, file.content, f"{MARKER}\n".encode(), "map") for file in files if file.kind == "map"
    ]
    apply(maps, rspamd.root)
    rspamd.wait_for(lambda: not _verified(rspamd, settings).protects)
    rspamd.wait_for(
        lambda: [each.id for each in _verified(rspamd, settings).findings] == ["rspamd-map-empty"]
    )
    old = resolve(ForwardingGraph.from_records([each for each in _RECORDS if "first" not in str(each)]))
    apply(installation(artifacts(old, settings), rspamd.root), rspamd.root)
    rspamd.wait_for(
        lambda: (
            {each.address for each in _verified(rspamd, settings).findings}
            >= {"first@a.example", "first+forwardresolve-verify@a.example"}
            and all("first" in each.address for each in _verified(rspamd, settings).findings)
        )
    )


def test_verify_falls_back_to_symbols_where_requests_bring_no_settings(
    start_rspamd: Callable[..., Rspamd], make_root: Callable[[], Path], version: Version
) -> None:
    root = make_root()
    apply(installation(artifacts(_RESOLUTION, _PROFILES[0]), root), root)
    (root / "override.d").mkdir()
    (root / "override.d/settings.conf").write_text("enabled = false;\n")
    found = _verified(start_rspamd(root, version), _PROFILES[0])
    assert [each.id for each in found.findings] == ["rspamd-settings-closed"]


@pytest.mark.parametrize("settings", [attrs.evolve(each, action="quarantine") for each in _PROFILES])
def test_an_action_that_rspamd_did_not_know_is_forced(rspamd: Rspamd, settings: RspamdSettings) -> None:
    admins = rspamd.root / "local.d/actions.conf"
    admins.write_text("reject = 20;\n")
    carry_out(
        installation(artifacts(_RESOLUTION, settings), rspamd.root), rspamd.root, _steps(rspamd, settings)
    )
    assert rspamd.scan("info@a.example").action == "quarantine"
    assert rspamd.scan("box@a.example").action == "add header"
    carry_out(removal(rspamd.root), rspamd.root, Steps(rspamd.configtest, rspamd.reload))
    assert admins.read_text() == "reject = 20;\n"


@pytest.mark.parametrize("settings", _PROFILES)
def test_a_rspamd_in_a_container_reads_its_own_paths_and_files_of_its_own_user(
    start_rspamd: Callable[..., Rspamd],
    make_root: Callable[[], Path],
    version: Version,
    settings: RspamdSettings,
) -> None:
    root = make_root()
    (root / "local.d").mkdir()
    (root / "local.d/force_actions.conf").write_text(_ADMIN_RULE)
    rspamd = start_rspamd(root, version, inside="/srv")
    steps = attrs.evolve(_steps(rspamd, settings), owner=(54321, 54322))
    carry_out(installation(artifacts(_RESOLUTION, settings), root, "/srv"), root, steps)
    assert rspamd.scan("info@a.example").action == "reject"
    files = [path for path in root.rglob("*") if path.is_file() and path.name != "force_actions.conf"]
    assert {(path.stat().st_uid, path.stat().st_gid) for path in files} == {(54321, 54322)}
    texts = "".join(path.read_text() for path in files if path.suffix == ".conf")
    assert '"/srv/local.d/maps.d/' in texts
    assert "$LOCAL_CONFDIR" not in texts
    assert str(root) not in texts
    carry_out(removal(root), root, Steps(rspamd.configtest, rspamd.reload))
    assert [path.name for path in root.rglob("*")] == ["local.d", "force_actions.conf"]
