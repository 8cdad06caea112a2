"""Read a Sieve script (RFC 5228) as a tree of commands, whatever extensions it uses.

A reader that knows every extension rejects what it does not know. This one knows the grammar only,
so that a redirect is found in any script. What breaks off is closed at the end, and told.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|\#[^\n]*|/\*.*?\*/)
      | text:[ \t]*(?:\#[^\n]*)?\r?\n(?P<lines>.*?)^\.\r?$
      | "(?P<quoted>(?:\\.|[^"\\])*)"
      | (?P<tag>:[A-Za-z_]\w*)
      | (?P<word>[A-Za-z_][\w.]*)
      | (?P<number>\d+[KMGkmg]?)
      | (?P<mark>[][(){},;])
      | (?P<open>/\*|"|text:[ \t]*\r?\n)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


@attrs.frozen
class Token:
    """One token.

    Args:
        kind: ``string``, ``tag``, ``word``, ``number`` or ``mark``.
        text: What it says; a string without its quotes, a tag and a word folded.
        line: Where it stands, counted from 1.
    """

    kind: str
    text: str
    line: int


@attrs.frozen
class Command:
    """One command, a control structure too.

    Args:
        name: ``redirect``, ``if``, ``stop`` and so on, folded.
        arguments: Its tokens up to its semicolon or block, tests included.
        block: The commands of its block; None where it has none.
        line: Where it begins.
    """

    name: str
    arguments: tuple[Token, ...]
    block: tuple[Command, ...] | None
    line: int


@attrs.frozen
class Script:
    """A whole script.

    Args:
        commands: Its commands.
        broken: The line from which on it is not whole; 0 where it is.
    """

    commands: tuple[Command, ...]
    broken: int = 0


def parse(text: str) -> Script:
    """Read a script.

    Args:
        text: The script.

    Returns:
        Its commands; those before and behind a broken place, too.
    """
    tokens, broken = _tokens(text)
    blocks: list[list[Command]] = [[]]
    heads: list[list[Token]] = []
    head: list[Token] = []
    for token in tokens:
        if token.kind != "mark" or token.text not in "{};":
            head.append(token)
        elif token.text == "{":
            heads.append(head)
            blocks.append([])
            head = []
        else:
            if head:
                blocks[-1].append(_command(head, None))
                head = []
            if token.text == "}" and heads:
                block = tuple(blocks.pop())
                blocks[-1].append(_command(heads.pop(), block))
            elif token.text == "}":
                broken = broken or token.line
    if head:
        broken = broken or head[0].line
        blocks[-1].append(_command(head, None))
    while heads:
        broken = broken or (heads[-1][0].line if heads[-1] else 1)
        block = tuple(blocks.pop())
        blocks[-1].append(_command(heads.pop(), block))
    return Script(tuple(blocks[0]), broken)


def _command(head: list[Token], block: tuple[Command, ...] | None) -> Command:
    if not head:
        return Command("", (), block, 0)
    return Command(head[0].text, tuple(head[1:]), block, head[0].line)


def _tokens(text: str) -> tuple[list[Token], int]:
    """Return the tokens, and the line from which on something is open or is no Sieve (0: none)."""
    found: list[Token] = []
    broken = 0
    line = 1
    for match in _TOKEN.finditer(text):
        kind, piece = str(match.lastgroup), match[0]
        if kind in ("lines", "quoted"):
            found.append(Token("string", _unescaped(kind, match[kind]), line))
        elif kind in ("tag", "word"):
            found.append(Token(kind, piece.casefold(), line))
        elif kind in ("number", "mark"):
            found.append(Token(kind, piece, line))
        elif kind != "space":
            broken = broken or line
        line += piece.count("\n")
    return found, broken


def _unescaped(kind: str, text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if kind == "quoted" else text


def strings(tokens: tuple[Token, ...]) -> Iterator[str]:
    """Yield the strings among tokens."""
    return (token.text for token in tokens if token.kind == "string")
