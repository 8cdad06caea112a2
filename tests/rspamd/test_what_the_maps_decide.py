"""The maps of random mail hosts, looked up by Rspamd's rules, against the exact table."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING

import pytest

from forwardresolve import ForwardingGraph, resolve
from forwardresolve.addresses import normalise
from forwardresolve.entries import look_up
from forwardresolve.rspamd import artifacts, findings
from forwardresolve.rspamd.lines import seen
from rspamd.reader import read_map
from rspamd.told import is_told
from scenarios import scenario_records
from worlds import random_recipients, random_world

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forwardresolve.rspamd import Artifact

_WORLDS = 100
_HAS_DOMAIN = re.compile(r'@[^"]+$').search


class _Maps:
    """The three maps, looked up as the configuration tells Rspamd to do it."""

    def __init__(self, files: Sequence[Artifact]) -> None:
        content = {file.path.rpartition("/")[2]: file.content for file in files}
        self._addresses = {key for key, _ in read_map(content["forwardings.inc.local"])}
        self._domains = {key for key, _ in read_map(content["forwardings-domains.inc.local"])}
        self._patterns = [
            re.compile(line[1:-2], re.IGNORECASE)
            for line in content["forwardings-patterns.inc.local"].splitlines()[1:]
        ]

    def take(self, recipient: str) -> bool:
        """Tell whether a recipient sets the symbol."""
        original = seen(recipient)
        local, _, domain = original.rpartition("@")
        envelope = f"{re.sub(r'(?<=.)[+].*', '', local) if local[:1] != '+' else local}@{domain}"
        return (
            not self._addresses.isdisjoint({original, envelope})
            or domain in self._domains
            or any(
                pattern.search(name.encode()) for pattern in self._patterns for name in (original, envelope)
            )
        )


@pytest.mark.parametrize("seed", range(4))
def test_the_maps_decide_as_the_table_does_or_a_finding_tells(seed: int) -> None:
    rng = Random(seed)  # noqa: S311 (repeatable, not secret)
    agreed = 0
    for _ in range(_WORLDS):
        world = random_world(rng)
        recipients = random_recipients(world, rng)
        records, settings = scenario_records(world)
        resolution = resolve(ForwardingGraph.from_records(records, **settings))
        if not resolution.graph.rows.domains:
            continue
        table = {entry.key: entry.listed for entry in resolution.entries()}
        delimiter = resolution.graph.settings.recipient_delimiter
        maps, found = _Maps(artifacts(resolution)), findings(resolution)
        for recipient in {normalise(each) for each in recipients if _HAS_DOMAIN(each)}:
            wanted = look_up(table, recipient, delimiter)
            if maps.take(recipient) is wanted:
                agreed += 1
            else:
                assert is_told(found, recipient), (recipient, wanted, world)
    assert agreed > 10 * _WORLDS
