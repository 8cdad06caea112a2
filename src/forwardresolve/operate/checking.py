"""Check a configuration against the machine that it is on, and say all that is wrong at once."""

from __future__ import annotations

import shutil
import stat
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from forwardresolve import config
from forwardresolve.deploy.access import access
from forwardresolve.deploy.directory import Directory
from forwardresolve.deploy.ssh import Ssh
from forwardresolve.errors import BackendError, ConfigError, TargetError
from forwardresolve.operate.hooks import Hooks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from forwardresolve.config import Config
    from forwardresolve.deploy.front_end import FrontEnd


def check(path: Path) -> Config:
    """Load a configuration and look whether what it names is there; nothing is read or asked.

    Args:
        path: The configuration file.

    Returns:
        The configuration.

    Raises:
        ConfigError: Anything is wrong with it; all problems at once, each with its key path.
    """
    try:
        loaded = config.load(path)
    except BackendError as error:
        msg = f"{path}: {error}"
        raise ConfigError(msg) from error
    problems = [*_state_dir(loaded), *_targets(loaded), *_hooks(loaded)]
    if problems:
        raise ConfigError(*(f"{path}: {each}" for each in problems))
    return loaded


def _state_dir(loaded: Config) -> Iterator[str]:
    path = loaded.state_dir
    if not path.is_absolute():
        yield f"state_dir: must be an absolute path, not {str(path)!r}"
        return
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return  # the service or the first run makes it
    except OSError as error:
        yield f"state_dir: {path}: {error.strerror}"
        return
    if not stat.S_ISDIR(mode):
        yield f"state_dir: {path} is no directory"
    elif mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield f"state_dir: others can use {path}, which keeps what the sources say; run: chmod 0700 {path}"


def _targets(loaded: Config) -> Iterator[str]:
    if not loaded.targets:
        yield "target: there is none; name a front end in a table [[target]]"
    for at, each in enumerate(loaded.targets):
        for key, problem in _target(each):
            yield f"target[{at}].{key}: {problem}"


def _target(front_end: FrontEnd) -> Iterator[tuple[str, str]]:
    target, url = front_end.target, front_end.rspamd_url
    if url and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
        yield "rspamd_url", f"{url} is no URL of a Rspamd, such as http://127.0.0.1:11334"
    if isinstance(target, Directory):
        if not target.root.is_dir():
            yield "root", f"there is no directory {target.root}; is Rspamd there? If so, make it"
        try:
            access(target.mode, target.owner, target.group)
        except TargetError as error:
            yield "group" if "group" in str(error) else "owner", str(error)
    if isinstance(target, Ssh) and shutil.which(target.ssh[0]) is None:
        yield "ssh", f"there is no program {target.ssh[0]} here; on Debian: apt-get install openssh-client"


def _hooks(loaded: Config) -> Iterator[str]:
    for problem in Hooks(loaded.deploy.hooks).problems():
        yield f"deploy.hooks: {problem}"
