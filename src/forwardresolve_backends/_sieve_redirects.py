"""Find what a Sieve script redirects: always or under a condition, with a copy or without."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve_backends._sieve_commands import Command, parse, strings

if TYPE_CHECKING:
    from collections.abc import Callable

_CHAIN: Final = frozenset({"elsif", "else"})
_KEEPING: Final = frozenset({"keep", "fileinto"})
_SPAM: Final = re.compile(r"spam", re.IGNORECASE).search
_VARIABLE: Final = re.compile(r"\$\{[^}]*\}").search


@attrs.frozen
class Redirect:
    """One address that a script sends mail to.

    Args:
        address: As it stands in the script; empty where the script computes it.
        conditional: Only some mail goes there.
        after_spam: Spam has been sorted out, and the script stopped, before.
        line: Where the command stands.
    """

    address: str
    conditional: bool
    after_spam: bool
    line: int


@attrs.frozen
class Redirects:
    """What a script does with mail, as far as it matters here.

    Args:
        found: The redirects that can be reached, in order.
        keeps: The mailbox keeps mail besides, all or some of it (RFC 5228, implicit keep).
        missing: Names of scripts that it includes and nobody could give.
        broken: The line from which on the script is not whole; 0 where it is.
    """

    found: tuple[Redirect, ...]
    keeps: bool
    missing: tuple[str, ...]
    broken: int


def redirects(text: str, include: Callable[[str], str | None]) -> Redirects:
    """Find the redirects of a script and of those that it includes.

    Args:
        text: The script.
        include: Gives the text of another script by its name; None where there is none.

    Returns:
        What was found. A branch under ``if false`` is dead, and so is what stands behind a
        ``stop`` that is always reached; one under ``if true`` is no condition.
    """
    walk = _Walk(include)
    script = parse(text)
    walk.commands(script.commands, conditional=False, after_spam=False)
    return Redirects(
        found=tuple(walk.found),
        keeps=walk.keeps or not walk.cancels_keep,
        missing=tuple(walk.missing),
        broken=script.broken,
    )


def included_names(text: str) -> tuple[str, ...]:
    """Return the names of the scripts that a script includes itself, dead branches too."""
    if "include" not in text.casefold():
        return ()  # most scripts: they need not be parsed
    names = []
    waiting = [*parse(text).commands]
    while waiting:
        command = waiting.pop()
        waiting += command.block or ()
        if command.name == "include":
            names.append(next(strings(command.arguments), ""))
    return tuple(names)


class _Walk:
    def __init__(self, include: Callable[[str], str | None]) -> None:
        self.found: list[Redirect] = []
        self.missing: list[str] = []
        self.keeps = False
        self.cancels_keep = False
        self._include = include
        self._seen: set[str] = set()

    def commands(self, commands: tuple[Command, ...], *, conditional: bool, after_spam: bool) -> bool:
        """Walk the commands of a block; tell whether it always ends in ``stop``."""
        spam_chain = False
        for command in commands:
            name = command.name
            if name == "stop":
                return True
            if name == "redirect":
                self.found.append(_redirect(command, conditional=conditional, after_spam=after_spam))
                self.cancels_keep = self.cancels_keep or not (conditional or _has_tag(command, ":copy"))
            elif name in _KEEPING:
                self.keeps = self.keeps or not conditional
            elif name == "include":
                self._included(command, conditional=conditional, after_spam=after_spam)
            elif command.block is not None:
                sorted_out = after_spam or (name in _CHAIN and spam_chain)
                spam_chain = _asks_for_spam(command) if name == "if" else spam_chain
                stops = self._branch(command, conditional=conditional, after_spam=sorted_out)
                if stops and name == "if":
                    if _is_constant(command, "true"):
                        return True
                    after_spam = after_spam or spam_chain
        return False

    def _branch(self, command: Command, *, conditional: bool, after_spam: bool) -> bool:
        if _is_constant(command, "false"):
            return False
        always = command.name == "if" and _is_constant(command, "true")
        return self.commands(
            command.block or (), conditional=conditional or not always, after_spam=after_spam
        )

    def _included(self, command: Command, *, conditional: bool, after_spam: bool) -> None:
        name = next(strings(command.arguments), "")
        if name in self._seen:
            return
        self._seen.add(name)
        text = self._include(name)
        if text is None:
            self.missing.append(name)
        else:
            self.commands(parse(text).commands, conditional=conditional, after_spam=after_spam)


def _redirect(command: Command, *, conditional: bool, after_spam: bool) -> Redirect:
    address = ["", *strings(command.arguments)][-1].strip()
    computed = _has_tag(command, ":list") or _VARIABLE(address) is not None
    return Redirect(
        address="" if computed else address,
        conditional=conditional,
        after_spam=after_spam,
        line=command.line,
    )


def _has_tag(command: Command, tag: str) -> bool:
    return any(token.kind == "tag" and token.text == tag for token in command.arguments)


def _is_constant(command: Command, word: str) -> bool:
    return [token.text for token in command.arguments] == [word]


def _asks_for_spam(command: Command) -> bool:
    """Tell whether a test holds for spam: it names a header of a spam filter and negates nothing."""
    words = {token.text for token in command.arguments if token.kind == "word"}
    named = "spamtest" in words or "spamtestplus" in words or any(map(_SPAM, strings(command.arguments)))
    return named and "not" not in words
