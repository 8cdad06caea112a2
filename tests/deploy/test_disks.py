"""A disk that is full, or that may not be written to, leaves what was there."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import traceback
from typing import TYPE_CHECKING

import pytest

from deploy.hosts import forwards, site
from forwardresolve import pipeline
from forwardresolve.deploy.guard import Guard
from forwardresolve.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deploy.hosts import Site

WIDE = Guard(added=100_000, removed=100_000, lost=100_000)


@pytest.fixture
def deployed(tmp_path: Path) -> Site:
    """A few forwardings are deployed; the sources have many more."""
    made = site(tmp_path, forwards(3), guard=WIDE)
    made.apply(first=True)
    made.panel.set(*forwards(5000))
    return made


def in_a_process(work: Callable[[], None]) -> None:
    """Work in a forked process: what it does to itself ends with it."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 (the parent hears of it)
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_map_that_does_not_fit_leaves_the_old_one(deployed: Site) -> None:
    before = deployed.map(), deployed.held("mx1"), deployed.held("mx2")

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        plan = deployed.plan()
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))  # the packed ones fit
        outcomes = pipeline.apply(plan)
        assert [each.changed for each in outcomes] == [False, False]
        assert all("File too large" in each.error for each in outcomes), outcomes

    in_a_process(work)

    assert (deployed.map(), deployed.held("mx1"), deployed.held("mx2")) == before
    assert [*deployed.path.rglob("*.next")] == []
    assert [each.changed for each in deployed.apply()] == [True, True]


def test_a_state_that_does_not_fit_stops_before_any_target(deployed: Site) -> None:
    before = deployed.map()

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        plan = deployed.plan()
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))
        with pytest.raises(TargetError, match=r"^state_dir: .*File too large"):
            pipeline.apply(plan)

    in_a_process(work)

    assert deployed.map() == before
    assert [each.changed for each in deployed.apply()] == [True, True]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts a small file system")
def test_a_full_disk_on_one_target_does_not_stop_the_other(deployed: Site, tmp_path: Path) -> None:
    small = deployed.root("mx1")
    saved = tmp_path / "saved"
    subprocess.run(["cp", "-a", small, saved], check=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k,mode=0755", "none", small], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"a file system cannot be mounted here: {done.stderr.decode().strip()}")
    try:
        subprocess.run(["cp", "-a", f"{saved}/.", small], check=True)
        before = deployed.map()

        outcomes = deployed.apply()

        assert [each.changed for each in outcomes] == [False, True]
        assert "No space left on device" in outcomes[0].error
        assert deployed.map() == before
        assert [*deployed.path.rglob("*.next")] == []
        deployed.panel.set(*forwards(4))
        assert [each.error for each in deployed.apply()] == ["", ""]
        assert "u3@a.example\n" in deployed.map()
    finally:
        subprocess.run(["umount", small], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="root becomes somebody who may not write")
def test_a_directory_that_may_not_be_written_to_is_told(deployed: Site) -> None:
    before = deployed.map()
    deployed.path.chmod(0o755)
    for path in (deployed.path, *deployed.config.state_dir.rglob("*"), deployed.config.state_dir):
        os.chown(path, 65534, 65534)

    def work() -> None:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
        outcomes = deployed.apply()
        assert all("Permission denied" in each.error for each in outcomes), outcomes

    in_a_process(work)

    assert deployed.map() == before
