"""A moment says what the live answer says."""

from __future__ import annotations

from random import Random

import pytest

from forwardresolve import LiveResolution
from forwardresolve.rspamd import RspamdSettings, artifacts
from forwardresolve.watch.moment import Moment
from live.streams import Stream


@pytest.mark.parametrize("profile", ["multimap", "plugin"])
def test_the_maps_of_a_moment_are_those_of_the_answer(profile: str) -> None:
    live = LiveResolution(Stream(Random(4), calm=True).host.graph())  # noqa: S311 (repeatable, not secret)
    settings = RspamdSettings(profile=profile)  # type: ignore[arg-type] # one of the profiles
    moment = Moment(live)
    assert artifacts(moment, settings) == artifacts(live, settings)
    assert moment.addresses is moment.addresses
