"""A generation that is kept whole, and the steps since: they live and die together."""

from __future__ import annotations

import gzip
import json
import logging
import zlib
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.deploy.generation import Generation
from forwardresolve.deploy.kept import Kept
from forwardresolve.deploy.patching import patched
from forwardresolve.deploy.since import Since
from forwardresolve.deploy.ways import Ways
from forwardresolve.errors import ConfigError, TargetError
from forwardresolve.options import structure
from forwardresolve.rspamd import Artifact
from forwardresolve.rspamd.writing import replace

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from forwardresolve.deploy.patching import Patch

ABOUT: Final = "about.json"
SINCE: Final = "since.jsonl"

_LOG: Final = logging.getLogger(__name__)
_WAYS: Final = "ways.json.gz"
_MODE: Final = 0o600
_UNREADABLE: Final = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    zlib.error,
    ConfigError,
    TargetError,
)


@attrs.frozen
class Descent:
    """The directory of a generation that is kept whole.

    Args:
        place: The directory; its name is the digest.
        whole: The generation that is kept whole.
        since: The steps.
    """

    place: Path
    whole: Kept
    since: Since

    @classmethod
    def read(cls, place: Path) -> Descent | None:
        """Read a directory; None where it is damaged, and it is said."""
        path = place / ABOUT
        try:
            whole = structure(json.loads(path.read_text(encoding="utf-8")), Kept, "")
        except _UNREADABLE:
            _LOG.warning("%s: is damaged, so this generation is lost", path)
            return None
        return cls(place, whole, Since(place / SINCE, whole.digest))

    def read_on(self) -> None:
        """Read the steps that have come since the last time; it is said where that is refused."""
        try:
            self.since.read_on()
        except OSError as error:
            _LOG.warning("%s: cannot be read: %s", self.place / SINCE, error.strerror)

    @property
    def newest(self) -> Kept:
        """What is known of the generation that came last."""
        return max(self.whole, self.since.last or self.whole, key=lambda each: each.number)

    def leads_to(self, digest: str) -> bool:
        """Tell whether a generation is kept here."""
        return digest == self.whole.digest or self.since.leads_to(digest)

    def generation(self, digest: str) -> Generation | None:
        """Return a generation that is kept here; None where it is damaged, and it is said."""
        try:
            patches = self.since.patches(digest)
            generation = Generation(tuple(self._map(path, patches) for path in self.whole.maps))
        except _UNREADABLE:
            generation = Generation(())
        if generation.digest == digest:
            return generation
        _LOG.warning("%s: is damaged, so generation %.12s is lost", self.place, digest)
        return None

    def ways(self) -> Ways | None:
        """Return the ways of the whole generation; None where they are not kept."""
        path = self.place / _WAYS
        try:
            kept = json.loads(gzip.decompress(path.read_bytes()))
            return Ways(dict(kept["onward"]), frozenset(kept["hosted"]))
        except FileNotFoundError:
            return None
        except _UNREADABLE:
            _LOG.warning("%s: is damaged, so the earlier ways are not known", path)
            return None

    def _map(self, path: str, patches: Mapping[str, Patch]) -> Artifact:
        content = gzip.decompress((self.place / self.whole.maps[path]).read_bytes())
        return Artifact(path, patched(content, patches[path]) if path in patches else content, "map")


def write_ways(place: Path, ways: Ways) -> None:
    """Bring the ways in a directory up to date.

    Raises:
        OSError: The file system refuses; what was there stays.
    """
    text = json.dumps({"hosted": sorted(ways.hosted), "onward": ways.onward})
    path, content = place / _WAYS, gzipped(text.encode())
    if not path.is_file() or path.read_bytes() != content:
        replace(path, content, _MODE)


def write_whole(place: Path, about: Kept, generation: Generation, ways: Ways) -> None:
    """Fill a new directory; its file `ABOUT` comes last.

    Raises:
        OSError: The file system refuses.
    """
    for each in generation.maps:
        replace(place / about.maps[each.path], gzipped(each.content), _MODE)
    write_ways(place, ways)
    replace(place / ABOUT, json.dumps(attrs.asdict(about), indent=1).encode(), _MODE)


def gzipped(content: bytes) -> bytes:
    """Compress quickly; the same bytes each time."""
    return gzip.compress(content, compresslevel=1, mtime=0)
