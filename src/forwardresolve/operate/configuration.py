"""A first configuration for a panel: commented, valid, and with its secrets elsewhere."""

from __future__ import annotations

import inspect
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Final

from forwardresolve.errors import BackendMisconfigured
from forwardresolve.registry import backend_class
from forwardresolve.sdk import Described

if TYPE_CHECKING:
    from pathlib import Path

_TEMPLATES: Final = files(__package__) / "configurations"
_NO_PANELS: Final = frozenset({"common", "other", "preset"})
_WITH_PRESETS: Final = "sql"
"""The backend whose presets are control panels."""


def panels() -> tuple[str, ...]:
    """Return the panels that have a configuration written for them, sorted."""
    names = (each.name.removesuffix(".toml.in") for each in _TEMPLATES.iterdir())
    return tuple(sorted(name for name in names if name not in _NO_PANELS))


def configuration(panel: str, path: Path) -> str:
    """Write a configuration.

    Args:
        panel: One of `panels`, a preset of the backend ``sql``, or any backend that is installed;
            its options are then comments.
        path: Where the file is going to be; secrets lie beside it.

    Returns:
        The text of the file.

    Raises:
        BackendNotFound: There is no such panel and no such backend.
        BackendError: The backend cannot be used.
    """
    words = {"directory": str(path.parent), "path": str(path), "panel": panel}
    name = _template(panel)
    if name == "other":
        told = inspect.getdoc(backend_class(panel)) or "it says nothing"
        words["options"] = "\n".join(f"# {line}".rstrip() for line in told.splitlines())
    words["source"] = _filled(name, words)
    return _filled("common", words) + "\n"


def _template(panel: str) -> str:
    if panel in panels():
        return panel
    kind = backend_class(_WITH_PRESETS)
    try:
        is_preset = issubclass(kind, Described) and bool(kind.describe({"preset": panel}))
    except BackendMisconfigured:
        is_preset = False
    return "preset" if is_preset else "other"


def _filled(name: str, words: dict[str, str]) -> str:
    text = (_TEMPLATES / f"{name}.toml.in").read_text(encoding="utf-8")
    return Template(text).substitute(words).rstrip("\n")
