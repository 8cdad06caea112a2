"""Which Rspamd programs there are: Debian's own, and the newest, in a root of its own.

The newest comes from Debian's unstable suite and lives below the cache directory of the user
(``$XDG_CACHE_HOME/forwardresolve/sid``), where debootstrap puts it once. It runs in a mount
namespace of its own, in which it sees the temporary files of the machine and nothing else.
"""

from __future__ import annotations

import functools
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final, Literal, NoReturn, get_args

import attrs
import pytest

from servers.private import Account, find_program

Version = Literal["system", "newest"]
VERSIONS: Final = get_args(Version)

ACCOUNT: Final = Account("_rspamd")

_SUITE: Final = "sid"
_SOURCES: Final = Path("/etc/apt")
_BOOTSTRAP_SECONDS: Final = 600


@attrs.frozen
class Program:
    """How the programs of one Rspamd are started.

    Args:
        prefix: What stands before the path of a program.
        runs_as_user: Whether the prefix itself changes to the user of Rspamd.
        etc: The directory with the configuration that the package ships.
    """

    prefix: tuple[str, ...]
    runs_as_user: bool
    etc: Path

    def command(self, name: str, *arguments: str) -> list[str]:
        """Return the command line for ``rspamd`` or ``rspamadm``."""
        return [*self.prefix, f"/usr/bin/{name}", *arguments]

    @property
    def account(self) -> Account | None:
        """The user to start it as; None where the prefix sees to it."""
        return None if self.runs_as_user else ACCOUNT


@functools.cache
def program(version: Version) -> Program:
    """Return the programs of a version, or skip the test.

    Debian's own is required where live tests are; the newest never is, because its suite moves.
    """
    if version == "system":
        find_program("rspamd", "rspamd")
        return Program((), runs_as_user=False, etc=Path("/etc/rspamd"))
    made = _in_namespace(_newest())
    tried = subprocess.run(made.command("rspamd", "--version"), check=False, capture_output=True, text=True)
    if tried.returncode:
        _skip(f"the newest Rspamd does not start: {tried.stderr.strip()}")
    return made


def program_with(version: Version, directory: Path, inside: str) -> Program:
    """Return the programs as they run in a container: they see a directory at another place.

    Args:
        version: Which Rspamd.
        directory: A directory of ours.
        inside: Where they see it; an empty directory.
    """
    program(version)
    root = Path("/") if version == "system" else _newest()
    return _in_namespace(root, f'mount --bind "{directory}" "{root / inside.lstrip("/")}"')


def _newest() -> Path:
    root = _cache() / _SUITE
    if not root.exists():
        try:
            _bootstrap(root)
        except (OSError, subprocess.SubprocessError) as error:
            _skip(str(error))
    return root


def _in_namespace(root: Path, *further: str) -> Program:
    """Start programs in a root and a mount namespace of their own, as the user of Rspamd."""
    user = pwd.getpwnam(ACCOUNT.name)
    temporary = tempfile.gettempdir()
    root.joinpath(temporary.lstrip("/")).mkdir(parents=True, exist_ok=True)
    shared = [] if root == Path("/") else [temporary, "/dev"]
    mounts = "".join(
        f"{mount} && " for mount in (*(f'mount --bind "{each}" "{root}{each}"' for each in shared), *further)
    )
    chroot = f'exec chroot --userspec={user.pw_uid}:{user.pw_gid} --groups= "{root}" "$@"'
    prefix = ("unshare", "--mount", "sh", "-c", f"{mounts}{chroot}", "sh")
    return Program(prefix, runs_as_user=True, etc=root / "etc" / "rspamd")


def _skip(reason: str) -> NoReturn:
    pytest.skip(f"THE NEWEST RSPAMD IS NOT TESTED: {reason}")


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "forwardresolve"


def _bootstrap(root: Path) -> None:
    """Put a small Debian with Rspamd into a directory; it appears there whole or not at all."""
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        msg = "debootstrap and the rights of root are needed"
        raise OSError(msg)
    root.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{root.name}.", dir=root.parent))
    command = ["debootstrap", "--variant=minbase", "--include=rspamd", _SUITE, str(unfinished), _mirror()]
    try:
        made = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=_BOOTSTRAP_SECONDS
        )
        if made.returncode:
            raise OSError("debootstrap: " + "; ".join(made.stdout.splitlines()[-3:]))
        unfinished.chmod(0o755)
        unfinished.rename(root)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _mirror() -> str:
    """Return the first archive that apt is told to use."""
    for path in (_SOURCES / "sources.list", *sorted(_SOURCES.glob("sources.list.d/*"))):
        if path.is_file():
            found = re.search(
                r"^(?:URIs:\s*|deb\s+(?:\[.*?\]\s*)?)(\S*/debian/?)(?=\s)", path.read_text(), re.MULTILINE
            )
            if found:
                return found[1]
    return "http://deb.debian.org/debian"
