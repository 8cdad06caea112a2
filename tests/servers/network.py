"""Hosts on one machine: network namespaces with a cable to a switch in one of them.

No namespace has a name, and each lives as long as a process of ours, so two runs never meet, and
nothing is left of one that is killed. The addresses exist inside only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from servers.private import find_program, lack

if TYPE_CHECKING:
    from collections.abc import Iterator

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_NETWORK: Final = 0x40000000  # CLONE_NEWNET of sched.h
_PREFIX: Final = "10.77.0"
_SECONDS: Final = 10.0


@attrs.frozen
class Host:
    """A host with a network of its own.

    Args:
        name: Its name, and that of its port on the switch.
        address: Its address.
        process: Its id is that of the namespace.
        switch: The host that its cable leads to; None for that host.
    """

    name: str
    address: str
    process: subprocess.Popen[bytes]
    switch: Host | None = None

    @contextlib.contextmanager
    def inside(self) -> Iterator[None]:
        """Let this thread, and the programs that it starts, see the network as the host does."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        there = os.open(f"/proc/{self.process.pid}/ns/net", os.O_RDONLY)
        try:
            _enter(there)
            try:
                yield
            finally:
                _enter(home)
        finally:
            os.close(there)
            os.close(home)

    @contextlib.contextmanager
    def cut_off(self) -> Iterator[None]:
        """Pull the cable."""
        assert self.switch is not None
        self.switch.run("ip", "link", "set", self.name, "down")
        try:
            yield
        finally:
            self.switch.run("ip", "link", "set", self.name, "up")

    @contextlib.contextmanager
    def throttled(self, kilobits: int) -> Iterator[None]:
        """Let so many kilobits a second through to the host."""
        assert self.switch is not None
        limits = ("rate", f"{kilobits}kbit", "burst", "8kb", "latency", "500ms")
        self.switch.run("tc", "qdisc", "add", "dev", self.name, "root", "tbf", *limits)
        try:
            yield
        finally:
            self.switch.run("tc", "qdisc", "del", "dev", self.name, "root")

    def run(self, *command: str) -> None:
        """Run a program inside."""
        inside = ("nsenter", f"--target={self.process.pid}", "--net", *command)
        done = subprocess.run(inside, check=False, capture_output=True, text=True)
        assert done.returncode == 0, (command, done.stderr)


@contextlib.contextmanager
def network(first: str, *others: str) -> Iterator[dict[str, Host]]:
    """Keep hosts running that reach each other and nobody else.

    Args:
        first: The name of the host with the switch.
        others: The names of the hosts with a cable to it.
    """
    find_program("ip", "iproute2")
    if os.geteuid() != 0:
        lack("networks need the rights of root")
    with contextlib.ExitStack() as stack:
        switch = Host(first, f"{_PREFIX}.1", stack.enter_context(_namespace()))
        hosts = {first: switch}
        switch.run("ip", "link", "set", "lo", "up")
        switch.run("ip", "link", "add", "switch", "type", "bridge")
        switch.run("ip", "address", "add", f"{switch.address}/24", "dev", "switch")
        switch.run("ip", "link", "set", "switch", "up")
        for number, name in enumerate(others, 2):
            process = stack.enter_context(_namespace())
            host = hosts[name] = Host(name, f"{_PREFIX}.{number}", process, switch)
            peer = ("peer", "name", "eth0", "netns", str(process.pid))
            switch.run("ip", "link", "add", name, "type", "veth", *peer)
            switch.run("ip", "link", "set", name, "master", "switch", "up")
            host.run("ip", "link", "set", "lo", "up")
            host.run("ip", "address", "add", f"{host.address}/24", "dev", "eth0")
            host.run("ip", "link", "set", "eth0", "up")
        yield hosts


@contextlib.contextmanager
def _namespace() -> Iterator[subprocess.Popen[bytes]]:
    """Keep a namespace alive, at most as long as this process."""
    ours = Path("/proc/self/ns/net").readlink()
    command = ("setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sleep", "infinity")
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + _SECONDS
            while Path(f"/proc/{process.pid}/ns/net").readlink() == ours:
                assert process.poll() is None, "no network namespace can be made"
                assert time.monotonic() < deadline
                time.sleep(0.01)
            yield process
        finally:
            process.kill()


def _enter(namespace: int) -> None:
    if _LIBC.setns(namespace, _NETWORK):
        raise OSError(ctypes.get_errno(), "setns")
