"""The target ``directory``: the configuration root of a Rspamd on this machine.

Several maps cannot be renamed at once. So all of them are first written beside their places, then
the journal says which generation is to come, then they are renamed. Whoever comes to the directory
next carries out what the journal says and a killed run has left.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import attrs

from forwardresolve.deploy.access import access, obstacle
from forwardresolve.deploy.digests import Digests
from forwardresolve.deploy.journal import Journal
from forwardresolve.deploy.target import Holding
from forwardresolve.errors import TargetError
from forwardresolve.rspamd.configuration import JOURNAL, MAPS
from forwardresolve.rspamd.writing import fill, make_directory, present, sync

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from forwardresolve.deploy.access import Access
    from forwardresolve.deploy.generation import Generation
    from forwardresolve.deploy.patching import Patch

_LOG: Final = logging.getLogger(__name__)
_PATIENCE: Final = 10.0
"""Seconds that another run may take to put its files in place."""


def _is_mode(_: Any, attribute: attrs.Attribute[str], mode: str) -> None:  # noqa: ANN401 (the instance)
    digits = mode.removeprefix("0o")
    is_octal = len(digits) in {3, 4} and set(digits) <= set("01234567")
    if mode and not (is_octal and int(digits, 8) & ~0o666 == 0 and int(digits, 8) & 0o400):
        msg = f'{attribute.name} must be permissions such as "0640", not {mode!r}'
        raise ValueError(msg)


def _is_absolute(_: Any, attribute: attrs.Attribute[Path], path: Path) -> None:  # noqa: ANN401 (the instance)
    if not path.is_absolute() or ".." in path.parts:
        msg = f"{attribute.name} must be an absolute path without .., not {str(path)!r}"
        raise ValueError(msg)


@attrs.frozen(kw_only=True)
class Directory:
    """The target ``directory``.

    Args:
        name: The admin's name for it.
        root: The configuration root of Rspamd, ``/etc/rspamd``; it is made where it is missing.
        mode: The permissions of the maps in octal digits. Without it ``0640``, or ``0644`` where
            this machine has no user of Rspamd and ``group`` names none.
        owner: Who owns the maps, by name or number; without it whoever writes them.
        group: Their group, by name or number (a container has its own numbers); without it that
            of Rspamd's user.
    """

    name: str
    root: Path = attrs.field(validator=_is_absolute)
    mode: str = attrs.field(default="", validator=_is_mode)
    owner: int | str = ""
    group: int | str = ""
    _digests: Digests = attrs.field(factory=Digests, init=False, eq=False, repr=False)

    def holding(self, paths: Collection[str]) -> Holding:
        """Say what the directory holds; what a killed run has left is carried out first."""
        with self._told():
            self._refuse_links(paths)
            if not self._maps.is_dir():
                return Holding({})
            with self._locked():
                journal = Journal.read(self._journal)
                self._settle(journal, paths)
                return self._held(journal, paths)

    def fetch(self, path: str) -> bytes:
        """Return the content of a map that it holds."""
        with self._told():
            self._refuse_links([path])
            content = present(self.root / path)
            if content is None:
                msg = f"{self.root / path}: is not there"
                raise TargetError(msg)
        return content

    def put(
        self,
        generation: Generation,
        held: Holding,
        *,
        release: str = "",
        patches: Mapping[str, Patch] | None = None,
    ) -> Holding:
        """Take a generation whole; its guard is that of whoever calls."""
        del release, patches
        paths = generation.digests
        with self._told():
            given = access(self.mode, self.owner, self.group)
            if given.notice:
                _LOG.info("target %s: %s", self.name, given.notice)
            self._refuse_links(paths)
            for path in [JOURNAL, *paths]:
                make_directory((self.root / path).parent)
            with self._locked():
                journal = Journal.read(self._journal)
                self._settle(journal, paths)
                now = self._held(journal, paths)
                if now != held:
                    msg = "holds something else than when the change was planned"
                    raise TargetError(msg)
                journal = Journal(held.sequence + 1, generation.digests)
                self._replace(generation, held, journal, given)
        return Holding(generation.digests, journal.sequence)

    @property
    def _maps(self) -> Path:
        return self.root / MAPS

    @property
    def _journal(self) -> Path:
        return self.root / JOURNAL

    def _held(self, journal: Journal, paths: Collection[str]) -> Holding:
        found = {path: self._digests.of(self.root / path) for path in sorted(paths)}
        return Holding(
            {path: digest for path, digest in found.items() if digest is not None}, journal.sequence
        )

    def _replace(self, generation: Generation, held: Holding, journal: Journal, given: Access) -> None:
        """Write all that differs beside its place, then the journal, then rename."""
        changed = [
            each for each in generation.maps if held.digests.get(each.path) != generation.digests[each.path]
        ]
        places = [self.root / each.path for each in changed]
        try:
            for place, each in zip(places, changed, strict=True):
                self._stage(place, each.content, given)
            journal.write(self._journal)
        except BaseException:
            for place in places:
                _staged(place).unlink(missing_ok=True)
            raise
        for place in places:
            _staged(place).replace(place)
        for directory in dict.fromkeys(place.parent for place in places):
            sync(directory)

    def _stage(self, place: Path, content: bytes, given: Access) -> None:
        staged = _staged(place)
        staged.unlink(missing_ok=True)
        descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fill(descriptor, content, given.mode, given.owner)
        except PermissionError as error:
            msg = f"{place}: cannot be given its owner and group: {error.strerror}"
            raise TargetError(msg) from error
        between = place.relative_to(self.root).parents
        problem = obstacle(staged.stat(), [self.root / each for each in between], given)
        if problem:
            msg = f"{place}: Rspamd could not read the new map, and would empty its list: {problem}"
            raise TargetError(msg)

    def _settle(self, journal: Journal, paths: Collection[str]) -> None:
        """Rename what a killed run had written for the generation of the journal; drop the rest."""
        for path in sorted(paths):
            place, staged = self.root / path, _staged(self.root / path)
            if staged.is_file():
                if _digest(staged.read_bytes()) == journal.digests.get(path):
                    present(place)
                    staged.replace(place)
                    sync(place.parent)
                    _LOG.warning("target %s: %s: a run that was killed is completed", self.name, place)
                else:
                    staged.unlink()

    def _refuse_links(self, paths: Collection[str]) -> None:
        """Refuse a directory that is a symbolic link: Rspamd does not see when one is turned."""
        for directory in sorted({self.root / each for path in paths for each in Path(path).parents}):
            if directory.is_symlink():
                msg = f"{directory}: is a symbolic link, and Rspamd does not see one change; name its end"
                raise TargetError(msg)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep others from writing here; whoever holds the lock dies with it."""
        descriptor = os.open(self._maps, os.O_RDONLY | os.O_DIRECTORY)
        try:
            deadline = time.monotonic() + _PATIENCE
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        msg = f"{self._maps}: another run is writing here; try again"
                        raise TargetError(msg) from None
                    time.sleep(0.05)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Name the target in every error."""
        try:
            yield
        except TargetError as error:
            msg = f"target {self.name}: {error}"
            raise TargetError(msg) from error
        except OSError as error:
            msg = f"target {self.name}: {error.filename or self.root}: {error.strerror}"
            raise TargetError(msg) from error


def _staged(place: Path) -> Path:
    """Return where the next content of a map waits; always the same, so a killed run leaves no heap."""
    return place.with_name(f".{place.name}.next")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
