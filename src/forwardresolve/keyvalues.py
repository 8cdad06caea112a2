"""Read the ``key=value`` options of a command line as the table that TOML would have given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import attrs

from forwardresolve.errors import ConfigError
from forwardresolve.secret import Secret
from forwardresolve.shapes import is_list, is_table, members

if TYPE_CHECKING:
    from collections.abc import Iterable


def table_from_texts(texts: Iterable[str], into: type) -> dict[str, Any]:
    """Make a table of options from texts.

    Args:
        texts: Each ``key=value``. A dotted key reaches into a table: ``bind_password.file=PATH``.
            A value becomes what its field wants: an integer, a number, a truth value, a list
            (split at commas; the key may be repeated) or a text.
        into: The attrs class whose fields the keys name.

    Returns:
        The table. A key that the class does not know is in it too, for `structure` to refuse.

    Raises:
        ConfigError: A text that is no ``key=value``, or a key given twice; all of them at once.
    """
    table: dict[str, Any] = {}
    problems: list[str] = []
    for text in texts:
        key, equals, value = text.partition("=")
        parts = key.split(".")
        if not equals or not all(parts):
            problems.append("must be KEY=VALUE, with a key such as url or bind_password.file")
        elif not _put(table, parts, value, into):
            problems.append(f"{key}: is given twice")
    if problems:
        raise ConfigError(*problems)
    return table


def _put(table: dict[str, Any], parts: list[str], text: str, into: type) -> bool:
    """Put a text at its place in the table; tell whether the place was free."""
    kind: Any = into
    *outer, last = parts
    for part in outer:
        table = table.setdefault(part, {})
        kind = _kind_of(part, kind)
        if not isinstance(table, dict):
            return False
    value = _converted(text, _kind_of(last, kind))
    if last not in table:
        table[last] = value
    elif isinstance(value, list) and isinstance(table[last], list):
        table[last] += value
    else:
        return False
    return True


def _kind_of(key: str, table: Any) -> Any:
    """Return the type of a key of a table, or `str` where the table does not know the key."""
    for kind in members(table):
        if kind is Secret:
            return str
        if is_table(kind):
            return get_args(kind)[1]
        if attrs.has(kind) and key in attrs.fields_dict(attrs.resolve_types(kind)):
            return attrs.fields_dict(kind)[key].type
    return str


def _converted(text: str, kind: Any) -> Any:
    """Read a text as the first of a field's types that it fits; it stays a text where none does."""
    for each in members(kind):
        if is_list(each):
            parts = (part.strip() for part in text.split(","))
            return [_converted(part, get_args(each)[0]) for part in parts if part]
        if each is bool and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if each in (int, float):
            try:
                return each(text)
            except ValueError:
                continue
    return text
