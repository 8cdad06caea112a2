"""From a row that is committed in MariaDB to a real Rspamd that refuses, at each of three front ends.

As a script at full size: ``python tests/watch/latency.py --changes 200 --addresses 100000``.
"""

from __future__ import annotations

import contextlib
import signal
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from os import environ
from typing import TYPE_CHECKING

import pytest

from forwardresolve.errors import TargetError
from forwardresolve.live import SetForwarding
from forwardresolve.watch import WatchClient
from servers.site import PATIENCE, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from servers.site import FrontEnd, Site

CHANGES = int(environ.get("FORWARDRESOLVE_TEST_CHANGES", "6"))
"""How many changes are measured, each way of telling."""


@pytest.fixture
def client(site: Site, tmp_path: Path) -> Iterator[WatchClient]:
    """A watcher on the sender."""
    configuration = tmp_path / "config.toml"
    configuration.write_text(
        f'{site.configuration.read_text()}\n[watch]\nsocket = "{tmp_path}/socket"\nsettle = 0.05\n'
    )
    process = site.start("watch", configuration=configuration)
    made = WatchClient(tmp_path / "socket", PATIENCE)

    def is_ready() -> bool:
        assert process.poll() is None, process.communicate()
        with contextlib.suppress(TargetError):
            return "addresses" in made.status()
        return False

    try:
        wait_until(is_ready)
        yield made
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said


@pytest.mark.live
@pytest.mark.slow
def test_a_committed_row_is_enforced_everywhere_within_seconds(
    site: Site, client: WatchClient, capsys: pytest.CaptureFixture[str]
) -> None:
    def push(address: str) -> None:
        delta = client.push([SetForwarding(address, "out@elsewhere.test")])
        assert delta.addresses.appear == (address,)

    for way, tell in (("touch", client.touch), ("push", push)):
        seconds = [_measure(site, f"{way}{number}@domain5.example", tell) for number in range(CHANGES)]
        with capsys.disabled():
            print(f"\n{way}: {_told(seconds)}")  # noqa: T201 (what the script is for)
        assert max(seconds) < PATIENCE / 2
    assert site.watch.seen == []


def _measure(site: Site, address: str, tell: Callable[[str], object]) -> float:
    """Return the seconds from the commit to the refusal of the last front end."""
    site.forward(address)
    started = time.monotonic()
    tell(address)

    def until_refused(front_end: FrontEnd) -> float:
        wait_until(lambda: front_end.refuses(address))
        return time.monotonic() - started

    with ThreadPoolExecutor() as pool:
        return max(pool.map(until_refused, site.front_ends.values()))


def _told(seconds: list[float]) -> str:
    worst = sorted(seconds)[min(len(seconds) - 1, round(len(seconds) * 0.99))]
    return f"median {statistics.median(seconds):.2f} s, p99 {worst:.2f} s, of {len(seconds)} changes"
