"""Turn a TOML table into a frozen attrs instance, strictly, and name every problem by its key path.

Nothing is coerced: ``"7"`` is no integer and ``"false"`` is no truth value (cattrs alone would
take both). Passwords that stand where others can read them are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import attrs

from forwardresolve.errors import ConfigError
from forwardresolve.secret import Secret, holds_password
from forwardresolve.shapes import SCALARS, check, fits, is_choice, is_list, is_table, members, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cattrs import Converter

T = TypeVar("T")


def structure(table: Mapping[str, Any], into: type[T], path: str, *, exposed: str = "") -> T:
    """Build an attrs instance from a table of options.

    Args:
        table: The options as TOML gives them.
        into: The attrs class whose fields are the options. A field is a text, an integer, a
            number, a truth value, a `Path`, a `Secret`, a ``Literal``, a further attrs class, or
            a sequence, mapping or union of these.
        path: The key path of the table, for the messages: ``source.panel``. Empty for none.
        exposed: How others can read the table, and what to do instead, as the end of a sentence.
            Passwords written out in it are refused then. Empty: only the admin can read it.

    Returns:
        The instance.

    Raises:
        ConfigError: Unknown keys (with the nearest known one), missing keys, wrong types, secrets
            that cannot be had, values that the class refuses; all of them at once.
    """
    from cattrs.errors import BaseValidationError

    try:
        return _converter(exposed).structure(table, into)
    except BaseValidationError as error:
        raise ConfigError(*_problems(error, path)) from None


@attrs.frozen
class _Hooks:
    """What a converter does for each shape: look at the value first, then go on into it."""

    converter: Converter
    exposed: str

    def scalar(self, value: Any, kind: Any) -> Any:
        check(value, kind)
        if self.exposed and isinstance(value, str) and holds_password(value):
            msg = f"holds a password, and {self.exposed}"
            raise ValueError(msg)
        return Path(value) if kind is Path else value

    def secret(self, value: Any, kind: Any) -> Secret:
        check(value, kind)
        if isinstance(value, Mapping):
            return Secret.from_table(value)
        if self.exposed and ("://" not in value or holds_password(value)):
            msg = f"is a secret, and {self.exposed}"
            raise ValueError(msg)
        return Secret(value)

    def choice(self, value: Any, kind: Any) -> Any:
        check(value, kind)
        return value

    def list(self, value: Any, kind: Any) -> tuple[Any, ...]:
        check(value, kind)
        named = ((f"[{at}]", each) for at, each in enumerate(value))
        return tuple(self._each(named, get_args(kind)[0]).values())

    def table(self, value: Any, kind: Any) -> dict[str, Any]:
        check(value, kind)
        return self._each(value.items(), get_args(kind)[1])

    def union(self, value: Any, kind: Any) -> Any:
        check(value, kind)
        chosen = next(each for each in members(kind) if fits(value, each))
        return None if chosen is NoneType else self.converter.structure(value, chosen)

    def instance(self, kind: Any) -> Callable[[Any, Any], Any]:
        from cattrs.gen import make_dict_structure_fn

        make = make_dict_structure_fn(kind, self.converter, _cattrs_forbid_extra_keys=True)

        def checked(value: Any, kind: Any) -> Any:
            check(value, kind)
            return make(value, kind)

        return checked

    def _each(self, named: Iterable[tuple[str, Any]], kind: Any) -> dict[str, Any]:
        """Structure the members of a list or table; say of all of them what is wrong."""
        from cattrs.errors import AttributeValidationNote, BaseValidationError, IterableValidationError

        made: dict[str, Any] = {}
        wrong: list[Exception] = []
        for name, value in named:
            try:
                made[name] = self.converter.structure(value, kind)
            except (BaseValidationError, ConfigError, TypeError, ValueError) as error:
                error.add_note(AttributeValidationNote("", name, kind))
                wrong.append(error)
        if wrong:
            msg = "members"
            raise IterableValidationError(msg, wrong, kind)
        return made


@cache
def _converter(exposed: str) -> Converter:
    """Make a converter that takes only what is exactly of a field's type."""
    from cattrs import Converter

    converter = Converter()
    hooks = _Hooks(converter, exposed)
    for kind in SCALARS:
        converter.register_structure_hook(kind, hooks.scalar)
    converter.register_structure_hook(Secret, hooks.secret)
    converter.register_structure_hook_factory(attrs.has, hooks.instance)
    converter.register_structure_hook_func(is_choice, hooks.choice)
    converter.register_structure_hook_func(is_list, hooks.list)
    converter.register_structure_hook_func(is_table, hooks.table)
    converter.register_structure_hook_func(lambda kind: len(members(kind)) > 1, hooks.union)
    return converter


def _problems(error: Any, path: str) -> list[str]:
    """Walk the tree of cattrs' errors and write one sentence for each leaf."""
    from cattrs.errors import AttributeValidationNote, BaseValidationError, ForbiddenExtraKeysError

    found: list[str] = []
    for each in error.exceptions:
        notes = [note for note in getattr(each, "__notes__", ()) if isinstance(note, AttributeValidationNote)]
        here = _under(path, notes[-1].name) if notes else path
        if isinstance(each, BaseValidationError):
            found += _problems(each, here)
        elif isinstance(each, ForbiddenExtraKeysError):
            known = [field.name for field in attrs.fields(each.cl) if field.init]
            found += [
                f"{_under(path, key)}: is not known{nearest(key, known)}" for key in sorted(each.extra_fields)
            ]
        elif isinstance(each, KeyError):
            found.append(f"{here}: is missing")
        else:
            found.append(_refused(each, here))
    return found


def _refused(error: Exception, path: str) -> str:
    """Say why a value is refused; a validator of attrs names its field in the error's arguments."""
    said, *rest = error.args
    for field in rest:
        if isinstance(field, attrs.Attribute):
            path = _under(path, field.name)
    return f"{path}: {said}" if path else str(said)


def _under(path: str, key: str) -> str:
    """Return the path of a key or of a place in a list."""
    return path + key if key.startswith("[") else f"{path}.{key}".lstrip(".")
