"""One state of all maps of a target, known by the digest of its content."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forwardresolve.rspamd import Artifact


def _by_path(maps: Iterable[Artifact]) -> tuple[Artifact, ...]:
    return tuple(sorted(maps, key=lambda each: each.path))


@attrs.frozen(slots=False)
class Generation:
    """The maps that a target holds, or is to hold; configuration is no part of it.

    Args:
        maps: The maps, sorted by path.
    """

    maps: tuple[Artifact, ...] = attrs.field(converter=_by_path)

    @classmethod
    def of(cls, artifacts: Iterable[Artifact]) -> Generation:
        """Take the maps out of all files of a profile."""
        return cls(tuple(each for each in artifacts if each.kind == "map"))

    @classmethod
    def known(cls, maps: Iterable[Artifact], digests: Mapping[str, str]) -> Generation:
        """Take maps whose digests somebody has just computed.

        Args:
            maps: The maps.
            digests: Each path with the SHA-256 of its content, in hexadecimal.
        """
        made = cls(tuple(maps))
        vars(made)["digests"] = dict(digests)  # where cached_property looks first
        return made

    @cached_property
    def digests(self) -> Mapping[str, str]:
        """Each path with the SHA-256 of its content, in hexadecimal."""
        return {each.path: hashlib.sha256(each.content).hexdigest() for each in self.maps}

    @cached_property
    def digest(self) -> str:
        """What names the generation; equal maps have equal ones, on every target."""
        return digest_of(self.digests)


def digest_of(digests: Mapping[str, str]) -> str:
    """Return the digest of a generation whose maps have these.

    Args:
        digests: Each path with the SHA-256 of its content, in hexadecimal.
    """
    lines = "".join(f"{digest}  {path}\n" for path, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()
