"""A front end's sshd with a configuration, keys and a user of its own.

As root the sshd sees a machine with one user more, who owns the maps and nothing else, in mounts
that only it sees. Whoever is not root logs in as himself.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from servers.private import find_program, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

USER: Final = "frmaps"
"""The user that owns the maps."""

_UID: Final = 64321
_RESTRICTED: Final = "restrict"
_PROJECT: Final = Path(__file__).parents[2]

_SERVER: Final = """\
ListenAddress {address}
Port {port}
HostKey {state}/host_key
PidFile none
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin forced-commands-only
AuthorizedKeysFile {state}/home/authorized_keys
StrictModes {strict}
LogLevel VERBOSE
"""

_CLIENT: Final = """\
Host {name}
    HostName {address}
    Port {port}
    User {user}
    IdentityFile {state}/key
    IdentitiesOnly yes
    IdentityAgent none
    UserKnownHostsFile {state}/known_hosts
    GlobalKnownHostsFile none
"""

_MOUNTS: Final = """\
set -e
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/group" /etc/group
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/sshd
{opened}
shift
exec "$@"
"""


@attrs.frozen
class Sshd:
    """A running sshd, and what a client needs for it.

    Args:
        name: What the client calls it.
        state: The directory with its keys.
        ssh: The client's program with its arguments.
        process: The sshd that listens.
        log: Its log.
    """

    name: str
    state: Path
    ssh: tuple[str, ...]
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def key(self) -> Path:
        """The client's private key."""
        return self.state / "key"

    @property
    def config(self) -> Path:
        """The client's ssh_config."""
        return self.state / "ssh_config"

    @property
    def known_hosts(self) -> Path:
        """The client's list of host keys."""
        return self.state / "known_hosts"

    @property
    def authorized_keys(self) -> Path:
        """The server's list of keys that may come in."""
        return self.state / "home" / "authorized_keys"

    def kill_sessions(self) -> None:
        """Kill whatever serves a client now, and what it has started."""
        pid = self.process.pid
        for each in _below(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)

    def sessions(self, word: str) -> list[int]:
        """Return what serves clients now and has a word among its arguments, by process id."""
        return [each for each in _below(self.process.pid) if word in _command_line(each)]


@contextlib.contextmanager
def sshd(name: str, address: str, port: int, forced: str, *, maps: Path | None = None) -> Iterator[Sshd]:
    """Keep an sshd running that lets one key in, for one command.

    Args:
        name: What the client calls it.
        address: Where it listens.
        port: Where it listens.
        forced: The command that the key is for.
        maps: The directory that is given to the user who comes in.
    """
    program, keygen = find_program("sshd", "openssh-server"), find_program("ssh-keygen", "openssh-client")
    find_program("ssh", "openssh-client")
    is_root = os.geteuid() == 0
    user = USER if is_root else getpass.getuser()
    state = Path(tempfile.mkdtemp(prefix="sshd-"))
    try:
        state.chmod(0o755)
        home = state / "home"
        home.mkdir()
        for key in ("key", "host_key"):
            subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", state / key], check=True)
        public = state.joinpath("key.pub").read_text()
        quoted = forced.replace('"', r"\"")
        home.joinpath("authorized_keys").write_text(f'command="{quoted}",{_RESTRICTED} {public}')
        filled = {"address": address, "port": port, "state": state, "strict": "yes" if is_root else "no"}
        state.joinpath("sshd_config").write_text(_SERVER.format(**filled))
        state.joinpath("ssh_config").write_text(_CLIENT.format(**filled, name=name, user=user))
        host_key = state.joinpath("host_key.pub").read_text()
        state.joinpath("known_hosts").write_text(f"{known_as(address, port)} {host_key}")
        command = [program, "-D", "-e", "-f", str(state / "sshd_config")]
        if is_root:
            shutil.chown(home, _UID)
            for path in (maps, *maps.rglob("*")) if maps is not None else ():
                shutil.chown(path, _UID)
            command = [*_private(state, [state, *([maps] if maps is not None else [])]), *command]
        log = state / "log"
        with running(command, None, log, lambda: _greets(address, port)) as process:
            made = Sshd(name, state, ("ssh", "-F", str(state / "ssh_config")), process, log)
            try:
                yield made
            finally:
                made.kill_sessions()
    finally:
        shutil.rmtree(state, ignore_errors=True)


def known_as(address: str, port: int) -> str:
    """Return how known_hosts names a host."""
    return address if port == socket.getservbyname("ssh") else f"[{address}]:{port}"


def receive(root: Path, *arguments: str) -> str:
    """Return the command of a front end whose forwardresolve is the one under test."""
    return shlex.join([sys.executable, "-m", "forwardresolve", "receive", "--root", str(root), *arguments])


def _private(state: Path, needed: Sequence[Path]) -> list[str]:
    """Return what stands before a command, so that it sees a machine with one user more."""
    users = Path("/etc/passwd").read_text().rstrip("\n")
    home = state / "home"
    state.joinpath("passwd").write_text(f"{users}\n{USER}:*:{_UID}:{_UID}::{home}:/bin/sh\n")
    groups = Path("/etc/group").read_text().rstrip("\n").splitlines()
    lines = [f"{line},{USER}".replace(":,", ":") if line.startswith("_rspamd:") else line for line in groups]
    state.joinpath("group").write_text("\n".join([*lines, f"{USER}:x:{_UID}:", ""]))
    opened = _opened([Path(sys.base_prefix), Path(sys.prefix), _PROJECT, *needed])
    script = _MOUNTS.format(opened="\n".join(opened))
    return ["unshare", "--mount", "sh", "-c", script, "sh", str(state)]


def _opened(needed: Sequence[Path]) -> Iterator[str]:
    """Yield commands that let others through directories that are closed to them, to what is needed only."""
    closed = {
        next((each for each in reversed(path.parents) if not each.stat().st_mode & 0o001), None): None
        for path in needed
    }
    for number, directory in enumerate(each for each in closed if each is not None):
        behind = f"/run/behind-{number}"
        yield f'mkdir {behind}; mount --bind "{directory}" {behind}'
        yield f'mount -t tmpfs -o mode=755 tmpfs "{directory}"'
        for path in needed:
            if path.is_relative_to(directory):
                below = path.relative_to(directory)
                yield f'mkdir -p "{path}"; mount --bind "{behind}/{below}" "{path}"'


def _greets(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1) as client:
            return client.recv(4) == b"SSH-"
    except OSError:
        return False


def _below(pid: int) -> list[int]:
    """Return the processes that a process has started, and those that they have started."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [each for child in map(int, children) for each in (child, *_below(child))]


def _command_line(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []
