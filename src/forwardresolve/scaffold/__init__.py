"""A project for a backend of one's own: small, working, and under the contract from the first day."""

from __future__ import annotations

import re
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Final

from forwardresolve.errors import TargetError
from forwardresolve.registry import installed_backends

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*").fullmatch

_FILES: Final[Mapping[str, str]] = {
    "pyproject.toml": "pyproject.toml.in",
    "README.md": "README.md.in",
    "src/${module}/__init__.py": "backend.py.in",
    "src/${module}/py.typed": "py.typed.in",
    "tests/test_contract.py": "test_contract.py.in",
}
"""Path in the project to the template of the file."""


def write_project(name: str, directory: Path, version: str) -> tuple[Path, ...]:
    """Write the project of a backend.

    Args:
        name: The name that configurations will give the backend: small letters, digits, hyphens.
        directory: Where the directory of the project goes, ``forwardresolve-NAME``.
        version: The version of forwardresolve that the project asks for, or a later one.

    Returns:
        The files, in the order in which to read them.

    Raises:
        ValueError: The name is none, or taken.
        TargetError: The directory of the project is there already, or cannot be written.
    """
    if _NAME(name) is None:
        msg = "must be small letters and digits, with hyphens between words, such as my-panel"
        raise ValueError(msg)
    if any(name == each.name for each in installed_backends()):
        msg = "is the name of a backend that is installed; two of one name are refused"
        raise ValueError(msg)
    words = {
        "name": name,
        "distribution": f"forwardresolve-{name}",
        "module": f"forwardresolve_{name.replace('-', '_')}",
        "class_name": "".join(part.capitalize() for part in name.split("-")),
        "version": version,
    }
    project = directory / words["distribution"]
    templates = files(__package__) / "files"
    try:
        project.mkdir(parents=True)
        written = []
        for place, template in _FILES.items():
            path = project / Template(place).substitute(words)
            path.parent.mkdir(parents=True, exist_ok=True)
            text = (templates / template).read_text(encoding="utf-8")
            path.write_text(Template(text).substitute(words), encoding="utf-8")
            written.append(path)
    except FileExistsError as error:
        msg = f"{project} is there already; name another backend or another directory"
        raise TargetError(msg) from error
    except OSError as error:
        msg = f"{error.filename}: cannot be written: {error.strerror}"
        raise TargetError(msg) from error
    return tuple(written)
