"""Every setting that is known to disarm the rule, on a real Rspamd, and what verify says of it over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import attrs
import pytest

from forwardresolve import ForwardingGraph, resolve
from forwardresolve.records import Domain
from forwardresolve.rspamd import RspamdSettings, artifacts
from forwardresolve.rspamd.installing import apply
from forwardresolve.rspamd.placement import installation
from forwardresolve.rspamd.probing import Door
from forwardresolve.rspamd.verifying import verify
from rspamd.test_verifying import _RECORDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from servers.rspamd import Rspamd
    from servers.rspamd_versions import Version

    Start = Callable[..., Rspamd]

pytestmark = pytest.mark.live

_RESOLUTION = resolve(ForwardingGraph.from_records(_RECORDS))
_MULTIMAP: Final = RspamdSettings()
_PLUGIN: Final = RspamdSettings(profile="plugin")
_GREYLISTING: Final = 'redis { servers = "127.0.0.1:9"; }\ngreylist { timeout = 5min; }\n'


@pytest.fixture(scope="module")
def start(start_rspamd: Callable[..., Rspamd], make_root: Callable[[], Path], version: Version) -> Start:
    """Start a Rspamd that has the rule, with something that disarms it."""

    def made(
        settings: RspamdSettings,
        further: str = "",
        files: dict[str, str] | None = None,
        **changes: Any,  # noqa: ANN401 (any option)
    ) -> Rspamd:
        root = make_root()
        apply(installation(artifacts(_RESOLUTION, attrs.evolve(settings, **changes)), root), root)
        for name, text in (files or {}).items():
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text(text)
        return start_rspamd(root, version, further.replace("ROOT", str(root)))

    return made


def _said(rspamd: Rspamd, settings: RspamdSettings, *, controller: bool = True) -> dict[str, str]:
    """Return what verify finds, by id: the text of the last finding of it."""
    port = rspamd.controller_port if controller else rspamd.port
    found = verify(Door(f"http://127.0.0.1:{port}"), _RESOLUTION, settings).findings
    return {each.id: each.text for each in found}


@pytest.mark.parametrize("settings", [_MULTIMAP, attrs.evolve(_PLUGIN, map_format="cdb")])
def test_a_list_that_is_old_and_one_that_is_empty_are_told(start: Start, settings: RspamdSettings) -> None:
    rspamd = start(settings)
    assert _said(rspamd, settings) == {}
    assert set(_said(rspamd, settings, controller=False)) == {"rspamd-controller-unseen"}
    observing = attrs.evolve(settings, mode="observe")
    assert set(_said(rspamd, observing)) == {"rspamd-mode", "rspamd-observing"}
    fewer = [each for each in _RECORDS if "lit+plus" not in str(each)]
    old = resolve(ForwardingGraph.from_records([each for each in fewer if "keep" not in str(each)]))
    apply(installation(artifacts(old, settings), rspamd.root), rspamd.root)
    rspamd.wait_for(lambda: set(_said(rspamd, settings)) == {"rspamd-map-stale", "rspamd-unprotected"})
    assert "missing" in _said(rspamd, settings)["rspamd-map-stale"]
    nothing = resolve(ForwardingGraph.from_records([Domain("a.example")]))
    apply(installation(artifacts(nothing, settings), rspamd.root), rspamd.root)
    rspamd.wait_for(lambda: set(_said(rspamd, settings)) == {"rspamd-map-empty", "rspamd-map-stale"})


def test_values_in_the_map_of_a_plain_rule_are_told_and_ours_minds_none(start: Start) -> None:
    def with_values(text: str) -> str:
        return "".join(f"{line} kunde\n" if "@" in line else f"{line}\n" for line in text.splitlines())

    ours = start(_MULTIMAP)
    assert _said(ours, _MULTIMAP) == {}
    path = ours.root / "local.d/maps.d/forwardings.inc.local"
    path.write_text(with_values(path.read_text()) + "new@a.example kunde\n")
    ours.wait_for(lambda: ours.scan("new@a.example").action == "reject")
    assert set(_said(ours, _MULTIMAP, controller=False)) == {"rspamd-controller-unseen"}
    assert "was changed by hand" in _said(ours, _MULTIMAP)["rspamd-map-stale"]
    rule = 'multimap {{ PLAIN {{ type = "rcpt"; map = "{}/plain"; score = 0; }} }}'
    plain = start(
        _MULTIMAP, rule.format("ROOT"), {"plain": with_values(path.read_text().replace(" kunde", ""))}
    )
    found = _said(plain, RspamdSettings(symbol="PLAIN"), controller=False)
    assert "listed addresses set kunde instead of PLAIN" in found["rspamd-map-values"]


def test_a_rule_that_is_lost_to_override_d_is_told(start: Start) -> None:
    theirs = 'rules { ADMIN { action = "reject"; expression = "TEST_FINAL"; } }\n'
    rspamd = start(_MULTIMAP, files={"override.d/force_actions.conf": theirs})
    assert rspamd.scan("first@a.example").action == "add header"
    assert set(_said(rspamd, _MULTIMAP, controller=False)) == {
        "rspamd-not-refused",
        "rspamd-controller-unseen",
    }
    assert "FORCE_ACTION_IS_FORWARDING" in _said(rspamd, _MULTIMAP)["rspamd-rule-missing"]
    plugin = start(_PLUGIN, files={"override.d/force_actions.conf": theirs})
    assert _said(plugin, _PLUGIN) == {}


@pytest.mark.parametrize("settings", [_MULTIMAP, _PLUGIN])
def test_a_rule_that_only_observes_is_told(start: Start, settings: RspamdSettings) -> None:
    observing = attrs.evolve(settings, mode="observe")
    assert set(_said(start(observing), settings)) == {"rspamd-rule-missing", "rspamd-not-refused"}


def test_actions_with_other_names_are_told_by_the_controller(start: Start) -> None:
    rspamd = start(_MULTIMAP, 'actions { "add header" = null; mark = 6; }\n')
    assert "they are named" in _said(rspamd, _MULTIMAP)["rspamd-actions"]


def test_an_action_that_is_left_out_is_told(start: Start) -> None:
    chosen = RspamdSettings(actions=("add header",))
    assert set(_said(start(chosen), chosen)) == {"rspamd-rewrite-subject"}


def test_greylisting_is_told_where_it_comes_first(start: Start) -> None:
    assert set(_said(start(_MULTIMAP, _GREYLISTING), _MULTIMAP)) == {"rspamd-greylisting"}


@pytest.mark.parametrize("version", ["newest"], indirect=True)
def test_recipients_that_rspamd_replaces_are_told_where_that_counts(start: Start) -> None:
    aliases = {"virtual": "first@a.example someone@gmail.example\n"}
    further = 'aliases { local_domains = ["a.example"]; virtual_aliases = "ROOT/virtual"; }\n'
    found = _said(start(_MULTIMAP, further, aliases), _MULTIMAP, controller=False)
    assert set(found) == {"rspamd-virtual-aliases", "rspamd-unprotected", "rspamd-controller-unseen"}
    assert "with an extension" in found["rspamd-unprotected"]
