"""Turn a TOML table into a frozen attrs instance, strictly, and name every problem by its key path.

Nothing is coerced: ``"7"`` is no integer and ``"false"`` is no truth value. A secret is a table
``{ env = "NAME" }``, ``{ file = "PATH" }`` or ``{ credential = "NAME" }`` (systemd), so that the
configuration file itself holds none.
"""

from __future__ import annotations

import difflib
import os
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from forwardresolve.errors import ConfigError

if TYPE_CHECKING:
    from cattrs import Converter

T = TypeVar("T")

_SECRET_SOURCES: Final = ("env", "file", "credential")
_READABLE_BY_OTHERS: Final = stat.S_IRWXO
_TYPE_NAMES: Final = {str: "a text", int: "an integer", float: "a number", bool: "true or false"}


@attrs.frozen(repr=False)
class Secret:
    """A text that must not be shown: `reveal` is the only way to it.

    Args:
        value: The secret itself.
    """

    value: str = attrs.field(repr=False)

    def reveal(self) -> str:
        """Return the secret text."""
        return self.value

    def __repr__(self) -> str:
        """Hide the value."""
        return "Secret(...)"

    __str__ = __repr__

    @classmethod
    def from_table(cls, table: Mapping[str, Any], *, anyone_may_read: bool = False) -> Secret:
        """Fetch a secret from where a table says it lies.

        Args:
            table: Exactly one of ``env``, ``file`` and ``credential`` with a text.
            anyone_may_read: Accept a file that others than owner and group can read.

        Raises:
            ConfigError: The table is of another form, or nothing lies there.
        """
        keys = list(table)
        if len(keys) != 1 or keys[0] not in _SECRET_SOURCES or not isinstance(table[keys[0]], str):
            msg = "a secret is one of { env = NAME }, { file = PATH } or { credential = NAME }"
            raise ConfigError(msg)
        kind, name = keys[0], table[keys[0]]
        if kind == "env":
            if name not in os.environ:
                msg = f"the environment variable {name} is not set"
                raise ConfigError(msg)
            return cls(os.environ[name])
        if kind == "file":
            return cls(_read_secret(Path(name), anyone_may_read=anyone_may_read))
        directory = os.environ.get("CREDENTIALS_DIRECTORY")
        if directory is None:
            msg = f"the credential {name} is out of reach: CREDENTIALS_DIRECTORY is not set"
            raise ConfigError(msg)
        return cls(_read_secret(Path(directory, name), anyone_may_read=True))


def structure(table: Mapping[str, Any], into: type[T], path: str) -> T:
    """Build an attrs instance from a table of options.

    Args:
        table: The options as TOML gives them.
        into: The attrs class whose fields are the options.
        path: The key path of the table, for the messages: ``source.panel``.

    Returns:
        The instance.

    Raises:
        ConfigError: Unknown keys (with the nearest known one), missing keys, wrong types, secrets
            that cannot be had, values that the class refuses; all of them at once.
    """
    from cattrs.errors import BaseValidationError  # noqa: PLC0415 (a panel that needs no options pays nothing)

    try:
        return _converter().structure(table, into)
    except BaseValidationError as error:
        raise ConfigError(*_problems(error, path)) from error
    except (ConfigError, TypeError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error


def convert_text(text: str, into: type, name: str) -> Any:  # noqa: ANN401 (the type of the field)
    """Read an option of the command line as the type that its field has.

    Args:
        text: What stands behind ``name=``.
        into: The attrs class whose field it is.
        name: The first part of the option's key.

    Returns:
        The value as TOML would have given it: an integer, number, truth value, list (split at
        commas) or text.
    """
    field_type = attrs.fields_dict(attrs.resolve_types(into)).get(name)
    wanted = str(field_type.type) if field_type is not None else "str"
    if "bool" in wanted and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if "int" in wanted and text.lstrip("-").isdigit():
        return int(text)
    if "float" in wanted and text.replace(".", "", 1).lstrip("-").isdigit():
        return float(text)
    if any(word in wanted for word in ("tuple", "list", "Sequence")):
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def nearest(word: str, known: Sequence[str]) -> str:
    """Return ``; did you mean X?`` for the known word closest to a mistyped one, or nothing."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""


def _read_secret(path: Path, *, anyone_may_read: bool) -> str:
    try:
        mode = path.stat().st_mode
        if mode & _READABLE_BY_OTHERS and not anyone_may_read:
            msg = f"the secret file {path} is open to others; run: chmod o-rwx {path}"
            raise ConfigError(msg)
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        msg = f"the secret file {path} cannot be read: {reason}"
        raise ConfigError(msg) from error


def _converter() -> Converter:
    """Make a converter that refuses what is not exactly of the field's type."""
    from cattrs import Converter  # noqa: PLC0415 (see structure)
    from cattrs.gen import make_dict_structure_fn  # noqa: PLC0415

    converter = Converter(forbid_extra_keys=True)

    def exact(kind: type) -> None:
        def check(value: object, _: type) -> object:
            fits = type(value) is kind or (kind is float and type(value) is int)
            if not fits:
                msg = f"must be {_TYPE_NAMES[kind]}, not {value!r}"
                raise TypeError(msg)
            return value

        converter.register_structure_hook(kind, check)

    for kind in _TYPE_NAMES:
        exact(kind)

    def secret(value: object, _: type) -> Secret:
        if isinstance(value, str):
            return Secret(value)
        if isinstance(value, Mapping):
            return Secret.from_table(value)
        msg = "must be a text or one of { env = }, { file = }, { credential = }"
        raise TypeError(msg)

    converter.register_structure_hook(Secret, secret)

    def is_list(kind: object) -> bool:
        return getattr(kind, "__origin__", None) in (tuple, list, Sequence)

    def make_list_hook(kind: Any) -> Any:  # noqa: ANN401 (a typing construct)
        item = kind.__args__[0]

        def check(value: object, _: type) -> object:
            if not isinstance(value, list | tuple):
                msg = f"must be a list, not {value!r}"
                raise TypeError(msg)
            return tuple(converter.structure(each, item) for each in value)

        return check

    converter.register_structure_hook_factory(is_list, make_list_hook)
    converter.register_structure_hook_factory(
        attrs.has, lambda kind: make_dict_structure_fn(kind, converter, _cattrs_forbid_extra_keys=True)
    )
    return converter


def _problems(error: Any, path: str) -> list[str]:  # noqa: ANN401 (cattrs' groups are untyped here)
    """Walk the tree of cattrs' errors and write one sentence for each leaf."""
    from cattrs.errors import (  # noqa: PLC0415 (see structure)
        AttributeValidationNote,
        BaseValidationError,
        ForbiddenExtraKeysError,
    )

    found: list[str] = []
    for each in error.exceptions:
        notes = [note for note in getattr(each, "__notes__", ()) if isinstance(note, AttributeValidationNote)]
        here = f"{path}.{notes[0].name}" if notes else path
        if isinstance(each, BaseValidationError):
            found += _problems(each, here)
        elif isinstance(each, ForbiddenExtraKeysError):
            known = [field.name for field in attrs.fields(each.cl)]
            found += [
                f"{here}.{key}: is not known{nearest(key, known)}" for key in sorted(each.extra_fields)
            ]
        elif isinstance(each, KeyError):
            found.append(f"{path}.{each.args[0]}: is missing")
        else:
            found.append(f"{here}: {each}")
    return found
