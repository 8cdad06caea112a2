"""The last complete read of a source, kept for the day that the source is down."""

from __future__ import annotations

import gzip
import json
import os
import tempfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import attrs

from forwardresolve.deploy.state import make_state_directory, seconds_since, stamp
from forwardresolve.errors import BackendDataError, BackendIncomplete, TargetError
from forwardresolve.jsonlines import read_records, write_records
from forwardresolve.rspamd.writing import sync

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from forwardresolve.records import Record

_TOLERANCE: Final = -300.0
"""Seconds that a read may seem to come from the future, before its age counts as unknown."""


class LastGood:
    """The reads below a directory of the state.

    Args:
        state_dir: The directory of the state.
    """

    def __init__(self, state_dir: Path) -> None:
        self._directory = state_dir / "reads"

    def spool(self, records: Iterable[Record], now: dt.datetime) -> Spool:
        """Begin to write the records of a source down while they stream.

        Raises:
            TargetError: The file system refuses.
        """
        make_state_directory(self._directory.parent)
        make_state_directory(self._directory)
        with self._told():
            descriptor, name = tempfile.mkstemp(prefix=".", dir=self._directory)
            os.close(descriptor)
        return Spool(Path(name), records, stamp(now))

    def keep(self, source: str, spooled: Path) -> None:
        """Take what was written down as the last good read of a source.

        Raises:
            TargetError: The file system refuses.
        """
        with self._told():
            spooled.replace(self._path(source))
            sync(self._directory)

    def clean(self) -> None:
        """Remove what runs have written down that came to nothing."""
        for left in self._directory.glob(".*"):
            left.unlink(missing_ok=True)

    def age(self, source: str, now: dt.datetime) -> float | None:
        """Return how many seconds ago the last good read was made; None where nobody knows."""
        at = self.at(source)
        age = seconds_since(at, now) if at else None
        return age if age is not None and age > _TOLERANCE else None

    def at(self, source: str) -> str:
        """Return when the last good read was made, ISO 8601; empty where there is none."""
        try:
            with gzip.open(self._path(source), "rt", encoding="utf-8") as file:
                return str(json.loads(file.readline())["at"])
        except (OSError, EOFError, ValueError, KeyError, TypeError, zlib.error):
            return ""

    def records(self, source: str) -> Iterator[Record]:
        """Yield the records of the last good read.

        Raises:
            BackendIncomplete: It is damaged.
        """
        try:
            with gzip.open(self._path(source), "rt", encoding="utf-8") as file:
                file.readline()
                yield from read_records(file)
        except (OSError, EOFError, ValueError, zlib.error, BackendDataError) as error:
            msg = f"source {source}: its last good read is damaged ({error})"
            raise BackendIncomplete(msg) from error

    def _path(self, source: str) -> Path:
        return self._directory / f"{quote(source, safe='')}.jsonl.gz"

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            msg = f"state_dir: {error.filename or self._directory}: {error.strerror}"
            raise TargetError(msg) from error


@attrs.frozen
class Spool:
    """Writes records down as they pass.

    Args:
        path: Where.
        records: The records.
        at: When, ISO 8601.
    """

    path: Path
    _records: Iterable[Record]
    _at: str

    def __iter__(self) -> Iterator[Record]:
        """Yield the records; the file is whole when they have come to their end."""
        with gzip.open(self.path, "wt", encoding="utf-8", compresslevel=1) as file:
            file.write(f"{json.dumps({'at': self._at})}\n")
            passing = _Passing(self._records)
            for line in write_records(passing):
                file.write(f"{line}\n")
                if passing.last is not None:
                    yield passing.last
                    passing.last = None


class _Passing:
    """Remembers the record that has just passed."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._records = records
        self.last: Record | None = None

    def __iter__(self) -> Iterator[Record]:
        for record in self._records:
            self.last = record
            yield record
