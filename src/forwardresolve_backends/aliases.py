"""Read aliases(5): ``/etc/aliases`` and files like it, with the lists that they include."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence  # noqa: TC003 (the fields are read at run time)
from functools import partial
from pathlib import Path
from typing import Any, Final

import attrs

from forwardresolve.sdk import (
    BackendIncomplete,
    Domain,
    Forward,
    Record,
    split_destinations,
    state_if_there,
    version_of_files,
)
from forwardresolve_backends._alias_lines import AliasLine, alias_lines, logical_lines
from forwardresolve_backends._file_memory import Memory
from forwardresolve_backends._text_files import TextFile

INCLUDE: Final = ":include:"

Included = Memory[tuple[Path, ...]]
"""Which lists each file names."""

_DEEPEST: Final = 20
"""How far includes may include each other; it is a circle long before."""


def _not_empty(_: object, field: attrs.Attribute[Any], value: Sequence[Path]) -> None:
    if not value:
        msg = "must name at least one file"
        raise ValueError(msg, field)


@attrs.frozen(kw_only=True)
class Aliases:
    """Reads the aliases of a mail host.

    The aliases hold in domains of local class: those that the host delivers to its own accounts.
    A list that is included stands for its members, as Postfix expands it.

    Args:
        path: The files, in the order of ``alias_maps``: a name counts where it stands first.
        domains: The domains in which these aliases hold (Postfix' ``mydestination``); leave them
            out where another source names them.
    """

    path: Sequence[Path] = attrs.field(default=(Path("/etc/aliases"),), validator=_not_empty)
    domains: Sequence[str] = ()
    _included: Included = attrs.field(factory=Memory, init=False, repr=False, eq=False)

    def records(self) -> Iterator[Record]:
        """Read all files to their ends.

        Yields:
            The records as they stream.

        Raises:
            BackendMisconfigured: A file, an included one too, may not be read.
            BackendUnavailable: A file, an included one too, is not there.
            BackendIncomplete: A file was changed while it was read, or includes itself.
        """
        yield from (Domain(name, "local") for name in self.domains)
        answered: set[str] = set()
        for path in self.path:
            names = []
            for line in alias_lines(TextFile(path)):
                if not isinstance(line, AliasLine):
                    yield line
                elif line.name not in answered:
                    names.append(line.name)
                    yield Forward(line.name, all_destinations(line.value), "local", line.origin)
            answered.update(names)

    def version(self) -> str:
        """Return a text that is another one when a file or an included list is written to or replaced.

        Raises:
            BackendError: As in `records`.
        """
        self._included.begin()
        named = [path for each in self.path for path in self._named_in(each)]
        return version_of_files(self.path, optional=all_included(named, self._included))

    def _named_in(self, path: Path) -> tuple[Path, ...]:
        def find() -> tuple[Path, ...]:
            lines = (line for line in alias_lines(TextFile(path)) if isinstance(line, AliasLine))
            return tuple(included for line in lines for included in included_in(line.value))

        return self._included.recall(path, state_if_there(path), find)


def all_destinations(value: str) -> str | tuple[str, ...]:
    """Return a value of aliases(5) with the members of a list in place of its include.

    Args:
        value: What stands behind the colon.

    Raises:
        BackendError: As in `TextFile.lines`; a list that includes itself is incomplete.
    """
    return tuple(_members(value, ())) if INCLUDE in value.casefold() else value


def _members(value: str, way: tuple[Path, ...]) -> Iterator[str]:
    """Walk the destinations of a value; an include is replaced by what it holds."""
    for item in split_destinations(value):
        if not item.casefold().startswith(INCLUDE):
            yield item
            continue
        path = Path(item[len(INCLUDE) :])
        if path in way or len(way) >= _DEEPEST:
            msg = f"{path}: includes itself, over {' -> '.join(map(str, way))}; take one of the lines out"
            raise BackendIncomplete(msg)
        for _, text in logical_lines(TextFile(path).lines()):
            yield from _members(text, (*way, path))


def included_in(value: str) -> Iterator[Path]:
    """Yield the lists that a value of aliases(5) includes itself."""
    if INCLUDE in value.casefold():
        for item in split_destinations(value):
            if item.casefold().startswith(INCLUDE):
                yield Path(item[len(INCLUDE) :])


def all_included(named: Iterable[Path], memory: Included) -> Iterator[Path]:
    """Yield lists and those that they include in turn, each once; they need not be there.

    Args:
        named: The lists that aliases name.
        memory: What is known of them; a round of it has begun.

    Raises:
        BackendError: As in `TextFile.lines`.
    """

    def find(path: Path) -> tuple[Path, ...]:
        lines = logical_lines(TextFile(path).lines())
        return tuple(included for _, text in lines for included in included_in(text))

    waiting = [*named]
    seen: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            yield path
            state = state_if_there(path)
            if state is not None:
                waiting += memory.recall(("list", path), state, partial(find, path))
