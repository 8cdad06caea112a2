"""What a controller says of itself, compared with what it should have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import attrs
import pytest

from forwardresolve import ForwardingGraph, resolve
from forwardresolve.errors import TargetError
from forwardresolve.rspamd import RspamdSettings, artifacts
from forwardresolve.rspamd.artifact import map_artifact
from forwardresolve.rspamd.inspecting import (
    UNSEEN,
    Inside,
    held_maps,
    look_inside,
    map_differences,
    rule_differences,
)
from forwardresolve.rspamd.verifying import verify
from rspamd.doors import FakeDoor
from rspamd.test_verifying import _RECORDS

if TYPE_CHECKING:
    from forwardresolve.findings import Finding

_RESOLUTION = resolve(ForwardingGraph.from_records(_RECORDS))
_MULTIMAP = RspamdSettings()
_PLUGIN = RspamdSettings(profile="plugin")


def _pages(settings: RspamdSettings, **changes: Any) -> dict[str, bytes]:  # noqa: ANN401 (any answer)
    """Return what a controller says that has all it should have."""
    files = [file for file in artifacts(_RESOLUTION, settings) if file.kind == "map"]
    acting = "FORWARDRESOLVE_ACT" if settings.profile == "plugin" else "FORCE_ACTION_IS_FORWARDING"
    says: dict[str, Any] = {
        "/maps": [{"map": number, "uri": f"//srv/etc/{file.path}"} for number, file in enumerate(files)],
        "/actions": [{"action": "add header", "value": 6.0}, {"action": "rewrite subject", "value": None}],
        "/counters": [{"symbol": name} for name in (acting, "EXPORT_METADATA_B", "EXPORT_METADATA_A")],
    }
    lists = {path: json.dumps(said).encode() for path, said in {**says, **changes}.items()}
    return lists | {str(number): file.content for number, file in enumerate(files)}


def _door(settings: RspamdSettings, pages: dict[str, bytes]) -> FakeDoor:
    return FakeDoor(lists=_RESOLUTION.__contains__, settings=settings, pages=pages)


def _inside(settings: RspamdSettings, pages: dict[str, bytes]) -> Inside:
    found = look_inside(_door(settings, pages))
    assert found is not None
    return found


def _found(settings: RspamdSettings, pages: dict[str, bytes]) -> list[Finding]:
    inside, files = _inside(settings, pages), artifacts(_RESOLUTION, settings)
    held = held_maps(_door(settings, pages), inside, files)
    return [*map_differences(held, files), *rule_differences(inside, settings)]


@pytest.mark.parametrize("map_format", ["text", "cdb"])
@pytest.mark.parametrize("settings", [_MULTIMAP, _PLUGIN])
def test_a_rspamd_that_has_what_it_should_have_has_no_finding(
    settings: RspamdSettings,
    map_format: Any,  # noqa: ANN401 (one of the formats)
) -> None:
    chosen = attrs.evolve(settings, map_format=map_format)
    assert _found(chosen, _pages(chosen)) == []


def test_exporters_are_learned_and_switched_off() -> None:
    assert _inside(_PLUGIN, _pages(_PLUGIN)).exporters == ("EXPORT_METADATA_A", "EXPORT_METADATA_B")
    door = _door(_PLUGIN, _pages(_PLUGIN))
    assert verify(door, _RESOLUTION, _PLUGIN).findings == ()
    assert door.asked == ["/maps", "/actions", "/counters", "/getmap", "/getmap"]


def test_a_scanning_worker_is_no_controller_and_that_is_said() -> None:
    assert verify(_door(_PLUGIN, {}), _RESOLUTION, _PLUGIN).findings == (UNSEEN,)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], "is not what the sources say: 5 missing (a@a.example, b@a.example, c@a.example, ...)"),
        (["a@a.example", "b@a.example", "c@a.example", "d@a.example"], "1 missing (e@a.example)"),
        (
            ["0@a.example"],
            "5 missing (a@a.example, b@a.example, c@a.example, ...) and 1 too many (0@a.example)",
        ),
    ],
)
def test_an_old_map_is_told_with_what_differs(lines: list[str], told: str) -> None:
    old, new = (
        map_artifact("local.d/maps.d/list", "".join(f"{line}\n" for line in each))
        for each in (lines, [f"{name}@a.example" for name in "abcde"])
    )
    (found,) = map_differences({new.path: old.content}, [new])
    assert (found.id, found.severity) == ("rspamd-map-stale", "error")
    assert told in found.text


def test_a_map_that_was_changed_by_hand_is_told() -> None:
    good = map_artifact("local.d/maps.d/list", "a@a.example\n")
    (found,) = map_differences({good.path: good.content.replace(b"a.example", b"a.example kunde")}, [good])
    assert found.text == "local.d/maps.d/list on that host was changed by hand"


def test_a_table_with_another_delimiter_is_told() -> None:
    plus, minus = (map_artifact("local.d/maps.d/list", f"delimiter: {mark}\n") for mark in "+-")
    (found,) = map_differences({plus.path: minus.content}, [plus])
    assert "another recipient delimiter" in found.text


def test_a_database_that_is_old_is_told() -> None:
    settings = RspamdSettings(profile="plugin", map_format="cdb")
    old = resolve(ForwardingGraph.from_records([each for each in _RECORDS if "keep" not in str(each)]))
    pages = _pages(settings) | {"0": artifacts(old, settings)[0].content}
    (found,) = _found(settings, pages)
    assert "1 missing (keep@most.example -)" in found.text


def test_a_map_of_somebody_else_is_told() -> None:
    (found,) = _found(_PLUGIN, _pages(_PLUGIN) | {"0": b"info@a.example\n"})
    assert (found.id, found.severity) == ("rspamd-map-stale", "error")
    assert "was not written by forwardresolve" in found.text


@pytest.mark.parametrize(
    ("settings", "changes", "ids"),
    [
        (_PLUGIN, {"/maps": []}, ["rspamd-rule-missing"]),
        (_PLUGIN, {"/counters": []}, ["rspamd-rule-missing"]),
        (_MULTIMAP, {"/counters": []}, ["rspamd-rule-missing"]),
        (RspamdSettings(mode="observe"), {}, ["rspamd-mode"]),
        (RspamdSettings(mode="observe"), {"/counters": [], "/actions": []}, []),
        (_PLUGIN, {"/actions": [{"action": "mark", "value": 6.0}]}, ["rspamd-actions"]),
        (_PLUGIN, {"/actions": []}, ["rspamd-actions"]),
        (
            _MULTIMAP,
            {"/counters": [{"symbol": "GREYLIST_SAVE"}, {"symbol": "FORCE_ACTION_IS_FORWARDING"}]},
            ["rspamd-greylisting"],
        ),
    ],
)
def test_rules_and_actions_that_are_not_as_they_should_be_are_told(
    settings: RspamdSettings, changes: dict[str, Any], ids: list[str]
) -> None:
    assert [each.id for each in _found(settings, _pages(settings, **changes))] == ids


@pytest.mark.parametrize("said", [b"", b"{}", b"[1]", b"[{}]"])
def test_what_answers_otherwise_is_no_controller(said: bytes) -> None:
    with pytest.raises(TargetError, match="does not answer as the controller"):
        _inside(_PLUGIN, _pages(_PLUGIN) | {"/maps": said})
