r"""Read regexp and pcre tables, with expressions as Python writes them (regexp_table(5), pcre_table(5)).

An expression is asked for whole addresses, in the order of the lines. What cannot be written as an
expression of Python is an error: a line that is left out would let its addresses through.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

import attrs

from forwardresolve.sdk import BackendMisconfigured, Origin, Pattern, Remark
from forwardresolve_backends._alias_lines import logical_lines
from forwardresolve_backends._text_files import TextFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


Syntax = Literal["regexp", "pcre"]

_CLASSES: Final = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-zA-Z",  # addresses are folded, and expressions match without regard to case
    "print": r"\x20-\x7e",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\s",
    "upper": "a-zA-Z",
    "word": r"\w",
    "xdigit": "0-9a-fA-F",
}
_CLASS: Final = re.compile(r"\[:(\w+):\]")
_REFERENCE: Final = re.compile(r"\$(?:(\d)|\{(\d)\}|\((\d)\)|(\$))")
_BACK_REFERENCE: Final = re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]")
_FLAGS: Final = {"regexp": "imx", "pcre": "imsxAEGX"}
_IF: Final = re.compile(r"if\s+(!?)\s*(\S.*)", re.IGNORECASE | re.DOTALL)
_ENDIF: Final = re.compile(r"endif\b.*", re.IGNORECASE | re.DOTALL)


@attrs.frozen
class Expression:
    """One line of a table.

    Args:
        pattern: The line as a record.
        compiled: Its expression.
        value: What it answers; ``$1`` stands for a group.
    """

    pattern: Pattern
    compiled: re.Pattern[str]

    value: str

    def answer(self, address: str) -> str | None:
        """Return what it makes of a folded address; None where it does not match."""
        match = self.compiled.search(address)
        if match is None:
            return None
        return _REFERENCE.sub(lambda found: _group(match, found), self.value)


@attrs.frozen
class _Condition:
    """What a line or an ``if`` asks: an expression, and whether it must not match."""

    expression: str
    negated: bool
    groups: int


def expressions(path: Path, syntax: Syntax, place: str) -> Iterator[Expression | Remark]:
    """Read a table.

    Args:
        path: The file.
        syntax: ``regexp`` or ``pcre``.
        place: How an origin calls the table.

    Raises:
        BackendMisconfigured: A line cannot be read; the message says which.
        BackendError: As in `TextFile.lines`.
    """
    file = TextFile(path)
    within: list[_Condition] = []
    for number, text in logical_lines(file.lines()):
        try:
            yield from _line(text, syntax, within, Origin(place, f"line {number}"))
        except ValueError as error:
            msg = f"{path}, line {number}: {error}; write it in another way, or name the table in leave_out"
            raise BackendMisconfigured(msg) from error
    if within:
        msg = f"{path}: an if has no endif"
        raise BackendMisconfigured(msg)
    yield from file.remarks()


def _line(
    text: str, syntax: Syntax, within: list[_Condition], origin: Origin
) -> Iterator[Expression | Remark]:
    """Read one line; ``within`` holds the conditions that are open."""
    if _ENDIF.fullmatch(text):
        if not within:
            msg = "an endif has no if"
            raise ValueError(msg)
        within.pop()
        return
    if begun := _IF.fullmatch(text):
        condition, rest = _condition(begun[2], syntax)
        if rest:
            msg = f"there is text behind the if: {rest:.40}"
            raise ValueError(msg)
        within.append(attrs.evolve(condition, negated=begun[1] == "!"))
        return
    negated = text.startswith("!")
    condition, value = _condition(text.removeprefix("!").lstrip(), syntax)
    if not value:
        msg = f"there is no value behind the expression: {text:.60}"
        raise ValueError(msg)
    condition = attrs.evolve(condition, negated=negated)
    if within and _BACK_REFERENCE.search(condition.expression):
        msg = "refers to a group, and stands in an if; that cannot be followed"
        raise ValueError(msg)
    highest = max((int(_number(found) or 0) for found in _REFERENCE.finditer(value)), default=0)
    if highest > (0 if negated else condition.groups):
        said = f"this line refers to ${highest}, a group that its expression does not have; Postfix skips it."
        yield Remark("bad-line", said, origin=origin)
        return
    shift = sum(each.groups for each in within)
    whole = "".join(_ahead(each) for each in within) + (
        _ahead(condition)
        if negated
        else f"(?s:.*?){condition.expression}"
        if within
        else condition.expression
    )
    # A condition is asked at the beginning of the address, so the line that follows looks on from there.
    pattern = (r"\A" if within or negated else "") + whole
    value = _REFERENCE.sub(lambda found: _shifted(found, shift), value)
    yield Expression(Pattern(pattern, value, "pcre", origin), re.compile(pattern, re.IGNORECASE), value)


def _group(match: re.Match[str], found: re.Match[str]) -> str:
    number = _number(found)
    return (match.group(int(number)) or "") if number else "$"


def _number(reference: re.Match[str]) -> str | None:
    return next((each for each in reference.groups()[:3] if each), None)


def _ahead(condition: _Condition) -> str:
    return f"(?{'!' if condition.negated else '='}(?s:.*?){condition.expression})"


def _shifted(found: re.Match[str], by: int) -> str:
    number = _number(found)
    if number is None:
        return "$$"
    if int(number) + by > _MOST_GROUPS:
        msg = "has more groups in its conditions than can be counted"
        raise ValueError(msg)
    return f"${{{int(number) + by}}}"


_MOST_GROUPS: Final = 9


def _condition(text: str, syntax: Syntax) -> tuple[_Condition, str]:
    """Read ``/expression/flags`` and return what follows it, too."""
    mark = text[:1]
    if not mark or mark.isalnum() or mark.isspace():
        msg = f"this is no /expression/ and value: {text:.60}"
        raise ValueError(msg)
    end = 1
    while end < len(text) and text[end] != mark:
        end += 2 if text[end] == "\\" else 1
    if end >= len(text):
        msg = f"nothing closes the expression: {text:.60}"
        raise ValueError(msg)
    flags, _, value = text[end + 1 :].replace("\n", " ").partition(" ")
    unknown = [flag for flag in flags.strip() if flag not in _FLAGS[syntax]]
    if unknown:
        msg = f"has the flag {unknown[0]}, which cannot be followed"
        raise ValueError(msg)
    body = _python(text[1:end].replace(f"\\{mark}", mark if mark == "/" else f"\\{mark}"), syntax, flags)
    try:
        compiled = re.compile(body)
    except re.error as error:
        msg = f"Python cannot read the expression ({error})"
        raise ValueError(msg) from error
    return _Condition(body, negated=False, groups=compiled.groups), value.strip()


def _python(expression: str, syntax: Syntax, flags: str) -> str:
    """Write an expression as one of Python; groups keep their numbers."""
    text = re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", expression) if syntax == "pcre" else expression
    text = "".join(_bracketed(part, syntax) if part[0] == "[" else part for part in _parts(text, syntax))
    if "A" in flags:
        text = rf"\A(?:{text})"
    if syntax == "pcre" and "x" in flags:
        return f"(?x:{text}\n)"
    # Alternatives must not reach beyond the expression where others stand around it.
    return f"(?:{text})"


def _parts(text: str, syntax: Syntax) -> Iterator[str]:
    """Split an expression into bracketed sets of characters and what stands between them."""
    at = 0
    while at < len(text):
        begun = at
        if text[at] == "[":
            at += 1
            at += text.startswith("^", at)
            at += text.startswith("]", at)
            while at < len(text) and text[at] != "]":
                if found := _CLASS.match(text, at):
                    at = found.end()
                else:
                    at += 2 if text[at] == "\\" and syntax == "pcre" else 1
            at += 1
            yield text[begun:at]
        else:
            while at < len(text) and text[at] != "[":
                at += 2 if text[at] == "\\" else 1
            yield text[begun:at]


def _bracketed(text: str, syntax: Syntax) -> str:
    """Write a set of characters: named classes are spelled out; in POSIX a backslash is itself."""
    for found in _CLASS.finditer(text):
        if found[1] not in _CLASSES:
            msg = f"has an unknown class of characters {found[0]}"
            raise ValueError(msg)
    if syntax == "regexp":
        text = text.replace("\\", "\\\\")
    opening = 2 if text.startswith("[^") else 1
    inner = _CLASS.sub(lambda found: _CLASSES[found[1]], text[opening:-1])
    if inner.startswith("]"):
        inner = "\\" + inner
    return text[:opening] + re.sub(r"(?<!\\)\[", r"\\[", inner) + "]"
