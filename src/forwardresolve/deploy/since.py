"""The generations since one that is kept whole: each a line of a file, what changes from an earlier one.

Lines are appended and never changed, so whoever has read the file reads on from there. Each names the
generation that it changes, which need not be the one of the line before: after a way back the next
generation goes on from where that led.
"""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.deploy.kept import Kept
from forwardresolve.deploy.patching import Patch
from forwardresolve.rspamd.writing import sync

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

MOST_STEPS: Final = 1000
"""How many lines a file has at most: their patches are put together in less than a second."""

MOST_BYTES: Final = 4 * 1024 * 1024
"""How long a file is at most: a thousand clicks, or a few changes that are worth a whole generation."""

_LOG: Final = logging.getLogger(__name__)
_MODE: Final = 0o600
_is_text: Final = attrs.validators.instance_of(str)
_are_texts: Final = attrs.validators.deep_iterable(_is_text)
_is_number: Final = attrs.validators.instance_of(int)


def _texts(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(given)


@attrs.frozen(kw_only=True)
class Step:
    """A line of the file.

    Args:
        digest: The generation.
        before: The one that its patches change: the whole one, or that of an earlier line.
        number: As in `Kept`.
        at: As in `Kept`.
        keys: As in `Kept`.
        causes: As in `Kept`.
        reason: As in `Kept`.
        patches: What changes in each map, by its path, as `Patch.encode` has it.
    """

    digest: str = attrs.field(validator=_is_text)
    before: str = attrs.field(validator=_is_text)
    number: int = attrs.field(validator=_is_number)
    at: str = attrs.field(validator=_is_text)
    keys: int = attrs.field(validator=_is_number)
    causes: tuple[str, ...] = attrs.field(default=(), converter=_texts, validator=_are_texts)
    reason: str = attrs.field(default="", validator=_is_text)
    patches: Mapping[str, str]

    def kept(self, whole: str) -> Kept:
        """Return what is known of the generation.

        Args:
            whole: The generation that it descends from.
        """
        return Kept(
            digest=self.digest,
            number=self.number,
            at=self.at,
            reason=self.reason,
            causes=self.causes,
            keys=self.keys,
            since=whole,
        )

    def encode(self) -> bytes:
        """Return the line, with its end."""
        return json.dumps(attrs.asdict(self), separators=(",", ":")).encode() + b"\n"

    @classmethod
    def decode(cls, line: bytes) -> Step:
        """Read a line; nothing checks the patches before they are used.

        Raises:
            ValueError: It is none.
            TypeError: The same.
            RecursionError: The same.
        """
        return cls(**json.loads(line))


@attrs.frozen
class _Place:
    """Where a step stands, so that its patches need not be held.

    Args:
        kept: What is known of it.
        before: As in `Step`.
        start: The first byte of its line.
        size: How many bytes the line has.
    """

    kept: Kept
    before: str
    start: int
    size: int


@attrs.frozen
class _Seen:
    """What has been read of the file.

    Args:
        steps: The steps, by digest.
        last: What is known of the one that came last; None for none.
        end: How many bytes have been read.
    """

    steps: Mapping[str, _Place] = attrs.field(factory=dict)
    last: Kept | None = None
    end: int = 0

    def on(self, text: bytes, whole: str) -> tuple[_Seen, int]:
        """Read on.

        Args:
            text: What stands behind; what has no line end yet is no step.
            whole: The generation that is kept whole.

        Returns:
            What has been read then, and how many lines are damaged, or go on from one that is.
        """
        *lines, _ = text.split(b"\n")
        steps, last, end, lost = {**self.steps}, self.last, self.end, 0
        for line in lines:
            size = len(line) + 1
            try:
                step = Step.decode(line)
            except (ValueError, TypeError, RecursionError):
                lost += 1
            else:
                if step.before == whole or step.before in steps:
                    last = step.kept(whole)
                    steps.setdefault(step.digest, _Place(last, step.before, end, size))
                else:
                    lost += 1
            end += size
        return _Seen(steps, last, end), lost


class Since:
    """The file beside a generation that is kept whole; it remembers what it has read.

    Args:
        path: The file; it need not be there.
        whole: The digest of the generation.
    """

    def __init__(self, path: Path, whole: str) -> None:
        self._path = path
        self._whole = whole
        self._seen = _Seen()

    @property
    def last(self) -> Kept | None:
        """What is known of the step that came last; None where there is none."""
        return self._seen.last

    def kept(self) -> dict[str, Kept]:
        """Return what is known of each step, by digest."""
        return {digest: place.kept for digest, place in self._seen.steps.items()}

    def leads_to(self, digest: str) -> bool:
        """Tell whether a generation is kept as a step."""
        return digest in self._seen.steps

    def patches(self, digest: str) -> Mapping[str, Patch]:
        """Return what changes from the whole generation to another one.

        Args:
            digest: The other one; `leads_to` it.

        Returns:
            The patch of every map that may differ, by its path.

        Raises:
            OSError: The file system refuses.
            ValueError: The file is damaged; some other errors say the same.
        """
        steps = self._seen.steps
        way: list[_Place] = []
        while digest != self._whole:
            way.append(steps[digest])
            digest = way[-1].before
        found: dict[str, Patch] = {}
        for step in self._read(way[::-1]):
            for path, text in step.patches.items():
                patch = Patch.decode(text.encode("ascii"))
                found[path] = found[path].then(patch) if path in found else patch
        return found

    def read_on(self) -> None:
        """Read what has come since the last time; what is damaged is left out, and said.

        Raises:
            OSError: The file system refuses.
        """
        seen = self._seen  # another thread may be reading on, too
        try:
            with self._path.open("rb") as file:
                if os.fstat(file.fileno()).st_size < seen.end:  # somebody has put back an older one
                    seen = _Seen()
                file.seek(seen.end)
                self._seen, lost = seen.on(file.read(), self._whole)
        except FileNotFoundError:
            self._seen = _Seen()
            return
        if lost:
            _LOG.warning("%s: is damaged, so %d generations are lost", self._path, lost)

    def append(self, step: Step) -> bool:
        """Append a step and bring it onto the disk.

        Args:
            step: The step; what is before it is the whole generation, or is kept here.

        Returns:
            Whether there was room for it.

        Raises:
            OSError: The file system refuses; what is kept stays.
        """
        self.read_on()
        end, line = self._seen.end, step.encode()
        if len(self._seen.steps) >= MOST_STEPS or end + len(line) > MOST_BYTES:
            return False
        with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT, _MODE), "wb") as file:
            file.truncate(end)  # a killed run may have left the beginning of a line
            file.seek(end)
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        if not end:
            sync(self._path.parent)
        return True

    def _read(self, places: Sequence[_Place]) -> Iterator[Step]:
        if not places:
            return
        with self._path.open("rb") as file:
            for place in places:
                file.seek(place.start)
                yield Step.decode(file.read(place.size))
