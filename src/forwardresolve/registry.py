"""Find a backend by the name of its entry point or as ``package.module:Class``."""

from __future__ import annotations

import importlib
import re
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Final, cast

import attrs

from forwardresolve.errors import BackendError, BackendMisconfigured, BackendNotFound, BackendNotInstalled
from forwardresolve.options import structure
from forwardresolve.shapes import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forwardresolve.sdk import Backend

GROUP: Final = "forwardresolve.backends"
"""The entry-point group that built-in and third-party backends come through alike."""

_REFERENCE = re.compile(r"\w+(?:\.\w+)*:\w+").fullmatch


@attrs.frozen
class BackendInfo:
    """One installed backend, as ``forwardresolve backends`` shows it.

    Args:
        name: The name of its entry point.
        version: The version of the distribution that brings it.
        distribution: The name of that distribution.
        problem: Why it cannot be used, with what to do; empty when it can.
    """

    name: str
    version: str
    distribution: str
    problem: str = ""

    @property
    def available(self) -> bool:
        """Tell whether it can be used."""
        return not self.problem


def installed_backends() -> tuple[BackendInfo, ...]:
    """List every installed backend, sorted by name; each is imported to see whether it works."""
    return tuple(
        BackendInfo(
            name=entry.name,
            version=entry.dist.version if entry.dist else "",
            distribution=entry.dist.name if entry.dist else "",
            problem=_problem(entry.name),
        )
        for entry in sorted(_entries(), key=lambda entry: (entry.name, _owner(entry)))
    )


def backend_class(name: str) -> type[Backend]:
    """Return the class of a backend.

    Args:
        name: The name of an entry point, or ``package.module:Class``.

    Raises:
        BackendNotFound: Nothing of that name is installed.
        BackendNotInstalled: It is, but a package that it needs is not.
        BackendMisconfigured: It fails on import, two distributions bring it, or what the name
            leads to is no backend.
    """
    reference = _REFERENCE(name) is not None
    entry = EntryPoint(name=name, value=name, group=GROUP) if reference else _entry(name)
    loaded = _load(entry)
    if not (isinstance(loaded, type) and attrs.has(loaded) and callable(getattr(loaded, "records", None))):
        msg = (
            f"backend {name}: {entry.value} is no backend; it must be an attrs class with a method records()"
        )
        raise BackendMisconfigured(msg)
    return cast("type[Backend]", loaded)


def make_backend(name: str, options: Mapping[str, Any], path: str, *, exposed: str = "") -> Backend:
    """Make a backend from a table of options.

    Args:
        name: As in `backend_class`.
        options: The table, without ``backend`` itself.
        path: The key path of the table, for the messages.
        exposed: As in `structure`: how others can read the table.

    Raises:
        ConfigError: The options do not fit.
        BackendError: As in `backend_class`.
    """
    return structure(options, backend_class(name), path, exposed=exposed)


def _entries() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=GROUP))


def _owner(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unknown distribution"


def _entry(name: str) -> EntryPoint:
    entries = _entries()
    named = [entry for entry in entries if entry.name == name]
    if not named:
        known = sorted({entry.name for entry in entries})
        msg = f"there is no backend {name!r}{nearest(name, known)} (installed: {', '.join(known)})"
        raise BackendNotFound(msg)
    if len({entry.value for entry in named}) > 1:
        owners = " and ".join(sorted(_owner(entry) for entry in named))
        msg = f"backend {name}: two distributions bring it: {owners}; remove one"
        raise BackendMisconfigured(msg)
    return named[0]


def _load(entry: EntryPoint) -> object:
    try:
        module = importlib.import_module(entry.module)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if f"{entry.module}.".startswith(f"{missing}."):
            msg = f"there is no backend {entry.name!r}: no module {missing}"
            raise BackendNotFound(msg) from error
        package = missing.partition(".")[0]
        msg = f"backend {entry.name} needs the package {package}; run: pip install {package}"
        raise BackendNotInstalled(msg) from error
    except Exception as error:
        msg = f"backend {entry.name}: {_owner(entry)} fails on import: {type(error).__name__}: {error}"
        raise BackendMisconfigured(msg) from error
    try:
        return getattr(module, entry.attr)
    except AttributeError as error:
        msg = f"there is no backend {entry.name!r}: {entry.module} has no {entry.attr}"
        raise BackendNotFound(msg) from error


def _problem(name: str) -> str:
    try:
        backend_class(name)
    except BackendError as error:
        return str(error)
    return ""
