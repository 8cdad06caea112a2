"""Greylisting with a real Redis: who answers first, and that a verification leaves nothing there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from forwardresolve import ForwardingGraph, resolve
from forwardresolve.rspamd import RspamdSettings, artifacts, write
from forwardresolve.rspamd.probing import Door
from forwardresolve.rspamd.verifying import verify
from rspamd.test_verifying import _RECORDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from servers.redis import Redis
    from servers.rspamd import Rspamd
    from servers.rspamd_versions import Version

pytestmark = pytest.mark.live

_RESOLUTION = resolve(ForwardingGraph.from_records(_RECORDS))
_GREYLISTING: Final = """
redis {{ servers = "127.0.0.1:{port}"; }}
greylist {{ timeout = 1s; expire = 1d; }}
"""


@pytest.mark.parametrize("settings", [RspamdSettings(), RspamdSettings(profile="plugin")])
def test_spam_is_refused_at_the_first_try_or_at_the_second(
    start_rspamd: Callable[..., Rspamd],
    make_root: Callable[[], Path],
    version: Version,
    redis: Redis,
    settings: RspamdSettings,
) -> None:
    root = make_root()
    files = artifacts(_RESOLUTION, settings)
    write(files, root)
    rspamd = start_rspamd(root, version, _GREYLISTING.format(port=redis.port))
    for port in (rspamd.port, rspamd.controller_port):
        assert verify(Door(f"http://127.0.0.1:{port}"), _RESOLUTION, settings).protects
    assert redis.say("DBSIZE") == ":0"
    first = rspamd.scan("info@a.example").action
    assert first == ("reject" if settings.profile == "plugin" else "soft reject")
    rspamd.wait_for(lambda: rspamd.scan("info@a.example").action == "reject")
    assert rspamd.scan("box@a.example").action in {"soft reject", "add header"}
    assert redis.say("DBSIZE") != ":0"
