"""Print what a changed map costs a running Rspamd: ``PYTHONPATH=tests python -m tests.benchmarks.reload``.

For each version, profile, size and format: the seconds until a change is obeyed, the longest that a
message waits meanwhile, and the memory that the scanning process has to itself afterwards, more
than before. It needs the rights of root, because Rspamd runs as a user of its own.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

import attrs

from forwardresolve import ForwardingGraph, resolve
from forwardresolve.records import Domain, Forward
from forwardresolve.rspamd import RspamdSettings, artifacts, write
from forwardresolve.rspamd.settings import Profile
from servers.rspamd import running_rspamd
from servers.rspamd_versions import VERSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forwardresolve import Resolution
    from forwardresolve.rspamd import Artifact
    from servers.rspamd import Rspamd
    from servers.rspamd_versions import Version

Format = Literal["text", "cdb"]

_MARK: Final = "mark@a.example"
_PATIENCE: Final = 300.0
_AFTERWARDS: Final = 3.0
"""How many seconds are watched after the change is obeyed: other processes read it, too."""


@attrs.frozen
class Cost:
    """What one change costs.

    Args:
        obeyed: Seconds from the renamed file until a message is treated by it.
        stop: The longest scan meanwhile, in seconds.
        memory: MiB that the scanning process has to itself, more than before.
    """

    obeyed: float
    stop: float
    memory: float


def resolution_of(size: int, *further: str) -> Resolution:
    """Make a resolution that lists so many addresses, and some further ones."""
    names = (f"first.last{number}@customer-{number % 997}.example" for number in range(size))
    domains = [Domain("a.example"), *(Domain(f"customer-{number}.example") for number in range(997))]
    rows = (Forward(name, "joe@gmail.example") for name in (*names, *further))
    return resolve(ForwardingGraph.from_records([*domains, *rows]))


def measure(version: Version, before: Sequence[Artifact], after: Sequence[Artifact]) -> Cost:
    """Start a Rspamd with one list, give it another one, and watch."""
    with tempfile.TemporaryDirectory(prefix="rspamd-root-") as directory:
        root = Path(directory)
        root.chmod(0o755)
        write(before, root)
        with running_rspamd(root, version) as rspamd:
            assert not rspamd.scan(_MARK, spam=False).matched()
            held = _private(rspamd)
            scans: list[tuple[float, float, bool]] = []
            is_over = threading.Event()
            watcher = threading.Thread(target=_watch, args=(rspamd, scans, is_over))
            watcher.start()
            try:
                write(after, root)
                renamed = time.monotonic()
                while not (scans and scans[-1][2]):
                    assert time.monotonic() - renamed < _PATIENCE, rspamd.log.read_text()[-4000:]
                    time.sleep(0.01)
                time.sleep(_AFTERWARDS)
            finally:
                is_over.set()
                watcher.join()
            obeyed = next(ended for _, ended, is_listed in scans if is_listed)
            stop = max(ended - begun for begun, ended, _ in scans if ended > renamed)
            return Cost(max(0.0, obeyed - renamed), stop, _private(rspamd) - held)


def _watch(rspamd: Rspamd, scans: list[tuple[float, float, bool]], is_over: threading.Event) -> None:
    """Scan one message after the other; note when each begins and ends and whether it is listed."""
    while not is_over.is_set():
        begun = time.monotonic()
        is_listed = bool(rspamd.scan(_MARK, spam=False).matched())
        scans.append((begun, time.monotonic(), is_listed))
        time.sleep(0.005)


def _private(rspamd: Rspamd) -> float:
    """Return how many MiB the process that scans has to itself."""
    children = Path(f"/proc/{rspamd.pid}/task/{rspamd.pid}/children").read_text().split()
    (worker,) = (each for each in children if "normal" in Path(f"/proc/{each}/cmdline").read_text())
    lines = Path(f"/proc/{worker}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:")) / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--sizes", default="10000,100000,1000000", help="addresses, comma separated")
    parser.add_argument("--versions", default=",".join(VERSIONS))
    parser.add_argument("--profiles", default=",".join(get_args(Profile)))
    options = parser.parse_args()
    _say(f"{'Rspamd':8} {'profile':9} {'keys':>10} {'map':5} {'obeyed s':>9} {'stop s':>7} {'MiB':>6}")
    for size in map(int, options.sizes.split(",")):
        before, after = resolution_of(size), resolution_of(size, _MARK)
        for profile, map_format in product(options.profiles.split(","), get_args(Format)):
            settings = RspamdSettings(profile=profile, map_format=map_format)
            files = [artifacts(each, settings) for each in (before, after)]
            for version in options.versions.split(","):
                found = measure(version, *files)
                _say(
                    f"{version:8} {profile:9} {size:>10,} {map_format:5} {found.obeyed:>9.2f}"
                    f" {found.stop:>7.2f} {found.memory:>6.0f}"
                )


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
