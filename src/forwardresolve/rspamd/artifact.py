"""One file for Rspamd, and the marker by which a file is known to be ours."""

from __future__ import annotations

import hashlib
from itertools import chain
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, Literal

import attrs

from forwardresolve.rspamd.cdb import FIRST_KEY, cdb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MARKER: Final = "# Written by forwardresolve"
"""How the first line of every file begins that may be replaced."""

LISTED: Final = "1"
"""The value of a key in a constant database that is listed; Rspamd asks only whether there is one."""

_LUA_MARKER: Final = MARKER.replace("#", "--")
_KEPT_OUT: Final = "; a change here is lost at the next run\n"


def _is_relative(artifact: Artifact, attribute: attrs.Attribute[str], path: str) -> None:
    parts = PurePosixPath(path).parts
    if not parts or parts[0] == "/" or ".." in parts:
        msg = f"{attribute.name} of {type(artifact).__name__} must stay below the root, not {path!r}"
        raise ValueError(msg)


@attrs.frozen
class Artifact:
    """One file to be deployed.

    Args:
        path: Where it belongs, relative to the configuration root of Rspamd (``/etc/rspamd``).
        content: Its bytes.
        kind: A ``map`` changes with customers and needs no reload; a ``configuration`` changes
            with settings and versions and needs one.
    """

    path: str = attrs.field(validator=_is_relative)
    content: bytes = attrs.field(repr=False)
    kind: Literal["map", "configuration"]


def is_ours(content: bytes) -> bool:
    """Tell whether the bytes of a file say that forwardresolve wrote it.

    A text says so in its first line, a constant database in its first key.
    """
    marker = MARKER.encode()
    return content.startswith((marker, _LUA_MARKER.encode())) or content.startswith(marker, FIRST_KEY)


def map_artifact(path: str, lines: str) -> Artifact:
    """Make a map; its first line carries the digest of the others, the generation.

    Args:
        path: As in `Artifact`.
        lines: The lines of the map, each with its line end.

    Returns:
        The map. ``tail -n +2 FILE | sha256sum`` prints the generation again.
    """
    content = lines.encode()
    generation = hashlib.sha256(content).hexdigest()
    return Artifact(path, f"{MARKER}, generation {generation}\n".encode() + content, "map")


def database_artifact(path: str, pairs: Callable[[], Iterable[tuple[str, str]]]) -> Artifact:
    """Make a map that is a constant database; its first key carries the digest of the others.

    Args:
        path: As in `Artifact`.
        pairs: Gives keys and values, the same ones each time: they are walked twice and not held.
    """
    generation = hashlib.sha256()
    for key, value in pairs():
        generation.update(b"%s\0%s\n" % (key.encode(), value.encode()))
    first = (f"{MARKER}, generation {generation.hexdigest()}".encode(), b"")
    records = ((key.encode(), value.encode()) for key, value in pairs())
    return Artifact(path, cdb(chain([first], records)), "map")


def configuration_artifact(path: str, text: str) -> Artifact:
    """Make a configuration file under the marker line."""
    return Artifact(path, f"{MARKER}{_KEPT_OUT}{text}".encode(), "configuration")


def plugin_artifact(path: str, code: str) -> Artifact:
    """Make a Lua file under the marker line."""
    return Artifact(path, f"{_LUA_MARKER}{_KEPT_OUT}{code}".encode(), "configuration")
