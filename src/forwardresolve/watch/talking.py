"""What a panel and the resident process say to each other: a line of JSON each, request and answer.

=========== ==================================== ==========================================
``ask``     other keys                           the answer has
=========== ==================================== ==========================================
``touch``   ``addresses``: what has changed      nothing more
``push``    ``changes``: rows, as in `wire`      ``delta``, ``notes``
``preview`` ``changes``                          ``delta``, ``notes``
``status``                                       ``status``: a sentence
=========== ==================================== ==========================================

Every answer has ``ok``, and where that is false ``error``, a sentence; then nothing was done. With
``retry`` it is not the request that is wrong: it may be sent again later.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs

from forwardresolve.addresses import normalise
from forwardresolve.errors import AddressError
from forwardresolve.shapes import nearest
from forwardresolve.watch.wire import MOST_CHANGES, changes_of

if TYPE_CHECKING:
    from forwardresolve.live import Change

LONGEST_LINE: Final = 4 * 1024 * 1024
"""How many bytes a request may have, its end included."""

_KEYS: Final = {
    "touch": {"ask", "addresses"},
    "push": {"ask", "changes"},
    "preview": {"ask", "changes"},
    "status": {"ask"},
}


@attrs.frozen
class Asked:
    """A request.

    Args:
        ask: What is wanted.
        addresses: What has changed, normalised.
        changes: The rows.
    """

    ask: Literal["touch", "push", "preview", "status"]
    addresses: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()


def read_request(line: bytes) -> Asked:
    """Read a request.

    Args:
        line: A line, with or without its end.

    Raises:
        AddressError: It is no request; the message says why.
    """
    try:
        table: Any = json.loads(line)
    except (ValueError, RecursionError):
        table = None
    if not isinstance(table, dict):
        msg = f"a request is one line of JSON with an object, not {line[:60]!r}"
        raise AddressError(msg)
    ask = table.get("ask")
    if not isinstance(ask, str) or ask not in _KEYS:
        hint = nearest(ask, tuple(_KEYS)) if isinstance(ask, str) else ""
        msg = f"ask must be one of {', '.join(_KEYS)}{hint}"
        raise AddressError(msg)
    strangers = sorted(table.keys() - _KEYS[ask])
    if strangers:
        msg = f"{ask} has no {', '.join(strangers)}{nearest(strangers[0], tuple(_KEYS[ask]))}"
        raise AddressError(msg)
    return Asked(
        ask,  # type: ignore[arg-type] # one of the keys
        _addresses(table.get("addresses", [])),
        changes_of(table["changes"]) if "changes" in table else _none(ask),
    )


def write(table: dict[str, Any]) -> bytes:
    """Write a request or an answer as a line; ASCII only."""
    return json.dumps(table).encode() + b"\n"


def _addresses(given: object) -> tuple[str, ...]:
    if not isinstance(given, list) or len(given) > MOST_CHANGES:
        msg = f"addresses must be a list of at most {MOST_CHANGES} texts"
        raise AddressError(msg)
    for each in given:
        if not isinstance(each, str):
            msg = f"addresses must be texts, not {each!r:.60}"
            raise AddressError(msg)
    return tuple(normalise(each) for each in given)


def _none(ask: str) -> tuple[Change, ...]:
    if "changes" in _KEYS[ask]:
        msg = f"{ask} needs changes"
        raise AddressError(msg)
    return ()
