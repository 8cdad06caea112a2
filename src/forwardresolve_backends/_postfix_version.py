"""Whether anything has changed that a reading of a Postfix depends on, without a reading."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from forwardresolve.sdk import version_of_files
from forwardresolve_backends._postfix_entries import Entry
from forwardresolve_backends.aliases import all_included, included_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from forwardresolve_backends._postfix_entries import Readable
    from forwardresolve_backends._postfix_reading import Reading
    from forwardresolve_backends.aliases import Included

_OF_THE_MOMENT: Final = frozenset({"process_id", "process_name"})
"""Parameters that postconf says of itself."""


def version_of_reading(reading: Reading, included: Included) -> str:
    """Return a text that is another one when a parameter, a table or an included list has changed.

    Args:
        reading: One that has not begun.
        included: What was found in the aliases before.

    Returns:
        The text; empty where a table cannot tell.

    Raises:
        BackendError: Something cannot be looked at, as in a reading.
    """
    reading.look()
    versions = [table.version() for table in reading.tables()]
    if not all(versions):
        return ""
    included.begin()
    named = [path for table in reading.tables("local") for path in _named_in(table, included)]
    master_cf = reading.main_cf.path.with_name("master.cf")
    files = version_of_files(reading.files, optional=(master_cf, *all_included(named, included)))
    parameters = sorted(
        (name, value) for name, value in reading.main_cf.parameters.items() if name not in _OF_THE_MOMENT
    )
    return hashlib.sha256(repr((parameters, versions, files)).encode(errors="surrogateescape")).hexdigest()


def _named_in(table: Readable, included: Included) -> tuple[Path, ...]:
    """Return the lists that a table of aliases includes; it is read again only when it has changed."""

    def find() -> tuple[Path, ...]:
        return tuple(_lists(table))

    return included.recall(table.name, table.version(), find)


def _lists(table: Readable) -> Iterator[Path]:
    for row in table.read():
        if isinstance(row, Entry) and isinstance(row.value, str):
            yield from included_in(row.value)
