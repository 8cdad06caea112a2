"""Maps that follow an answer are, byte for byte, those that are written anew."""

from __future__ import annotations

from random import Random
from typing import Final

import attrs
import pytest

from forwardresolve import LiveResolution
from forwardresolve.rspamd import Exemption, RspamdSettings, artifacts, formats
from forwardresolve.rspamd.live_maps import Exchange, LiveMaps
from forwardresolve.rspamd.parts import parts_of
from live.streams import CHANGES_A_WORLD, Stream

RULES: Final = RspamdSettings(
    exempt=(Exemption("a@a.test", "the owner reads it"), Exemption("@sub.a.test", "a test")),
    protect=("b@a.test", "@b.test", "c+d@a.test"),
)
SETTINGS: Final = {
    "text": RspamdSettings(map_format="text"),
    "cdb": RspamdSettings(map_format="cdb"),
    "auto": RspamdSettings(),
    "few patterns": RspamdSettings(pattern_limit=1),
    "rules": RULES,
    "plugin": RspamdSettings(profile="plugin"),
    "plugin cdb": attrs.evolve(RULES, profile="plugin", map_format="cdb"),
}


def written(live: LiveResolution, settings: RspamdSettings) -> dict[str, bytes]:
    return {each.path: each.content for each in artifacts(live, settings) if each.kind == "map"}


@pytest.mark.parametrize("kind", SETTINGS)
@pytest.mark.parametrize("number", range(5))
def test_after_every_change_they_are_those_that_are_written_anew(
    kind: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "LARGE", 40)  # so that small lists go over, too
    monkeypatch.setattr(formats, "OVERLAP", 20)
    settings = SETTINGS[kind]
    stream = Stream(Random(f"{kind}/{number}"), calm=number % 2 == 0)  # noqa: S311 (repeatable, not secret)
    live = LiveResolution(stream.host.graph())
    if not live.graph.rows.domains:
        return
    maps = LiveMaps(live, settings)
    for _ in range(CHANGES_A_WORLD):
        before, delta = maps.contents, live.apply(stream.changes())
        if not live.graph.rows.domains:
            return
        exchanges = maps.follow(delta)
        if exchanges is None:
            assert settings.map_format == "auto"
            maps = LiveMaps(live, settings)
            continue
        assert maps.contents == written(live, settings)
        for path, content in maps.contents.items():
            had, has = frozenset(parts_of(before[path])), frozenset(parts_of(content))
            exchange = exchanges.get(path, Exchange(frozenset(), frozenset()))
            assert (exchange.goes, exchange.comes) == (had - has, has - had)
            assert path not in exchanges or exchange.goes | exchange.comes
