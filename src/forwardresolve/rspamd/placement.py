"""Where the files go on a front end that has an admin: which are written, and which lines appended.

``override.d`` and the bodies of the admin's files are never touched: a ``force_actions`` there would
replace all rules of the admin (measured). Where the admin has a ``local.d/multimap.conf``,
``local.d/force_actions.conf`` or ``local.d/actions.conf``, ours lies in ``forwardresolve.d`` and one
line includes it. What is added says so itself, a line end and a directory too, so that exactly that
can be taken out again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

import attrs

from forwardresolve.errors import TargetError
from forwardresolve.rspamd.artifact import is_ours
from forwardresolve.rspamd.configuration import JOURNAL
from forwardresolve.rspamd.marker import MARKER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from forwardresolve.rspamd.artifact import Artifact

LOCAL_CONFDIR: Final = "$LOCAL_CONFDIR"
"""Rspamd's name for the root, in its own files."""

_OWN: Final = "forwardresolve.d"
_SHARED: Final = ("local.d/actions.conf", "local.d/force_actions.conf", "local.d/multimap.conf")
_MAPS: Final = "local.d/maps.d"
_PLACES: Final = ("local.d", _MAPS, "modules.d", "plugins.d", _OWN)

_REPLACING: Final = {
    "override.d/force_actions.conf": rb"^\s*rules\b",
    "rspamd.conf.local": rb"^\s*force_actions\b",
    "rspamd.conf.override": rb"^\s*force_actions\b",
}
"""Files whose rules take the place of all others (measured on 3.4, 3.12 and 4.1), and what they look like."""

DIRECTORY_MARK: Final = ".forwardresolve"
"""The name of the file that says that a directory was made by us; it goes when this file goes."""

_MADE: Final = f"{MARKER}, which made this directory and removes it with the rest\n".encode()
_LINE_END: Final = "; the line end before it, too"
"""What our line says where the admin's file did not end with a line end."""


@attrs.frozen
class Change:
    """What happens to one file.

    Args:
        path: Relative to the root.
        before: Its bytes; None where there is none.
        after: The bytes to come; None where it is removed.
        kind: As in `Artifact`.
    """

    path: str
    before: bytes | None = attrs.field(repr=False)
    after: bytes | None = attrs.field(repr=False)
    kind: Literal["map", "configuration"]

    def reversed(self) -> Change:
        """Return the change that undoes this one."""
        return attrs.evolve(self, before=self.after, after=self.before)


def installation(artifacts: Iterable[Artifact], root: Path, rspamd_root: str = "") -> tuple[Change, ...]:
    """Plan what puts artifacts in and takes out what another profile left.

    Args:
        artifacts: All files of a profile.
        root: The configuration root as we see it.
        rspamd_root: The same as Rspamd sees it, where it does not know it as ``$LOCAL_CONFDIR``.

    Returns:
        The changes, sorted by path; none where everything is in place.

    Raises:
        TargetError: A file of somebody else's stands in a place, or one cannot be read.
    """
    wanted: dict[str, bytes] = {}
    problems = []
    for artifact in artifacts:
        content = artifact.content
        if artifact.kind == "configuration" and rspamd_root:
            content = content.replace(LOCAL_CONFDIR.encode(), rspamd_root.encode())
        present = _read(root / artifact.path)
        if present is None or is_ours(present):
            wanted[artifact.path] = content
        elif artifact.path in _SHARED:
            name = artifact.path.rpartition("/")[2]
            wanted[f"{_OWN}/{name}"] = content
            wanted[artifact.path] = _with_line(present, _include(name, rspamd_root))
        else:
            problems.append(f"{root / artifact.path}: was not written by forwardresolve; move it away")
    if "local.d/force_actions.conf" in wanted:
        problems += _replacing(root)
    if problems:
        raise TargetError("\n".join(problems))
    used = {path.rpartition("/")[0] for path in wanted}
    for place in _PLACES:
        mark = f"{place}/{DIRECTORY_MARK}"
        is_ours_or_new = not (root / place).exists() or (root / mark).exists()
        if is_ours_or_new and any(f"{each}/".startswith(f"{place}/") for each in used):
            wanted[mark] = _MADE
    journal = _read(root / JOURNAL)
    if journal is not None:
        wanted[JOURNAL] = journal
    return _changes(wanted, root)


def _replacing(root: Path) -> Iterator[str]:
    """Find the files of the admin's that would make Rspamd forget every rule of local.d."""
    for name, pattern in _REPLACING.items():
        if re.search(pattern, _read(root / name) or b"", re.MULTILINE):
            yield (
                f"{root / name}: its force_actions rules replace those of local.d, ours and yours, without a "
                'word; move them to local.d/force_actions.conf, or choose profile = "plugin"'
            )


def removal(root: Path) -> tuple[Change, ...]:
    """Plan what takes everything of ours out.

    Args:
        root: The configuration root as we see it.

    Returns:
        The changes, sorted by path; none where nothing is ours.

    Raises:
        TargetError: A file cannot be read.
    """
    return _changes({}, root)


def _changes(wanted: dict[str, bytes], root: Path) -> tuple[Change, ...]:
    """Compare what is wanted with what is there; what is ours and not wanted goes."""
    for path in _SHARED:
        present = _read(root / path)
        if path not in wanted and present is not None and not is_ours(present):
            wanted[path] = _without_line(present, path.rpartition("/")[2])
    ours = dict(_ours(root))
    found = []
    for path in sorted(wanted.keys() | ours.keys()):
        before = ours.get(path) or _read(root / path)
        after = wanted.get(path)
        if before != after:
            is_late = path.startswith(_MAPS) or path.endswith(DIRECTORY_MARK)  # goes last, comes first
            found.append(Change(path, before, after, "map" if is_late else "configuration"))
    return tuple(found)


def _ours(root: Path) -> Iterator[tuple[str, bytes]]:
    for place in _PLACES:
        directory = root / place
        for path in sorted(directory.iterdir()) if directory.is_dir() else ():
            content = _read(path) if path.is_file() and not path.is_symlink() else None
            if content is not None and is_ours(content):
                yield f"{place}/{path.name}", content


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}"
        raise TargetError(msg) from error


def _include(name: str, rspamd_root: str) -> str:
    where = f"{rspamd_root or LOCAL_CONFDIR}/{_OWN}/{name}"
    return f'.include(try=true; priority=1; duplicate=merge) "{where}"  {MARKER}'


def _with_line(content: bytes, line: str) -> bytes:
    """Append our line, once."""
    kept = _without_line(content, line.partition(f"/{_OWN}/")[2].partition('"')[0])
    if kept and not kept.endswith(b"\n"):
        return kept + f"\n{line}{_LINE_END}\n".encode()
    return kept + f"{line}\n".encode()


def _without_line(content: bytes, name: str) -> bytes:
    """Take our line out; an admin's line that only looks like it stays."""
    ours = (f'/{_OWN}/{name}"'.encode(), MARKER.encode())
    kept: list[bytes] = []
    for line in content.splitlines(keepends=True):
        if not all(part in line for part in ours):
            kept.append(line)
        elif _LINE_END.encode() in line and kept:
            kept[-1] = kept[-1].removesuffix(b"\n")
    return b"".join(kept)
