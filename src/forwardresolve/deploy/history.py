"""The generations that are kept: their maps for the way back, their ways for the reasons.

Some are kept whole; between them, what a click changed is kept as a step from an earlier generation,
which costs as little for a million addresses as for ten.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from forwardresolve.deploy.descent import ABOUT, SINCE, Descent, write_ways, write_whole
from forwardresolve.deploy.kept import Kept
from forwardresolve.deploy.since import Step
from forwardresolve.deploy.state import make_state_directory, seconds_since, stamp
from forwardresolve.errors import TargetError
from forwardresolve.rspamd.writing import replace, sync

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping, Sequence

    from forwardresolve.deploy.generation import Generation
    from forwardresolve.deploy.patching import Patch
    from forwardresolve.deploy.policy import Deploy
    from forwardresolve.deploy.ways import Ways

_MODE: Final = 0o600
_DAY: Final = 86400
_LONGEST: Final = _DAY
"""Seconds from a whole generation to the last step since, so that its ways are not much older."""

_Signature = tuple[int, int, int]
"""Another one, another file: its number, its size, and when it was written."""


class History:
    """The generations below a directory of the state.

    It remembers what it has read and looks only whether that is still so: a process that stays keeps
    one.

    Args:
        state_dir: The directory of the state.
    """

    def __init__(self, state_dir: Path) -> None:
        self._directory = state_dir / "generations"
        self._read: Mapping[str, tuple[_Signature, Descent | None]] = {}

    def kept(self) -> tuple[Kept, ...]:
        """Return what is kept, the newest first; what is damaged is left out, and said."""
        descents = self._descents()
        found: dict[str, Kept] = {}
        for each in descents:
            found.update(each.since.kept())
        found.update((each.whole.digest, each.whole) for each in descents)
        return tuple(sorted(found.values(), key=lambda each: -each.number))

    def generation(self, digest: str) -> Generation | None:
        """Return a kept generation; None where it is not kept, or not whole any more."""
        found = (each.generation(digest) for each in _homes(digest, self._descents()))
        return next((each for each in found if each is not None), None)

    def ways(self, digest: str) -> Ways | None:
        """Return the ways of a kept generation, those of a step as they were in its whole ancestor.

        Returns:
            The ways; None where they are not kept.
        """
        return next((each.ways() for each in _homes(digest, self._descents())), None)

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
        """Keep a generation whole; of one that is, only the ways are brought up to date.

        Raises:
            TargetError: The file system refuses; what was kept stays.
        """
        place = self._directory / generation.digest
        descents = self._descents()
        try:
            if any(each.place == place and each.generation(generation.digest) for each in descents):
                write_ways(place, ways)
                return
            make_state_directory(self._directory.parent)
            make_state_directory(self._directory)
            about = Kept(
                digest=generation.digest,
                number=_next_number(descents),
                at=stamp(now),
                reason=reason,
                causes=causes,
                keys=keys,
                maps={each.path: f"{at}.map.gz" for at, each in enumerate(generation.maps)},
            )
            self._replace(place, about, generation, ways)
        except OSError as error:
            raise self._refused(error) from error

    def keep_step(  # noqa: PLR0913 (what is known of a generation)
        self,
        before: str,
        after: str,
        patches: Mapping[str, Patch],
        now: dt.datetime,
        *,
        keys: int,
        causes: tuple[str, ...] = (),
        reason: str = "",
    ) -> bool:
        """Keep a generation as what changes from one that is kept; nothing large is read or written.

        Args:
            before: The digest of the earlier one.
            after: The digest of the generation.
            patches: What changes in each map, by its path. That they lead to the generation is
                looked at when somebody wants it back.
            now: The time.
            keys: How many addresses it has.
            causes: What it came from: the biggest causes, in words.
            reason: Why, where somebody said so.

        Returns:
            Whether it is kept now, or was already. It is not where the earlier one is not kept, or
            so much came since the whole one that the next should be whole: a thousand steps, 4 MiB
            of them, or a day.

        Raises:
            TargetError: The file system refuses; what was kept stays.
        """
        descents = self._descents()
        if _homes(after, descents):
            return True
        step = Step(
            digest=after,
            before=before,
            number=_next_number(descents),
            at=stamp(now),
            keys=keys,
            causes=causes,
            reason=reason,
            patches={path: patch.encode().decode("ascii") for path, patch in patches.items()},
        )
        homes = [
            each
            for each in _homes(before, descents)
            if (seconds_since(each.whole.at, now) or 0) <= _LONGEST
            and patches
            and patches.keys() <= each.whole.maps.keys()
        ]
        try:
            return any(each.since.append(step) for each in homes)
        except OSError as error:
            raise self._refused(error) from error

    def prune(self, policy: Deploy, now: dt.datetime, spared: Collection[str]) -> None:
        """Forget the generations that are too many or too old.

        Those that are kept whole are counted. The steps since go with them, and one is as new as the
        last step since: no step goes while it is among what is newest.

        Args:
            policy: How many, and how old.
            now: The time. A generation from a time to come is not old.
            spared: The digests of those that stay in any case, with what they descend from.
        """
        for left in self._directory.glob(".*"):  # a killed run's
            shutil.rmtree(left, ignore_errors=True)
        descents = self._descents()
        homes = (_homes(digest, descents) for digest in spared)
        needed = {found[0].place for found in homes if found}
        for at, each in enumerate(descents):
            age = seconds_since(each.newest.at, now) or 0
            if (at >= policy.generations or age > policy.days * _DAY) and each.place not in needed:
                self._forget(each.place)

    def _forget(self, place: Path) -> None:
        """Take a directory out of sight first: what a killed run leaves of it is cleared away."""
        doomed = place.with_name(f".{place.name}")
        with suppress(OSError):
            place.rename(doomed)
            sync(self._directory)
            shutil.rmtree(doomed, ignore_errors=True)

    def _replace(self, place: Path, about: Kept, generation: Generation, ways: Ways) -> None:
        """Put a whole generation in its place, where there may be what is left of a damaged one."""
        new = Path(tempfile.mkdtemp(prefix=".", dir=self._directory))
        try:
            if (place / SINCE).is_file():
                replace(new / SINCE, (place / SINCE).read_bytes(), _MODE)
            write_whole(new, about, generation, ways)
            shutil.rmtree(place, ignore_errors=True)
            new.replace(place)
        except BaseException:
            shutil.rmtree(new, ignore_errors=True)
            raise
        sync(self._directory)

    def _descents(self) -> tuple[Descent, ...]:
        """Look what is kept; where something came last, first."""
        read: dict[str, tuple[_Signature, Descent | None]] = {}
        for path in self._directory.glob(f"[!.]*/{ABOUT}"):
            with suppress(FileNotFoundError):  # it is being forgotten at this moment
                signature = _signature(path)
                remembered = self._read.get(path.parent.name)
                if remembered is None or remembered[0] != signature:
                    remembered = signature, Descent.read(path.parent)
                read[path.parent.name] = remembered
        self._read = read
        found = [descent for _, descent in read.values() if descent is not None]
        for each in found:
            each.read_on()
        return tuple(sorted(found, key=lambda each: -each.newest.number))

    def _refused(self, error: OSError) -> TargetError:
        return TargetError(f"state_dir: {error.filename or self._directory}: {error.strerror}")


def _homes(digest: str, descents: Sequence[Descent]) -> list[Descent]:
    """Return where a generation is kept: whole before as a step, then what came last."""
    found = [each for each in descents if each.leads_to(digest)]
    return sorted(found, key=lambda each: each.whole.digest != digest)


def _next_number(descents: Sequence[Descent]) -> int:
    return max((each.newest.number for each in descents), default=0) + 1


def _signature(path: Path) -> _Signature:
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns
