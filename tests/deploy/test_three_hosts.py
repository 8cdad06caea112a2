"""Three front ends with real sshds and Rspamds, a sender with a real database, and all that goes wrong."""

from __future__ import annotations

import concurrent.futures
import contextlib
import grp
import itertools
import os
import sys
import time
from typing import TYPE_CHECKING

import attrs
import pytest

from forwardresolve.errors import TargetError
from forwardresolve.operate.requests import leave
from forwardresolve.operate.units import Site as Units
from forwardresolve.operate.units import unit_files
from operate.test_as_systemd_does import SECONDS, Systemd
from servers.mariadb import running_mariadb
from servers.site import ALWAYS, LIST, MAPS, PATIENCE, fill, full, is_waiting, kill, locked, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from forwardresolve.deploy.generation import Generation
    from forwardresolve.deploy.target import Holding
    from servers.site import FrontEnd, Site

pytestmark = pytest.mark.live

_numbers = itertools.count()


@pytest.fixture(autouse=True)
def _nothing_was_seen(site: Site) -> Iterator[None]:
    """Whatever happens, no Rspamd ever sees an empty or a partial map."""
    before = site.watch.looks
    yield
    wait_until(lambda: site.watch.looks > before + 3)
    assert site.watch.seen == []


@pytest.fixture
def address(site: Site) -> str:
    """An address that a customer forwards from now on."""
    made = f"new{next(_numbers)}@domain5.example"
    site.forward(made)
    return made


def test_one_apply_is_enforced_on_all_front_ends_and_a_second_one_does_nothing(
    site: Site, address: str
) -> None:
    assert not any(each.refuses(address) for each in site.front_ends.values())
    code, said = site.run("apply")
    assert (code, said.count("now holds")) == (0, 3), said
    for each in site.front_ends.values():
        assert each.enforces(address, *ALWAYS)
        status = (each.root / LIST).stat()
        assert status.st_mode & 0o777 == 0o640
        assert grp.getgrgid(status.st_gid).gr_name == "_rspamd"
        assert status.st_uid not in (0, os.getuid())
    code, said = site.run("apply")
    assert (code, said.count("already holds")) == (0, 3), said


def test_a_click_in_the_panel_is_enforced_on_all_front_ends_within_seconds(
    site: Site, address: str, tmp_path: Path
) -> None:
    program = tmp_path / "forwardresolve"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m forwardresolve "$@"\n')
    program.chmod(0o755)
    units = unit_files(Units(program=program, config=site.configuration, requests=tmp_path / "requests"))
    tmp_path.joinpath("requests").mkdir()
    with running_units(site, units) as systemd:
        started = time.monotonic()
        leave([address], tmp_path / "requests")
        assert all(each.enforces(address) for each in site.front_ends.values())
        assert time.monotonic() - started < 10 * SECONDS
    assert [run.returncode for run in systemd.runs] == [0]


def test_front_ends_that_fail_do_not_hold_up_the_others_and_come_up_to_date_later(
    site: Site, address: str
) -> None:
    down, small, closed = site.front_ends.values()
    before = [each.maps() for each in site.front_ends.values()]
    maps = closed.root / MAPS
    maps.chmod(0o555)
    try:
        with full(small.root / MAPS), down.host.cut_off():
            code, said = site.run("apply")
    finally:
        maps.chmod(0o755)
    assert code == 6
    assert "target mx1 (mx1): nobody answers; is the host up?" in said
    assert "target mx2 (mx2): refuses: " in said
    assert "No space left on device" in said
    assert "target mailman (mailman): refuses: " in said
    assert "Permission denied" in said
    assert [each.maps() for each in site.front_ends.values()] == before
    code, said = site.run("apply")
    assert (code, said.count("now holds")) == (0, 3), said
    assert all(each.enforces(address) for each in site.front_ends.values())


def cable(front_end: FrontEnd) -> contextlib.AbstractContextManager[None]:
    return front_end.host.cut_off()


def session(front_end: FrontEnd) -> contextlib.AbstractContextManager[None]:
    front_end.sshd.kill_sessions()
    return contextlib.nullcontext()


