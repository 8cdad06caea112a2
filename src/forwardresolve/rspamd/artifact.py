"""One file for Rspamd, and the marker by which a file is known to be ours."""

from __future__ import annotations

import operator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, Literal

import attrs

from forwardresolve.rspamd.cdb import FIRST_KEY, cdb
from forwardresolve.rspamd.marker import MARKER
from forwardresolve.rspamd.parts import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

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
        lines: The lines of the map, each with its line end. The map has them sorted by their
            bytes, each once.

    Returns:
        The map. ``tail -n +2 FILE | sha256sum`` prints the generation again.
    """
    content = lines.encode()
    given = content.split(b"\n")[:-1]
    if not all(map(operator.lt, given, given[1:])):
        content = b"".join(b"%b\n" % line for line in sorted({*given}))
    return Artifact(path, text_of(content), "map")


def database_artifact(path: str, pairs: Iterable[tuple[str, str]]) -> Artifact:
    """Make a map that is a constant database; its first record carries the digest of all else.

    Args:
        path: As in `Artifact`.
        pairs: Keys and values, in any order; they are walked once and not held.
    """
    return Artifact(path, cdb((key.encode(), value.encode()) for key, value in pairs), "map")


def configuration_artifact(path: str, text: str) -> Artifact:
    """Make a configuration file under the marker line."""
    return Artifact(path, f"{MARKER}{_KEPT_OUT}{text}".encode(), "configuration")


def plugin_artifact(path: str, code: str) -> Artifact:
    """Make a Lua file under the marker line."""
    return Artifact(path, f"{_LUA_MARKER}{_KEPT_OUT}{code}".encode(), "configuration")
