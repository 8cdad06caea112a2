"""A map as text, as a constant database, or as both files: which of them hold the list.

No message is scanned while Rspamd reads a changed map of text; of a constant database it reads
nothing. With ``auto`` the configuration names both files, so that the list can go from one to the
other without a reload: a short one is text, a long one a database, and one in between is in both.
So whichever way a list grows or shrinks, the file that it leaves is emptied only after the other
one has long been read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forwardresolve.rspamd.artifact import database_artifact, map_artifact
from forwardresolve.rspamd.configuration import MAPS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from forwardresolve.rspamd.answer import Answer
    from forwardresolve.rspamd.artifact import Artifact
    from forwardresolve.rspamd.settings import Format, RspamdSettings

LARGE: Final = 100_000
"""From how many keys on a list is no text.

A change of so many stops scanning for 0.2 s on 3.4 and 0.4 s on 4.1, and each process of Rspamd
keeps 12 MiB of it; of a million 2 to 11 s, as busy as the machine is, and 120 MiB. A constant
database of a million costs 0.04 s and 2 MiB (measured).
"""

OVERLAP: Final = LARGE // 2
"""From how many keys on a list is a database, too."""


def size(answer: Answer) -> int:
    """Return about how many keys a list has."""
    return len(answer.addresses) + sum(map(len, answer.catch_alls.values()))


def held_formats(settings: RspamdSettings, keys: int) -> tuple[Format, ...]:
    """Return the formats whose files hold a list.

    Args:
        settings: What the admin chose.
        keys: How many keys the list has.
    """
    if settings.map_format != "auto":
        return (settings.map_format,)
    held: dict[Format, bool] = {"text": keys < LARGE, "cdb": keys >= OVERLAP}
    return tuple(each for each, is_held in held.items() if is_held)


def map_files(
    settings: RspamdSettings,
    name: str,
    keys: int,
    text: Callable[[], str],
    pairs: Callable[[], Iterable[tuple[str, str]]],
) -> Iterator[Artifact]:
    """Write every file of one map; one that does not hold the list is empty.

    Args:
        settings: What the admin chose.
        name: The file name of the map.
        keys: How many keys the list has.
        text: Makes the lines of the text.
        pairs: Makes the keys and values of the database.
    """
    files, held = settings.files(name), held_formats(settings, keys)
    if "text" in files:
        yield map_artifact(f"{MAPS}/{files['text']}", text() if "text" in held else "")
    if "cdb" in files:
        yield database_artifact(f"{MAPS}/{files['cdb']}", pairs() if "cdb" in held else ())
