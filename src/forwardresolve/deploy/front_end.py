"""A front end: a target, and what it is to hold; the tables ``[[target]]``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from forwardresolve.deploy.directory import Directory
from forwardresolve.deploy.ssh import Ssh
from forwardresolve.errors import ConfigError
from forwardresolve.options import structure
from forwardresolve.rspamd import RspamdSettings
from forwardresolve.secret import Secret  # noqa: TC001 (cattrs reads the annotations)
from forwardresolve.shapes import nearest

if TYPE_CHECKING:
    from forwardresolve.deploy.target import Target

KINDS: Final[Mapping[str, type[Target]]] = {
    "directory": Directory,
    "ssh": Ssh,
}
"""The value of ``kind`` to the class whose fields are the other keys."""


@attrs.frozen(kw_only=True)
class FrontEnd:
    """A target with what holds for it alone.

    Args:
        target: Where the maps go.
        rspamd: How the maps are made; ``[rspamd]`` with the keys of the target's own table
            ``rspamd`` over it.
        rspamd_url: Where its running Rspamd can be asked; empty where it cannot.
        rspamd_password: The password for that.
    """

    target: Target
    rspamd: RspamdSettings = attrs.field(factory=RspamdSettings)
    rspamd_url: str = ""
    rspamd_password: Secret | None = None

    @property
    def name(self) -> str:
        """The admin's name for the target."""
        return self.target.name


@attrs.frozen(kw_only=True)
class _Around:
    """The keys that every kind of target has, beside ``kind``, ``name`` and ``rspamd``."""

    rspamd_url: str = ""
    rspamd_password: Secret | None = None


_is_name: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}").fullmatch
_COMMON: Final = tuple(field.name for field in attrs.fields(_Around))


def front_ends(tables: object, rspamd: Mapping[str, Any], *, exposed: str = "") -> tuple[FrontEnd, ...]:
    """Make the front ends out of the tables ``[[target]]``.

    Args:
        tables: The tables as TOML gives them.
        rspamd: The table ``[rspamd]``; empty where it is wrong, and said to be.
        exposed: As in `structure`.

    Raises:
        ConfigError: Something does not fit; all problems at once.
    """
    problems: list[str] = []
    made: list[FrontEnd] = []
    for at, table in enumerate(_members(tables)):
        try:
            made.append(_front_end(table, f"target[{at}]", rspamd, exposed))
        except ConfigError as error:
            problems += error.problems
    found = names(tables)
    problems += (
        f"target: two are named {name}; each needs a name of its own"
        for name in sorted({name for name in found if found.count(name) > 1})
    )
    if problems:
        raise ConfigError(*problems)
    return tuple(made)


def names(tables: object) -> list[str]:
    """Return the names in the tables ``[[target]]``, whatever else is wrong with them."""
    each_name = (each.get("name") for each in _members(tables) if isinstance(each, Mapping))
    return [name for name in each_name if isinstance(name, str)]


def _members(tables: object) -> Sequence[object]:
    return tables if isinstance(tables, Sequence) and not isinstance(tables, str) else ()


def _front_end(table: object, path: str, rspamd: Mapping[str, Any], exposed: str) -> FrontEnd:
    if not isinstance(table, Mapping):
        msg = f"{path}: must be a table under [[target]]"
        raise ConfigError(msg)
    options = dict(table)
    kind = options.pop("kind", None)
    if kind not in KINDS:
        known = f"kind must be one of {', '.join(KINDS)}"
        hint = nearest(kind, tuple(KINDS)) if isinstance(kind, str) else ""
        msg = f"{path}.kind: is missing; {known}" if kind is None else f"{path}.kind: {known}{hint}"
        raise ConfigError(msg)
    own = options.pop("rspamd", {})
    if not isinstance(own, Mapping):
        msg = f"{path}.rspamd: must be a table"
        raise ConfigError(msg)
    name = options.get("name")
    if isinstance(name, str) and not _is_name(name):
        msg = f"{path}.name: must be letters, digits and . _ - such as mx1.example.net, not {name!r}"
        raise ConfigError(msg)
    around = {key: options.pop(key) for key in _COMMON if key in options}
    problems: list[str] = []
    made: dict[str, Any] = {}
    parts: tuple[tuple[str, Mapping[str, Any], type[Any], str], ...] = (
        ("target", options, KINDS[kind], path),
        ("around", around, _Around, path),
        ("rspamd", {**rspamd, **own}, RspamdSettings, f"{path}.rspamd"),
    )
    for part, values, into, where in parts:
        try:
            made[part] = structure(values, into, where, exposed=exposed)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(*problems)
    around_it: _Around = made["around"]
    return FrontEnd(
        target=made["target"],
        rspamd=made["rspamd"],
        rspamd_url=around_it.rspamd_url,
        rspamd_password=around_it.rspamd_password,
    )
