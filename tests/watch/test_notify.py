"""What systemd is told, on both kinds of socket, and where there is none."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from forwardresolve.watch.bell import Bell
from forwardresolve.watch.notify import Notify

if TYPE_CHECKING:
    from pathlib import Path


def test_systemd_hears_of_it(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        notify = Notify.of({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        notify.ready()
        notify.alive()
        notify.status("two\nlines")
        notify.stopping()
        assert [systemd.recv(100) for _ in range(4)] == [
            b"READY=1",
            b"WATCHDOG=1",
            b"STATUS=two lines",
            b"STOPPING=1",
        ]


def test_a_socket_without_a_file_is_found() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(b"")  # the kernel names it, see unix(7)
        name = systemd.getsockname()
        Notify.of({"NOTIFY_SOCKET": f"@{name[1:].decode()}"}).ready()
        assert systemd.recv(100) == b"READY=1"


def test_without_systemd_nobody_is_told(tmp_path: Path) -> None:
    Notify.of({}).ready()
    Notify.of({"NOTIFY_SOCKET": "vsock:2:1"}).ready()
    Notify.of({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()


def test_a_bell_that_rang_before_is_heard() -> None:
    bell = Bell()
    assert not bell.wait(-1)
    for _ in range(100_000):  # more than a pipe holds
        bell.ring()
    assert bell.wait(60)
    assert not bell.wait(0)
    bell.close()
