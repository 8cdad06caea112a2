"""What a real Rspamd decides for random mail hosts equals what the resolution says."""

from __future__ import annotations

import os
import re
from random import Random
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from forwardresolve import ForwardingGraph, resolve
from forwardresolve.addresses import normalise, split_address
from forwardresolve.records import Domain, Forward
from forwardresolve.rspamd import RspamdSettings, artifacts, findings, write
from forwardresolve.rspamd.lines import is_unseen, seen
from rspamd.told import is_told
from scenarios import scenario_records
from worlds import random_recipients, random_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from forwardresolve import Resolution
    from forwardresolve.records import Record
    from servers.rspamd import Rspamd
    from servers.rspamd_versions import Version

pytestmark = pytest.mark.live

_RECIPIENTS: Final = int(os.environ.get("FORWARDRESOLVE_RECIPIENTS", "2000"))
_A_WORLD: Final = 60
_A_SCAN: Final = 20
_HAS_DOMAIN = re.compile(r'@[^"@]+$').search


@attrs.frozen
class _Host:
    """A random mail host, a mark by which its map is known, and recipients as a client writes them."""

    resolution: Resolution
    mark: str
    recipients: tuple[str, ...]


def _hosts(seed: int, count: int) -> Iterator[_Host]:
    """Draw hosts until they have so many recipients; each recipient looks different to Rspamd."""
    rng = Random(seed)  # noqa: S311 (repeatable, not secret)
    number = 0
    while count > 0:
        world = random_world(rng)
        drawn: dict[str, str] = {}
        for _ in range(8):
            for recipient in random_recipients(world, rng):
                if _HAS_DOMAIN(recipient) and not is_unseen(normalise(recipient)):
                    drawn.setdefault(seen(normalise(recipient)), recipient)
        records, settings = scenario_records(world)
        number += 1
        mark = f"mark{number}@mark.example"
        further: list[Record] = [Domain("mark.example"), Forward(mark, "joe@outside.example")]
        resolution = resolve(ForwardingGraph.from_records([*records, *further], **settings))
        if resolution.graph.rows.patterns:  # no finite table says what they do; a finding tells
            continue
        met = [each for each in drawn.values() if not _is_refused_route(resolution, normalise(each))]
        recipients = tuple(met[: min(count, _A_WORLD)])
        count -= len(recipients)
        yield _Host(resolution, mark, recipients)


def _is_refused_route(resolution: Resolution, address: str) -> bool:
    """Tell whether Postfix answers 554 before Rspamd hears of it: ``user%elsewhere`` in a local domain."""
    ends = resolution.graph.ends
    return ends.hosts(split_address(address)[1]) and not ends.accepts(address)


def _deploy(rspamd: Rspamd, host: _Host, settings: RspamdSettings) -> None:
    write(artifacts(host.resolution, settings), rspamd.root)
    rspamd.wait_for(lambda: bool(rspamd.scan(host.mark, spam=False).matched()))


def _start(
    start_rspamd: Callable[..., Rspamd], root: Path, version: Version, settings: RspamdSettings
) -> Rspamd:
    nothing = resolve(ForwardingGraph.from_records([Domain("mark.example")]))
    write(artifacts(nothing, settings), root)
    rspamd = start_rspamd(root, version)
    assert not rspamd.scan("mark@mark.example").matched()
    return rspamd


def test_the_plugin_decides_as_the_resolution_does(
    start_rspamd: Callable[..., Rspamd], make_root: Callable[[], Path], version: Version
) -> None:
    settings = RspamdSettings(profile="plugin")
    rspamd = _start(start_rspamd, make_root(), version, settings)
    asked = listed = 0
    for host in _hosts(1, _RECIPIENTS):
        _deploy(rspamd, host, settings)
        for start in range(0, len(host.recipients), _A_SCAN):
            batch = host.recipients[start : start + _A_SCAN]
            wanted = {seen(normalise(each)) for each in batch if host.resolution.verdict(each).listed}
            found = {each.lower() for each in rspamd.scan(*batch, spam=False).matched()}
            assert found == wanted, host
            asked += len(batch)
            listed += len(wanted)
    assert asked == _RECIPIENTS
    assert 0.1 < listed / asked < 0.9


def test_the_maps_decide_as_the_resolution_does_or_a_finding_tells(
    start_rspamd: Callable[..., Rspamd], make_root: Callable[[], Path], version: Version
) -> None:
    settings = RspamdSettings()
    rspamd = _start(start_rspamd, make_root(), version, settings)
    agreed = 0
    for host in _hosts(2, _RECIPIENTS):
        _deploy(rspamd, host, settings)
        found = findings(host.resolution, settings)
        for recipient in host.recipients:
            is_listed = "IS_FORWARDING" in rspamd.scan(recipient, spam=False).symbols
            if is_listed is host.resolution.verdict(recipient).listed:
                agreed += 1
            else:
                assert is_told(found, normalise(recipient)), (recipient, host)
    assert agreed > _RECIPIENTS // 2
