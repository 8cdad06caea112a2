"""What the controller of a running Rspamd says of itself: which maps, rules and actions it has.

A scanning worker does not know these questions. The controller answers them with its password, or
without one where it trusts the address that asks (measured on 3.4 and 4.1). Nothing is changed.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import attrs

from forwardresolve.errors import TargetError
from forwardresolve.findings import Finding
from forwardresolve.rspamd.artifact import is_ours
from forwardresolve.rspamd.reading import is_whole, read_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from forwardresolve.rspamd.artifact import Artifact
    from forwardresolve.rspamd.probing import Door
    from forwardresolve.rspamd.settings import RspamdSettings

UNSEEN: Final = Finding(
    "rspamd-controller-unseen",
    "notice",
    "this is no controller, so its maps, rules and actions were not looked at",
    "ask the controller, port 11334, with --password-file",
)
"""The finding where only a scanning worker was asked."""

_INSTALL: Final = "run forwardresolve rspamd install"
_SHOWN: Final = 3


@attrs.frozen
class Inside:
    """What a controller says.

    Args:
        maps: Every map that it knows as a file, and the number by which it gives its content.
        actions: Its actions that have a threshold.
        symbols: The symbols that it computes, virtual ones too.
    """

    maps: Mapping[str, str]
    actions: frozenset[str]
    symbols: frozenset[str]

    @property
    def exporters(self) -> tuple[str, ...]:
        """The metadata exporters, whose names are the admin's."""
        return tuple(sorted(name for name in self.symbols if name.startswith("EXPORT_METADATA_")))


def look_inside(door: Door) -> Inside | None:
    """Ask a controller about itself.

    Args:
        door: Where it listens.

    Returns:
        What it says; None where this is the port of something else.

    Raises:
        TargetError: It cannot be asked, wants a password, or answers oddly.
    """
    listed = door.get("/maps")
    if listed is None:
        return None
    try:
        return Inside(
            maps={each["uri"]: str(each["map"]) for each in _list(listed)},
            actions=frozenset(
                each["action"] for each in _list(door.get("/actions")) if each["value"] is not None
            ),
            symbols=frozenset(each["symbol"] for each in _list(door.get("/counters"))),
        )
    except (ValueError, KeyError, TypeError):
        msg = f"{door.url}: does not answer as the controller of a Rspamd does"
        raise TargetError(msg) from None


def _list(body: bytes | None) -> list[dict[str, Any]]:
    found = json.loads(body or b"")
    if not isinstance(found, list):
        raise TypeError
    return found


def held_maps(door: Door, inside: Inside, artifacts: Iterable[Artifact]) -> Mapping[str, bytes]:
    """Fetch the maps among artifacts as a Rspamd has them.

    Args:
        door: The controller.
        inside: What it says.
        artifacts: The files that it should have.

    Returns:
        The path of each map that it knows, below whatever root, and what the file holds there.
    """
    return {
        artifact.path: door.get("/getmap", {"Map": number}) or b""
        for artifact in artifacts
        for uri, number in inside.maps.items()
        if artifact.kind == "map" and uri.endswith(f"/{artifact.path}")
    }


def map_differences(held: Mapping[str, bytes], artifacts: Iterable[Artifact]) -> Iterator[Finding]:
    """Find the maps of a Rspamd that are not what the sources say.

    Args:
        held: From `held_maps`.
        artifacts: The files that it should have.
    """
    maps = [artifact for artifact in artifacts if artifact.kind == "map"]
    absent = [artifact.path for artifact in maps if artifact.path not in held]
    if absent:
        text = f"this Rspamd has no rule with the map {', '.join(absent)}"
        yield Finding("rspamd-rule-missing", "error", text, _INSTALL)
    for artifact in maps:
        there = held.get(artifact.path, artifact.content)
        if there != artifact.content:
            text = f"{artifact.path} on that host {_how(artifact.content, there)}"
            yield Finding("rspamd-map-stale", "error", text, "deploy the list again")


def _how(wanted: bytes, there: bytes) -> str:
    """Say how a map differs from what it should be."""
    if not is_ours(there):
        return "was not written by forwardresolve"
    if not is_whole(there):
        return "was changed by hand"
    should, does = read_keys([wanted]), read_keys([there])
    parts = [
        f"{len(keys)} {what} ({', '.join(sorted(keys)[:_SHOWN])}{', ...' * (len(keys) > _SHOWN)})"
        for what, keys in (("missing", should - does), ("too many", does - should))
        if keys
    ]
    return f"is not what the sources say: {' and '.join(parts) or 'another recipient delimiter'}"


def rule_differences(inside: Inside, settings: RspamdSettings) -> Iterator[Finding]:
    """Find the rules and actions of a Rspamd that are not as they should be.

    Args:
        inside: What its controller says.
        settings: What the admin chose.
    """
    acting = "FORWARDRESOLVE_ACT" if settings.profile == "plugin" else f"FORCE_ACTION_{settings.symbol}"
    if settings.mode == "enforce" and acting not in inside.symbols:
        text = f"the rule that refuses ({acting}) is not there"
        advice = f"{_INSTALL}; an override.d/force_actions.conf replaces all rules of local.d"
        yield Finding("rspamd-rule-missing", "error", text, advice)
    if settings.mode == "observe" and acting in inside.symbols:
        text = f'mode = "observe", but the rule that refuses ({acting}) is there'
        yield Finding("rspamd-mode", "error", text, _INSTALL)
    if settings.mode == "enforce" and not inside.actions & set(settings.actions):
        text = (
            f"none of its actions is named {' or '.join(settings.actions)}, so nothing is ever refused; "
            f"they are named {', '.join(sorted(inside.actions)) or 'nothing'}"
        )
        yield Finding("rspamd-actions", "error", text, "name those that mark spam in actions of [rspamd]")
    if settings.profile == "multimap" and "GREYLIST_SAVE" in inside.symbols:
        text = "greylisting answers unknown spam with 4xx before the rule sees it"
        yield Finding("rspamd-greylisting", "notice", text, 'profile = "plugin" refuses at once')
