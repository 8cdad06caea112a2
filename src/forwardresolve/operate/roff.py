"""Write a page of the manual: the few macros of man(7) that a page of ours needs."""

from __future__ import annotations

import re
from inspect import cleandoc
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LITERAL: Final = re.compile(r"``(.+?)``|`(.+?)`")
_VERBATIM: Final = "\b"
"""What begins a paragraph whose lines stay as they are, as in the help of a command."""


def title(name: str, section: int, version: str, book: str) -> str:
    """Begin a page; there is no date, so the same texts give the same page."""
    return f'.TH {name.upper()} {section} "" "{version}" "{book}"'


def heading(text: str) -> str:
    """Begin a section."""
    return f".SH {escape(text.upper())}"


def subheading(text: str) -> str:
    """Begin a part of a section."""
    return f".SS {escape(text)}"


def paragraphs(text: str) -> Iterator[str]:
    """Write paragraphs, divided by blank lines; one that begins with backspace is kept line by line."""
    for each in re.split(r"\n\s*\n", cleandoc(text)):
        lines = each.strip("\n").splitlines()
        if lines and lines[0].strip() == _VERBATIM:
            yield "\n".join([".PP", ".nf", *map(escape, lines[1:]), ".fi"])
        elif lines:
            yield f".PP\n{prose(' '.join(map(str.strip, lines)))}"


def item(term: str, text: str) -> str:
    """Write a term and what it means; its placeholders, in capitals, are set apart."""
    words = (
        rf"\fI{escape(word)}\fR" if word.isupper() else rf"\fB{escape(word)}\fR" for word in term.split(" ")
    )
    return f".TP\n{' '.join(words)}\n{prose(text)}"


def prose(text: str) -> str:
    """Write running text; what stands in backquotes is a literal."""
    parts = []
    end = 0
    for found in _LITERAL.finditer(text):
        parts += [escape(text[end : found.start()]), rf"\fB{escape(found[1] or found[2], inside=True)}\fR"]
        end = found.end()
    return "".join([*parts, escape(text[end:], inside=bool(parts))])


def escape(text: str, *, inside: bool = False) -> str:
    """Write text so that groff prints it as it is.

    Args:
        text: One line.
        inside: Whether something stands before it on its line; else a dot at its beginning would
            be a request.
    """
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{escaped}" if not inside and escaped.startswith((".", "'")) else escaped


def arguments(docstring: str) -> Iterable[tuple[str, str]]:
    """Return what a docstring says of each argument, in the order of its section ``Args``."""
    section = re.search(r"^Args:\n((?:[ \t]+.*\n?|\n)*)", cleandoc(docstring), re.MULTILINE)
    if section is None:
        return ()
    found = re.finditer(r"^    (\w+): (.*(?:\n {8}.*)*)", section[1], re.MULTILINE)
    return [(each[1], " ".join(each[2].split())) for each in found]
