"""What runs and verifications leave, for tests that judge it."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import attrs

from forwardresolve.deploy.state import Release, Run, SourceRecord, State, TargetRecord, stamp
from forwardresolve.operate.protection import Verified

NOW: Final = dt.datetime(2030, 1, 2, 3, 4, 5, tzinfo=dt.UTC)


def ago(seconds: float) -> str:
    return stamp(NOW - dt.timedelta(seconds=seconds))


def a_run(**other: Any) -> Run:  # noqa: ANN401 (any field)
    return attrs.evolve(Run(at=ago(60), outcome="done", seconds=1.5, success=ago(60)), **other)


def a_target(**other: Any) -> TargetRecord:  # noqa: ANN401 (any field)
    whole = TargetRecord(wanted="a" * 64, held="a" * 64, sequence=3, at=ago(3600), asked=ago(60))
    return attrs.evolve(whole, **other)


def a_source(**other: Any) -> SourceRecord:  # noqa: ANN401 (any field)
    return attrs.evolve(SourceRecord(domains=4, forwardings=8, at=ago(60)), **other)


def a_state(**other: Any) -> State:  # noqa: ANN401 (any field)
    return State(
        **{
            "run": a_run(),
            "targets": {"mx1": a_target(), "mx2": a_target()},
            "sources": {"panel": a_source()},
            **other,
        }
    )


def verified(**other: Any) -> Verified:  # noqa: ANN401 (any field)
    whole = Verified(name="mx1", when=NOW.timestamp() - 600, protects=True, version="3.4")
    return attrs.evolve(whole, **other)


HOLD: Final = Release(digest="b" * 64, how="rolled back", reason="a wrong list", at=ago(900))
