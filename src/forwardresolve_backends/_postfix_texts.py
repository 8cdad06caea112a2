"""Tables of Postfix that have a text: their source, or what postmap lists (postmap(1), DATABASE_README)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from forwardresolve.sdk import BackendMisconfigured, Origin, Remark
from forwardresolve_backends._alias_lines import AliasLine, alias_lines, logical_lines
from forwardresolve_backends._postfix_cf import split_list
from forwardresolve_backends._postfix_commands import CommandFailed
from forwardresolve_backends._postfix_entries import Entry
from forwardresolve_backends._text_files import TextFile, present

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forwardresolve_backends._postfix_commands import Commands

COMPILED: Final = {
    "hash": ".db",
    "btree": ".db",
    "lmdb": ".lmdb",
    "cdb": ".cdb",
    "dbm": ".pag",
    "sdbm": ".pag",
}
"""Types of tables that postmap makes of a text, and how the names of their files end."""

_UNLISTED: Final = ("sequence operation is not supported", "unsupported dictionary type")
"""What postmap says of a table that it can make or ask but not list, or not at all."""

_ENTRY: Final = re.compile(r'((?:"(?:\\.|[^"\\])*"|\\.|[^\s"\\])+)\s+(\S.*)', re.DOTALL)


def text_entries(path: Path, place: str) -> Iterator[Entry | Remark]:
    """Read a text in the format of postmap: ``key whitespace value``.

    Of two lines for one key the first counts (measured: postmap says "duplicate entry").

    Args:
        path: The text.
        place: How an origin calls the table.

    Yields:
        The entries as they come, keys folded, and a remark for each line that does not count.

    Raises:
        BackendError: As in `TextFile.lines`.
    """
    origin, file = Origin(place), TextFile(path)
    seen: dict[str, int] = {}
    for number, text in logical_lines(file.lines()):
        found = _ENTRY.fullmatch(text)
        if found is None:
            said = f"this is no line of key and value: {text:.80}"
            yield Remark("bad-line", said, origin=Origin(place, f"line {number}"))
            continue
        key = found[1].lower()
        if key in seen:
            yield _duplicate(key, f"line {seen[key]}", Origin(place, f"line {number}"))
            continue
        seen[key] = number
        yield Entry(key, " ".join(map(str.strip, found[2].splitlines())), origin)
    yield from file.remarks()


def compiled_entries(table: str, commands: Commands, *, aliases: bool) -> Iterator[Entry | Remark]:
    """Read a table that postmap or postalias has compiled, or its text where postmap cannot list it.

    The compiled table is what Postfix uses, also where its text has changed since.

    Args:
        table: The table, such as ``hash:/etc/postfix/virtual``.
        commands: Postfix' programs.
        aliases: Whether it is one of aliases(5).

    Yields:
        The entries, keys folded, and remarks.

    Raises:
        BackendMisconfigured: The table cannot be opened: Postfix could not use it, either.
        BackendError: As in `TextFile.lines`.
    """
    kind, _, place = table.partition(":")
    source = Path(place)
    yield from _staleness(table, source, Path(place + COMPILED[kind]), aliases=aliases)
    try:
        pairs = commands.dump(table)
    except CommandFailed as error:
        if not any(mark in str(error) for mark in _UNLISTED):
            msg = f"{error}; run: {_compiler(table, aliases=aliases)}"
            raise BackendMisconfigured(msg) from error
        said = f"postmap cannot list {table}, so its text is read; see that the compiled table is not older."
        yield Remark("postfix-text-read", said, origin=Origin(table))
        yield from _alias_entries(source, table) if aliases else text_entries(source, table)
        return
    origin = Origin(table)
    for key, value in pairs:
        if not aliases or not (key == "@" or key.startswith(("YP_", "yp_"))):  # postalias' own notes
            yield Entry(key.lower(), value, origin)


def inline_entries(table: str) -> Iterator[Entry]:
    """Read a table whose rows stand in main.cf: ``inline:{ key = value, { key = text } }``.

    Raises:
        BackendMisconfigured: It is none.
    """
    inner = table.partition(":")[2].strip()
    origin = Origin("inline")
    for each in split_list(inner[1:-1].replace("{", " {")) if inner[:1] + inner[-1:] == "{}" else [inner]:
        key, equals, value = each.removeprefix("{").removesuffix("}").partition("=")
        if not equals or not key.strip() or not value.strip():
            msg = f"{table}: is no inline table; write inline:{{ {{ KEY = VALUE }} }}"
            raise BackendMisconfigured(msg)
        yield Entry(key.strip().lower(), value.strip(), origin)


def printed_entries(table: str, program: Sequence[str], commands: Commands) -> Iterator[Entry]:
    """Read a table by a program of the admin's that prints a key, a tab and a value on each line.

    Raises:
        BackendError: It cannot be started, fails, or does not end in time.
    """
    origin = Origin(table)
    for key, value in commands.output_of(program):
        yield Entry(key.lower(), value, origin)


def _alias_entries(path: Path, table: str) -> Iterator[Entry | Remark]:
    for line in alias_lines(TextFile(path)):
        yield Entry(line.name, line.value, Origin(table)) if isinstance(line, AliasLine) else line


def _staleness(table: str, source: Path, compiled: Path, *, aliases: bool) -> Iterator[Remark]:
    """Say that a text has changed since it was compiled."""
    text, database = present(source), present(compiled)
    if text and database and text.stat().st_mtime > database.stat().st_mtime:
        said = (
            f"{source} has changed since {compiled.name} was made of it, and Postfix goes by "
            f"{compiled.name}; run: {_compiler(table, aliases=aliases)}"
        )
        yield Remark("postfix-stale-table", said, origin=Origin(table))


def _compiler(table: str, *, aliases: bool) -> str:
    return f"{'postalias' if aliases else 'postmap'} {table}"


def _duplicate(key: str, first: str, origin: Origin) -> Remark:
    said = (
        f"{key} stands in {first} already, and only that line counts; a server may refuse the whole table. "
        "Join the two."
    )
    return Remark("duplicate-key", said, origin=origin)
