"""``watch`` as a process that is sent signals, and ``touch`` that tells it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from forwardresolve.watch import WatchClient
from forwardresolve.watch.resident import Resident
from watch.conftest import now, tmp_path, watched
from watch.panel import PATIENCE, rows, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cli.conftest import Run
    from watch.panel import Watched

__all__ = ["now", "tmp_path", "watched"]


@pytest.fixture
def systemd(watched: Watched) -> Iterator[socket.socket]:
    """Somebody who is notified."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(watched.path / "notify"))
        made.settimeout(PATIENCE)
        yield made


def test_a_service_says_that_it_is_ready_and_ends_well(
    watched: Watched,
    systemd: socket.socket,
    run: Run,
) -> None:
    environment = {**os.environ, "PYTHONPATH": "tests", "NOTIFY_SOCKET": str(watched.path / "notify")}
    command = [sys.executable, "-m", "forwardresolve", "--verbose", "watch", "--config", str(watched.config)]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        said = []
        while "STATUS=1 addresses and catch-alls, on 2 targets" not in said:
            said.append(systemd.recv(1000).decode())
        assert said[0] == "READY=1"
        assert "WATCHDOG=1" in said
        watched.give(*rows("ben>out@b.example"))
        done = run("touch", "ben@a.example", "--socket", str(watched.client.path))
        assert (done.code, done.out, done.err) == (0, "", "")
        wait_until(lambda: watched.hold("ben@a.example"))
        process.send_signal(signal.SIGHUP)
        while "STATUS=reading the sources" not in (said := [systemd.recv(1000).decode()]):
            pass
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        while said[-1] != "STOPPING=1":
            said.append(systemd.recv(1000).decode())
        assert process.stderr is not None
        assert "the configuration was read again" in process.stderr.read()
    assert not watched.client.path.exists()


def test_where_nobody_listens_a_request_is_left(
    watched: Watched,
    run: Run,
) -> None:
    requests = watched.path / "requests"
    requests.mkdir()
    gone = watched.path / "socket"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(gone))
    for number, place in enumerate((gone, watched.path / "none"), 1):
        done = run("touch", "ben@a.example", "--socket", str(place), "--requests", str(requests))
        assert done.code == 0
        assert len([*requests.iterdir()]) == number


def test_an_address_that_is_none_is_refused_by_whoever_listens(
    watched: Watched,
    run: Run,
) -> None:
    with watched.watching():
        wait_until(watched.client.path.exists)
        done = run("touch", "ben@", "--socket", str(watched.client.path))
        assert done.code == 1
        assert "no domain" in done.err


def test_a_client_finds_the_socket_by_the_environment(
    watched: Watched,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORWARDRESOLVE_SOCKET", str(watched.path / "elsewhere"))
    assert WatchClient().path == watched.path / "elsewhere"


def test_a_thread_that_reads_everything_lets_a_click_go_on(
    watched: Watched, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = sys.getswitchinterval()
    kept = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    called: list[object] = []

    def stay(_: Resident) -> None:
        called.append(sys.getswitchinterval() < usual / 10)
        for each in kept:
            signal.raise_signal(each)

    monkeypatch.setattr(Resident, "run", stay)
    monkeypatch.setattr(Resident, "end", lambda _: called.append("end"))
    monkeypatch.setattr(Resident, "reload", lambda _: called.append("reload"))
    try:
        assert run("watch", "--config", str(watched.config)).code == 0
    finally:
        sys.setswitchinterval(usual)
        for each, handler in kept.items():
            signal.signal(each, handler)
    assert called == [True, "end", "end", "reload"]
