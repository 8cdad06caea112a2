"""Find the Sieve scripts of all users: files whose path names the user, each user once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.sdk import BackendMisconfigured, BackendUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES: Final = ("address", "user", "domain")
_PART: Final = re.compile(r"\{(\w+)\}|(\*)|([^{*]+|\{)")
_GLOB: Final = re.compile(r"[{*]").search


@attrs.frozen
class Place:
    """One script.

    Args:
        path: The file.
        names: What the path says of the user: ``address``, ``user``, ``domain``.
    """

    path: Path
    names: dict[str, str]


def unknown_names(template: str) -> list[str]:
    """Return the names in braces that mean nothing."""
    return [name for name, *_ in _PART.findall(template) if name and name not in NAMES]


def find_scripts(template: str) -> Iterator[Place]:
    """Walk the files that a template describes, sorted by path.

    Args:
        template: An absolute path; ``{user}``, ``{domain}``, ``{address}`` and ``*`` each stand for
            any text without a slash. A name that comes twice stands for the same text.

    Raises:
        BackendUnavailable: The directory before the first of them is not there.
        BackendMisconfigured: A directory may not be read: scripts could lie in it unseen.
    """
    parts = Path(template).parts
    fixed = next(number for number, part in enumerate([*parts, "*"]) if _GLOB(part))
    start = Path(*parts[:fixed])
    if not start.is_dir():
        msg = f"{start}: is no directory; check path"
        raise BackendUnavailable(msg)
    yield from _below(start, parts[fixed:], {})


def _below(directory: Path, parts: tuple[str, ...], names: dict[str, str]) -> Iterator[Place]:
    part, rest = parts[0], parts[1:]
    for entry, found in _entries(directory, part, names):
        if rest:
            yield from _below(entry, rest, found)
        elif _is_there(entry):
            yield Place(entry, found)


def _entries(directory: Path, part: str, names: dict[str, str]) -> Iterator[tuple[Path, dict[str, str]]]:
    if not _GLOB(part):
        yield directory / part, names
        return
    fits = re.compile(_pattern(part, names)).fullmatch
    try:
        children = sorted(child.name for child in directory.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise _unreadable(directory, error) from error
    for name in children:
        match = fits(name)
        if match is not None:
            yield directory / name, names | match.groupdict()


def _pattern(part: str, names: dict[str, str]) -> str:
    pattern = ""
    for name, star, text in _PART.findall(part):
        if star:
            pattern += "[^/]*"
        elif not name:
            pattern += re.escape(text)
        else:
            pattern += re.escape(names[name]) if name in names else f"(?P<{name}>[^/]+)"
    return pattern


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise _unreadable(path, error) from error
    return True


def _unreadable(path: Path, error: OSError) -> BackendMisconfigured:
    return BackendMisconfigured(
        f"{path}: {error.strerror}; the scripts below it would not be seen: run as a user who may read it"
    )
