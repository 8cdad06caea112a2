"""The generations that are kept: their maps for the way back, their ways for the reasons."""

from __future__ import annotations

import gzip
import json
import logging
import shutil
import tempfile
import zlib
from collections.abc import Mapping  # noqa: TC003 (cattrs reads the annotations)
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.deploy.generation import Generation
from forwardresolve.deploy.state import make_state_directory, seconds_since, stamp
from forwardresolve.deploy.ways import Ways
from forwardresolve.errors import ConfigError, TargetError
from forwardresolve.options import structure
from forwardresolve.rspamd import Artifact
from forwardresolve.rspamd.writing import replace, sync

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection

    from forwardresolve.deploy.policy import Deploy

_LOG: Final = logging.getLogger(__name__)
_ABOUT: Final = "about.json"
_WAYS: Final = "ways.json.gz"
_MODE: Final = 0o600
_DAY: Final = 86400
_UNREADABLE: Final = (OSError, EOFError, ValueError, TypeError, KeyError, zlib.error, ConfigError)


@attrs.frozen(kw_only=True)
class Kept:
    """What is known of a kept generation.

    Args:
        digest: Its digest.
        number: It counts up, whatever the clock does.
        at: When it was first deployed, ISO 8601.
        reason: Why, where somebody said so.
        causes: What it came from: the biggest causes, in words.
        keys: How many addresses it has.
        maps: The path of each map, and the file beside this one that holds it.
    """

    digest: str
    number: int
    at: str
    reason: str = ""
    causes: tuple[str, ...] = ()
    keys: int = 0
    maps: Mapping[str, str] = attrs.field(factory=dict)


class History:
    """The generations below a directory of the state.

    Args:
        state_dir: The directory of the state.
    """

    def __init__(self, state_dir: Path) -> None:
        self._directory = state_dir / "generations"

    def kept(self) -> tuple[Kept, ...]:
        """Return what is kept, the newest first; what is damaged is left out, and said."""
        found = []
        for path in self._directory.glob(f"*/{_ABOUT}"):
            try:
                found.append(structure(json.loads(path.read_text(encoding="utf-8")), Kept, ""))
            except _UNREADABLE:
                _LOG.warning("%s: is damaged, so this generation is lost", path)
        return tuple(sorted(found, key=lambda each: -each.number))

    def generation(self, digest: str) -> Generation | None:
        """Return a kept generation; None where it is not kept, or not whole any more."""
        kept = next((each for each in self.kept() if each.digest == digest), None)
        if kept is None:
            return None
        place = self._directory / digest
        try:
            maps = [
                Artifact(path, gzip.decompress((place / name).read_bytes()), "map")
                for path, name in kept.maps.items()
            ]
        except _UNREADABLE:
            maps = []
        generation = Generation(tuple(maps))
        if generation.digest != digest:
            _LOG.warning("%s: is damaged, so this generation is lost", place)
            return None
        return generation

    def ways(self, digest: str) -> Ways | None:
        """Return the ways of a kept generation; None where they are not kept."""
        path = self._directory / digest / _WAYS
        try:
            kept = json.loads(gzip.decompress(path.read_bytes()))
            return Ways(dict(kept["onward"]), frozenset(kept["hosted"]))
        except FileNotFoundError:
            return None
        except _UNREADABLE:
            _LOG.warning("%s: is damaged, so the earlier ways are not known", path)
            return None

    def keep(  # noqa: PLR0913 (what is known of a generation)
        self,
        generation: Generation,
        ways: Ways,
        now: dt.datetime,
        *,
        keys: int,
        causes: tuple[str, ...] = (),
        reason: str = "",
    ) -> None:
        """Keep a generation; of one that is kept only the ways are brought up to date.

        Raises:
            TargetError: The file system refuses; what was kept stays.
        """
        place = self._directory / generation.digest
        content = _packed(ways)
        try:
            if self.generation(generation.digest) is not None:
                if not (place / _WAYS).is_file() or (place / _WAYS).read_bytes() != content:
                    replace(place / _WAYS, content, _MODE)
                return
            make_state_directory(self._directory.parent)
            make_state_directory(self._directory)
            number = max((each.number for each in self.kept()), default=0) + 1
            names = {each.path: f"{at}.map.gz" for at, each in enumerate(generation.maps)}
            about = Kept(
                digest=generation.digest,
                number=number,
                at=stamp(now),
                reason=reason,
                causes=causes,
                keys=keys,
                maps=names,
            )
            new = Path(tempfile.mkdtemp(prefix=".", dir=self._directory))
            try:
                for each in generation.maps:
                    replace(new / names[each.path], _gzip(each.content), _MODE)
                replace(new / _WAYS, content, _MODE)
                replace(new / _ABOUT, json.dumps(attrs.asdict(about), indent=1).encode(), _MODE)
                shutil.rmtree(place, ignore_errors=True)  # what is left there is damaged
                new.replace(place)
            except BaseException:
                shutil.rmtree(new, ignore_errors=True)
                raise
            sync(self._directory)
        except OSError as error:
            msg = f"state_dir: {error.filename or self._directory}: {error.strerror}"
            raise TargetError(msg) from error

    def prune(self, policy: Deploy, now: dt.datetime, spared: Collection[str]) -> None:
        """Forget the generations that are too many or too old.

        Args:
            policy: How many, and how old.
            now: The time. A generation from a time to come is not old.
            spared: The digests of those that stay in any case.
        """
        for place, kept in enumerate(self.kept()):
            age = seconds_since(kept.at, now) or 0
            is_over = place >= policy.generations or age > policy.days * _DAY
            if is_over and kept.digest not in spared:
                shutil.rmtree(self._directory / kept.digest, ignore_errors=True)
        for left in self._directory.glob(".*"):  # a killed run's
            shutil.rmtree(left, ignore_errors=True)


def _packed(ways: Ways) -> bytes:
    return _gzip(json.dumps({"hosted": sorted(ways.hosted), "onward": ways.onward}).encode())


def _gzip(content: bytes) -> bytes:
    return gzip.compress(content, compresslevel=1, mtime=0)