def receiver(front_end: FrontEnd) -> contextlib.AbstractContextManager[None]:
    for pid in front_end.receivers():
        kill(pid)
    return contextlib.nullcontext()


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (cable, "nothing came or went for 10 seconds"),
        (session, "the connection broke off"),
        (receiver, "broke off with exit code|the connection broke off"),
    ],
)
def test_a_transfer_that_is_cut_off_in_the_middle_leaves_the_old_generation(
    site: Site,
    address: str,
    fault: Callable[[FrontEnd], contextlib.AbstractContextManager[None]],
    problem: str,
) -> None:
    del address
    mx1, before = site.front_ends["mx1"], site.front_ends["mx1"].maps()
    wanted = site.wanted()
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        held = pool.submit(_holding, site, "mx1", wanted).result()
        with mx1.host.throttled(64):
            putting = pool.submit(_put, site, "mx1", wanted, held, stall=10.0)
            wait_until(mx1.receivers)
            assert not putting.done()
            with fault(mx1), pytest.raises(TargetError, match=problem):
                putting.result()
        assert mx1.maps() == before
        # whoever still waits on the other side holds nobody up
        assert pool.submit(_put, site, "mx1", wanted, held).result().digest == wanted.digest
    mx1.sshd.kill_sessions()


def test_a_sender_that_is_killed_in_the_middle_leaves_a_whole_generation(site: Site, address: str) -> None:
    mx1 = site.front_ends["mx1"]
    before, after = mx1.maps(), {each.path: each.content for each in site.wanted().maps}
    with mx1.host.throttled(64), site.start_when_planned() as process:
        wait_until(mx1.receivers)
        process.kill()
        assert process.wait() == -9
    wait_until(lambda: not mx1.receivers())
    assert mx1.maps() in (before, after)  # ssh may have all of it and bring it to its end
    code, said = site.run("apply")
    assert code == 0, said
    assert all(each.enforces(address) for each in site.front_ends.values())


def test_two_applies_at_once_leave_one_whole_generation_everywhere(
    site: Site, address: str, tmp_path: Path
) -> None:
    elsewhere = site.another(tmp_path)  # a second sender knows nothing of the lock of the first
    processes = [site.start("apply"), site.start("apply"), site.start("apply", configuration=elsewhere)]
    said = [process.communicate(timeout=PATIENCE) for process in processes]
    codes = [process.returncode for process in processes]
    assert 0 in codes, said
    assert set(codes) <= {0, 6}, said
    assert all(each.enforces(address) for each in site.front_ends.values())
    held = [each.maps() for each in site.front_ends.values()]
    assert held[0] == held[1] == held[2]


def test_half_of_the_domains_lost_is_refused_before_any_front_end_is_touched(site: Site) -> None:
    before = [each.maps() for each in site.front_ends.values()]
    kept = "CREATE TABLE kept AS SELECT * FROM domain"
    site.execute(kept, "DELETE FROM domain WHERE domain < 'domain5'")
    try:
        code, said = site.run("apply")
    finally:
        site.execute("REPLACE INTO domain SELECT * FROM kept", "DROP TABLE kept")
    assert code == 5
    assert "(50%) would go; at once may go 20 or 5 %" in said
    assert "source panel has 5 domains, and 10 in its last good run (-50%)" in said
    assert [each.maps() for each in site.front_ends.values()] == before


def test_a_database_that_dies_in_the_middle_leaves_everything(
    site: Site, mariadb_data: Path, tmp_path: Path
) -> None:
    before = [each.maps() for each in site.front_ends.values()]
    with site.sender.inside(), running_mariadb(mariadb_data) as server:
        database = server.new_database()
        fill(database)
        with locked(database, "alias"):
            process = site.start("apply", configuration=site.another(tmp_path, database))
            wait_until(lambda: is_waiting(database))  # the domains are read, the aliases are not
            server.process.kill()
            out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 4, (out, err)
    assert "source panel: " in err
    assert [each.maps() for each in site.front_ends.values()] == before


def test_a_secret_that_others_can_read_stops_the_run(site: Site) -> None:
    secret = site.configuration.with_suffix(".secret")
    secret.chmod(0o644)
    try:
        code, said = site.run("apply")
    finally:
        secret.chmod(0o600)
    assert code == 3
    assert f"the secret file {secret} is open to others" in said


@contextlib.contextmanager
def running_units(site: Site, units: Mapping[str, str]) -> Iterator[Systemd]:
    """Do on the sender what systemd does there."""
    systemd = Systemd(dict(units))
    with site.sender.inside():
        systemd.start()  # a thread of its own, which stays on the sender
    try:
        yield systemd
    finally:
        systemd.finish()


def _holding(site: Site, name: str, wanted: Generation) -> Holding:
    with site.sender.inside():
        return site.target(name).holding(wanted.digests)


def _put(site: Site, name: str, wanted: Generation, held: Holding, stall: float = 60.0) -> Holding:
    with site.sender.inside():
        return attrs.evolve(site.target(name), stall_timeout=stall).put(wanted, held)
