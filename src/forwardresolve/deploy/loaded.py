"""Has a running Rspamd read the list that its target holds? It is asked about what changed last.

Rspamd does not say which content of a map it has loaded: its controller reads the file itself
(``/getmap``), and ``loaded`` in ``/maps`` only says that there was one. So a few keys that came
with the last change are looked up by a scan, and a few that went.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from forwardresolve.rspamd.verifying import symbols_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from forwardresolve.rspamd import RspamdSettings
    from forwardresolve.rspamd.probing import Door

Loaded = Literal["current", "older", "partly", "unknown"]

_MOST: Final = 3


def loaded(door: Door, settings: RspamdSettings, held: AbstractSet[str], before: AbstractSet[str]) -> Loaded:
    """Ask a running Rspamd which list it has.

    Args:
        door: Where it listens.
        settings: How its maps are made.
        held: What the target holds, as `read_keys` gives it.
        before: What it held before; empty where that is not known.

    Returns:
        ``current``, ``older``, ``partly`` where some answers are those of the one and some of the
        other, or ``unknown`` where there is nothing to ask about.

    Raises:
        TargetError: Nobody answers, or not as Rspamd does.
    """
    came, went = held - before, before - held
    if not came and not went:
        came = held
    answers = [_sets(door, settings, key) for key in _askable(came, before)]
    answers += [not _sets(door, settings, key) for key in _askable(went, held)]
    if not answers:
        return "unknown"
    return "current" if all(answers) else "partly" if any(answers) else "older"


def _askable(keys: AbstractSet[str], others: AbstractSet[str]) -> Iterable[str]:
    """Return a few plain addresses that only one of two lists covers."""
    plain = (
        key
        for key in sorted(keys)
        if key.isascii() and key[0] not in '@"' and not key.endswith(" -") and "+" not in key
    )
    alone = (key for key in plain if f"@{key.rpartition('@')[2]}" not in others)
    return [key for key, _ in zip(alone, range(_MOST), strict=False)]


def _sets(door: Door, settings: RspamdSettings, address: str) -> bool:
    return settings.symbol in door.scan([address], symbols_of(settings)).symbols
