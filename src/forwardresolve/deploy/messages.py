"""What a sender and a front end say to each other: lines of JSON, some with the bytes of maps behind.

The front end speaks first and says `Hello`. Then the sender asks, any number of times over one
connection, and each request has one answer: `AskHolding` is answered by `Holds`, `AskMap` by
`Gives` and the bytes, `Put` and the bytes of its maps by `Holds`, `PutChanges` and its patches the
same; any of them by `Refuses`. The end of the input between two requests ends the conversation.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence  # noqa: TC003 (cattrs reads the annotations at run time)
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs

from forwardresolve.errors import ConfigError, TargetError
from forwardresolve.options import structure

if TYPE_CHECKING:
    from collections.abc import Callable

VERSION: Final = 1
"""Grows when the other side would misread a message."""

LONGEST_LINE: Final = 65_536
"""How many bytes a line may have, its end included."""

_PATH: Final = r"local\.d/maps\.d/[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
_DIGEST: Final = r"[0-9a-f]{64}"
_MOST_MAPS: Final = 16
_SHOWN: Final = 60
_LONGEST_TEXT: Final = 2_000
_UNSHOWN: Final = r"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
_ODD: Final = re.compile(f"[{_UNSHOWN}]")


def _matches(pattern: str, rule: str) -> Callable[[Any, attrs.Attribute[Any], str], None]:
    def check(_: object, field: attrs.Attribute[Any], value: str) -> None:
        if re.fullmatch(pattern, value) is None:
            msg = f"must be {rule}, not {value[:_SHOWN]!r}"
            raise ValueError(msg, field)

    return check


def _between(least: int, most: int) -> Callable[[Any, attrs.Attribute[Any], int], None]:
    def check(_: object, field: attrs.Attribute[Any], value: int) -> None:
        if not least <= value <= most:
            msg = f"must be between {least} and {most}"
            raise ValueError(msg, field)

    return check


def _are_few(_: object, field: attrs.Attribute[Any], value: Sequence[Any] | Mapping[str, Any]) -> None:
    if len(value) > _MOST_MAPS:
        msg = f"must be at most {_MOST_MAPS}"
        raise ValueError(msg, field)


def _name_each_once(_: object, field: attrs.Attribute[Any], maps: Sequence[Announced]) -> None:
    _are_few(_, field, maps)
    if not maps:
        msg = "must name a map"
        raise ValueError(msg, field)
    if len({each.path for each in maps}) < len(maps):
        msg = "must name each map once"
        raise ValueError(msg, field)


_is_path = _matches(_PATH, "a plain file name below local.d/maps.d")
_is_digest = _matches(_DIGEST, "a SHA-256 in hexadecimal")
_is_count = _between(0, 2**53)
_is_line = _matches(rf"[^{_UNSHOWN}]{{0,{_LONGEST_TEXT}}}", f"one line of at most {_LONGEST_TEXT} characters")
_are_paths = attrs.validators.and_(_are_few, attrs.validators.deep_iterable(_is_path))
_are_digests = attrs.validators.and_(_are_few, attrs.validators.deep_mapping(_is_path, _is_digest))


@attrs.frozen
class Hello:
    """The front end is there.

    Args:
        version: Of the messages that it understands.
        most_bytes: How large a generation may be that it takes.
    """

    version: int = attrs.field(validator=_is_count)
    most_bytes: int = attrs.field(default=0, validator=_is_count)


@attrs.frozen
class AskHolding:
    """What do you hold?

    Args:
        paths: As in `Target.holding`.
    """

    paths: Sequence[str] = attrs.field(validator=_are_paths)


@attrs.frozen
class AskMap:
    """What is in this map?

    Args:
        path: As in `Target.fetch`.
    """

    path: str = attrs.field(validator=_is_path)


@attrs.frozen
class Announced:
    """A map whose bytes follow.

    Args:
        path: Where it belongs.
        size: How many bytes it has.
        sha256: Their digest.
    """

    path: str = attrs.field(validator=_is_path)
    size: int = attrs.field(validator=_is_count)
    sha256: str = attrs.field(validator=_is_digest)


@attrs.frozen
class Put:
    """Take this generation; the bytes of its maps follow in this order.

    Args:
        sequence: The number that it will have: one more than the last.
        digest: What names it; it covers the paths, too.
        held: The digests of the maps that the sender saw there when it planned.
        maps: The maps.
        release: Why somebody released the change; empty where nobody did.
    """

    sequence: int = attrs.field(validator=_between(1, 2**53))
    digest: str = attrs.field(validator=_is_digest)
    held: Mapping[str, str] = attrs.field(validator=_are_digests)
    maps: Sequence[Announced] = attrs.field(validator=_name_each_once)
    release: str = attrs.field(default="", validator=_is_line)


@attrs.frozen
class PutChanges:
    """Take the generation that patches make of what you hold; their bytes follow in this order.

    Args:
        sequence: As in `Put`.
        digest: As in `Put`.
        held: As in `Put`; it names every map of the generation.
        maps: All maps as they are to be: their bytes do not follow.
        patches: The patches, by the maps that they are for; a map without one stays.
        release: As in `Put`.
    """

    sequence: int = attrs.field(validator=_between(1, 2**53))
    digest: str = attrs.field(validator=_is_digest)
    held: Mapping[str, str] = attrs.field(validator=_are_digests)
    maps: Sequence[Announced] = attrs.field(validator=_name_each_once)
    patches: Sequence[Announced] = attrs.field(validator=_name_each_once)
    release: str = attrs.field(default="", validator=_is_line)


@attrs.frozen
class Holds:
    """What the front end holds; the fields are those of `Holding`."""

    digests: Mapping[str, str] = attrs.field(validator=_are_digests)
    sequence: int = attrs.field(validator=_is_count)


@attrs.frozen
class Gives:
    """The bytes of a map follow.

    Args:
        size: How many.
        sha256: Their digest.
    """

    size: int = attrs.field(validator=_is_count)
    sha256: str = attrs.field(validator=_is_digest)


@attrs.frozen
class Refuses:
    """A request was not carried out, and nothing was changed.

    Args:
        why: ``request``: it is no request that the front end takes; ``moved``: it holds something
            else by now; ``misfit``: patches do not lead to what was announced; ``unsafe``: its guard
            refuses; ``failed``: it cannot.
        text: The sentence for a person.
    """

    why: Literal["request", "moved", "misfit", "unsafe", "failed"]
    text: str = attrs.field(validator=_is_line)


Message = Hello | AskHolding | AskMap | Put | PutChanges | Holds | Gives | Refuses
_KINDS: Final[Mapping[str, type[Message]]] = {
    "hello": Hello,
    "ask-holding": AskHolding,
    "ask-map": AskMap,
    "put": Put,
    "put-changes": PutChanges,
    "holds": Holds,
    "gives": Gives,
    "refuses": Refuses,
}
_NAMES: Final = {kind: name for name, kind in _KINDS.items()}


def encode(message: Message) -> bytes:
    """Return the line of a message, its end included; ASCII only."""
    return json.dumps({"message": _NAMES[type(message)], **attrs.asdict(message)}).encode() + b"\n"


def decode(line: bytes) -> Message:
    """Return the message of a line.

    Args:
        line: What `encode` returns.

    Raises:
        TargetError: It is no message, or one with values that no message may have.
    """
    table = _table(line)
    name = table.pop("message", None)
    kind = _KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        msg = f"{line[:_SHOWN]!r} is no message of forwardresolve"
        raise TargetError(msg)
    try:
        return structure(table, kind, str(name))
    except ConfigError as error:
        raise TargetError("; ".join(error.problems)) from None


def announce(path: str, content: bytes) -> Announced:
    """Say what the bytes of a map are that follow."""
    return Announced(path, len(content), hashlib.sha256(content).hexdigest())


def check(content: bytes, announced: Announced | Gives) -> bytes:
    """Return the bytes that came if they are the ones that were announced.

    Raises:
        TargetError: They are not.
    """
    if hashlib.sha256(content).hexdigest() != announced.sha256:
        msg = f"the {announced.size} bytes that came are not the ones that were announced"
        raise TargetError(msg)
    return content


def one_line(text: str) -> str:
    """Return a text as a message can carry it and a terminal can show it: one line, not too long."""
    line = "; ".join(each.strip() for each in text.splitlines() if each.strip())
    return _ODD.sub("?", line)[:_LONGEST_TEXT]


def _table(line: bytes) -> dict[str, Any]:
    try:
        table = json.loads(line) if line.endswith(b"\n") else None
    except (ValueError, RecursionError):
        table = None
    if not isinstance(table, dict):
        msg = f"{line[:_SHOWN]!r} is no message of forwardresolve"
        raise TargetError(msg)
    return table
