"""A process that stays plans as one that has just started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploy.hosts import forwards, site
from forwardresolve import pipeline
from forwardresolve.deploy.history import History
from forwardresolve.deploy.planning import Recent
from forwardresolve.reachability import resolve
from forwardresolve.sources import read_all

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from deploy.hosts import Site
    from forwardresolve.deploy.plan import Plan


def planned(host: Site, recent: Recent | None) -> Plan:
    given = read_all(host.config)
    return pipeline.compare(host.config, given, pipeline.make(host.config, resolve(given.graph)), recent)


def test_what_is_remembered_changes_no_plan_and_saves_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, recent = site(tmp_path, forwards(30)), Recent()
    pipeline.apply(planned(host, recent), first=True)
    for count in (31, 29, 29, 40):
        host.panel.given = tuple(forwards(count))
        fresh, kept = planned(host, None), planned(host, recent)
        assert [(each.change, each.judged) for each in kept.targets] == [
            (each.change, each.judged) for each in fresh.targets
        ]
        assert kept.digest == fresh.digest
        pipeline.apply(kept)
    host.panel.given = tuple(forwards(41))
    monkeypatch.setattr(History, "generation", None)
    monkeypatch.setattr(History, "ways", None)
    assert planned(host, recent).changes


def test_a_plan_that_was_not_carried_out_is_no_memory_of_what_is_held(tmp_path: Path) -> None:
    host, recent = site(tmp_path, forwards(30)), Recent()
    pipeline.apply(planned(host, recent), first=True)
    host.panel.given = tuple(forwards(10))
    planned(host, recent)
    host.panel.given = tuple(forwards(31))
    fresh, kept = planned(host, None), planned(host, recent)
    assert [each.change for each in kept.targets] == [each.change for each in fresh.targets]
