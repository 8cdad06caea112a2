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
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs
import pytest

from forwardresolve.deploy.journal import Journal
from forwardresolve.errors import TargetError
from forwardresolve.live import SetForwarding
from forwardresolve.rspamd.configuration import JOURNAL
from forwardresolve.watch import WatchClient
from servers.site import PATIENCE, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future

    from forwardresolve.deploy.generation import Generation
    from servers.site import FrontEnd, Site

pytestmark = [pytest.mark.live, pytest.mark.slow]

CHANGES: Final = int(environ.get("FORWARDRESOLVE_TEST_CHANGES", "6"))
"""How many changes are measured, each way of telling."""
SECONDS: Final = float(environ.get("FORWARDRESOLVE_TEST_SECONDS", "4"))
"""How long changes come without a pause."""
RATE: Final = 20
"""So many changes come in a second, then."""
_ROUND: Final = 3
"""Two rows come, and the second of them goes again."""
_TIMED: Final = 3 * _ROUND
"""Of so many of these changes one is timed, of a row that stays."""
_SHOWN: Final = 5
"""So many of the slowest changes are named."""
_PAUSE: Final = 0.05
"""Seconds between two questions to a Rspamd: those who ask must not be the load that they measure."""


@attrs.frozen
class Watcher:
    """Whoever watches on the sender.

    Args:
        client: What speaks to it.
        pid: Its process.
    """

    client: WatchClient
    pid: int

    @property
    def memory(self) -> str:
        """How much it has had at its peak."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        peak = next(line.split()[1] for line in lines if line.startswith("VmHWM:"))
        return f"the watcher had {int(peak) // 1024} MiB at its peak"


@pytest.fixture(scope="module")
def watcher(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watcher]:
    """Watch on the sender."""
    place = tmp_path_factory.mktemp("watch")
    configuration = place / "config.toml"
    settings = f'[watch]\nsocket = "{place}/socket"\nsettle = 0.05\n'
    guard = "[guard]\nremoved_percent = 50\nadded_percent = 50\n"
    configuration.write_text(f"{site.configuration.read_text()}\n{settings}{guard}")
    process = site.start("watch", configuration=configuration)
    made = WatchClient(place / "socket", PATIENCE)

    def is_ready() -> bool:
        assert process.poll() is None, process.communicate()
        with contextlib.suppress(TargetError):
            return "addresses" in made.status()
        return False

    try:
        wait_until(is_ready)
        yield Watcher(made, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    assert "watch-difference" not in said


@pytest.mark.parametrize("way", ["touch", "push"])
def test_a_committed_row_is_enforced_everywhere_within_seconds(
    way: str, site: Site, watcher: Watcher, capsys: pytest.CaptureFixture[str]
) -> None:
    def push(address: str) -> None:
        delta = watcher.client.push([SetForwarding(address, "out@elsewhere.test")])
        assert delta.addresses.appear == (address,)

    seconds = []
    site.watch.begin_anew()
    with ThreadPoolExecutor() as pool:
        for number in range(CHANGES):
            address = f"{way}{number}@domain5.example"
            site.forward(address)
            begun = time.monotonic()
            (push if way == "push" else watcher.client.touch)(address)
            seconds.append(_enforced(site, pool, address, begun)())
    with capsys.disabled():
        print(f"\n{way}: {_told(seconds)}; {_scanned(site)}")  # noqa: T201 (what the script is for)
    assert max(seconds) < PATIENCE / 2
    assert site.watch.seen == []


def test_of_twenty_changes_a_second_none_is_lost_and_the_last_one_counts(
    site: Site, watcher: Watcher, capsys: pytest.CaptureFixture[str]
) -> None:
    held = _sequences(site)
    timed = []
    site.watch.begin_anew()
    count = round(SECONDS * RATE)
    begun = time.monotonic()
    with ThreadPoolExecutor(32) as pool, site.panel() as panel:
        for number in range(count):
            time.sleep(max(0.0, begun + number / RATE - time.monotonic()))
            goes = number % _ROUND == _ROUND - 1
            address = f"stream{number - goes}@domain6.example"
            if goes:
                panel.exec_driver_sql("DELETE FROM alias WHERE address = %s", (address,))
            else:
                row = (address, "out@elsewhere.test", "domain6.example")
                panel.exec_driver_sql("INSERT INTO alias (address, goto, domain) VALUES (%s, %s, %s)", row)
            committed = time.monotonic()
            watcher.client.touch(address)
            if number % _TIMED == 0:
                timed.append(_enforced(site, pool, address, committed))
        took = time.monotonic() - begun
        seconds = [each() for each in timed]
    wanted = site.wanted()
    wait_until(lambda: all(each.maps() == _contents(wanted) for each in site.front_ends.values()))
    with capsys.disabled():
        print(f"\n{count / took:.0f} a second: {_told(seconds)}; {_scanned(site)}; {watcher.memory}")  # noqa: T201 (as above)
    assert all(before < after for before, after in zip(held, _sequences(site), strict=True))
    assert site.watch.seen == []


def _enforced(site: Site, pool: ThreadPoolExecutor, address: str, begun: float) -> Callable[[], float]:
    """Begin to ask every front end; return what waits for the seconds until the last one refuses."""

    def until_refused(front_end: FrontEnd) -> float:
        while not front_end.refuses(address):
            assert time.monotonic() - begun < PATIENCE
            time.sleep(_PAUSE)
        return time.monotonic() - begun

    asking: list[Future[float]] = [pool.submit(until_refused, each) for each in site.front_ends.values()]
    return lambda: max(each.result() for each in asking)


def _sequences(site: Site) -> list[int]:
    """Return how many generations each front end has taken."""
    return [Journal.read(each.root / JOURNAL).sequence for each in site.front_ends.values()]


def _contents(generation: Generation) -> dict[str, bytes]:
    return {each.path: each.content for each in generation.maps}


def _told(seconds: list[float]) -> str:
    worst = sorted(seconds)[min(len(seconds) - 1, round(len(seconds) * 0.99))]
    slowest = sorted(range(len(seconds)), key=lambda each: -seconds[each])[:_SHOWN]
    named = ", ".join(f"number {each + 1} with {seconds[each]:.2f} s" for each in slowest)
    median = statistics.median(seconds)
    return f"median {median:.2f} s, p99 {worst:.2f} s, of {len(seconds)} changes; the slowest: {named}"


def _scanned(site: Site) -> str:
    return f"the slowest of {site.watch.looks} scans meanwhile took {site.watch.slowest:.2f} s"
