"""What shape a value of TOML must have to become an option of a type."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from forwardresolve.secret import Secret

SCALARS: Final[Mapping[type, tuple[type, ...]]] = {
    str: (str,),
    Path: (str,),
    bool: (bool,),
    int: (int,),
    float: (float, int),
}
"""The plain types of an option, and what TOML gives for each."""

_WORDS: Final[Mapping[type, str]] = {
    str: "a text",
    bool: "true or false",
    int: "an integer",
    float: "a number",
    list: "a list",
    tuple: "a list",
    dict: "a table",
}


@cache
def members(kind: Any) -> tuple[Any, ...]:
    """Return the members of a union, or a type that is none as the only one."""
    return get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)


@cache
def is_choice(kind: object) -> bool:
    """Tell whether a type is a ``Literal``."""
    return bool(get_origin(kind) == Literal)


@cache
def is_list(kind: object) -> bool:
    """Tell whether a type is a sequence of something."""
    return get_origin(kind) in (tuple, list, Sequence)


@cache
def is_table(kind: object) -> bool:
    """Tell whether a type is a mapping from names to something."""
    return get_origin(kind) in (dict, Mapping)


def fits(value: object, kind: Any) -> bool:
    """Tell whether a value has the shape of a type that is no union."""
    if kind in SCALARS:
        return type(value) in SCALARS[kind]
    if kind is Secret:
        return isinstance(value, str | Mapping)
    if kind is NoneType:
        return value is None
    if is_choice(kind):
        return value in get_args(kind)
    if is_list(kind):
        return isinstance(value, list | tuple)
    return isinstance(value, Mapping)


def check(value: object, kind: Any) -> None:
    """Make sure that a value has the shape of a type, or of one member of a union.

    Raises:
        TypeError: It has not. The message says what is expected and never shows the value, which
            may be a password at the wrong key.
    """
    if any(fits(value, each) for each in members(kind)):
        return
    kinds = [each for each in members(kind) if each is not NoneType]
    words = [word for each in kinds if is_choice(each) for word in get_args(each)]
    if isinstance(value, str) and words:
        found = nearest(value, words)
    else:
        found = f", not {_WORDS.get(type(value), 'a date or time')}"
    msg = f"must be {' or '.join(_expected(each) for each in kinds)}{found}"
    raise TypeError(msg)


def nearest(word: str, known: Sequence[str]) -> str:
    """Return ``; did you mean X?`` for the known word closest to a mistyped one, or nothing."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _expected(kind: Any) -> str:
    if kind in SCALARS:
        return _WORDS[SCALARS[kind][0]]
    if kind is Secret:
        return "a text or one of { env = NAME }, { file = PATH } and { credential = NAME }"
    if is_choice(kind):
        return "one of " + ", ".join(str(word) for word in get_args(kind))
    return "a list" if is_list(kind) else "a table"
