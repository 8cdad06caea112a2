"""Read files in the format of Postfix' main.cf: logical lines, ``$name``, and lists (postconf(5)).

No Postfix is asked, so a copy of another host's files is read as well as this host's own. What
only a running Postfix knows, the host name where main.cf does not set it, is an error and no guess.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.sdk import BackendMisconfigured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_DEFAULTS: Final[Mapping[str, str]] = {
    "mydestination": "$myhostname, localhost.$mydomain, localhost",
    "myorigin": "$myhostname",
    "alias_maps": "hash:/etc/aliases",
    "virtual_alias_maps": "$virtual_maps",
    "virtual_alias_domains": "$virtual_alias_maps",
    "virtual_mailbox_domains": "$virtual_mailbox_maps",
}
"""Defaults of Postfix (postconf -d) that are not empty, of the parameters that are read here."""

_PROXY: Final = "proxy:"
_UNION: Final = "unionmap:"

_DEEPEST: Final = 50
"""How many parameters may stand for one another; Postfix gives up on circles, too."""

_ASSIGNMENT = re.compile(r"\s*([^\s={}]+)\s*=\s*(.*)", re.DOTALL).fullmatch
_NAME = re.compile(r"\w+").fullmatch
_REFERENCE = re.compile(r"\$(?:(\$)|(\w+)|\{|\()")
_CONDITION = re.compile(r"(\w+)\s*([?:])(.*)", re.DOTALL).fullmatch


def read_parameters(path: Path) -> dict[str, str]:
    """Read the assignments of a file, unexpanded; the last one of a name counts.

    Args:
        path: A file in the format of main.cf.

    Raises:
        BackendMisconfigured: It cannot be read, or a line of it is no assignment.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is no UTF-8"
        msg = f"{path}: cannot be read ({reason}); check its path and its rights"
        raise BackendMisconfigured(msg) from error
    found = {}
    for number, line in _logical_lines(text):
        assignment = _ASSIGNMENT(line)
        if assignment is None:
            msg = f"{path}, line {number}: is no assignment: {line.strip():.60}"
            raise BackendMisconfigured(msg)
        found[assignment[1]] = assignment[2].strip()
    return found


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Join lines with the ones that begin with a blank; comments may stand between them."""
    joined, begun = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0] in " \t" and joined:
            joined += " " + line.strip()
            continue
        if joined:
            yield begun, joined
        joined, begun = line, number
    if joined:
        yield begun, joined


@attrs.frozen
class MainCf:
    """The parameters of one Postfix.

    Args:
        path: Where they were read.
        parameters: Name to unexpanded value, as far as they are known.
        given: Those that main.cf itself sets; None where they are all that is known.
    """

    path: Path
    parameters: Mapping[str, str]
    given: frozenset[str] | None = None

    @classmethod
    def read(cls, path: Path) -> MainCf:
        """Read a main.cf.

        Raises:
            BackendMisconfigured: It cannot be read.
        """
        return cls(path, read_parameters(path))

    def sets(self, name: str) -> bool:
        """Tell whether main.cf itself sets a parameter."""
        return name in (self.parameters if self.given is None else self.given)

    def value(self, name: str) -> str:
        """Return what a parameter says, or its default, with all references replaced.

        Raises:
            BackendMisconfigured: A reference cannot be resolved.
        """
        return self._expanded(name, ()).strip()

    def items(self, name: str) -> list[str]:
        """Return the members of a list: what blanks and commas separate outside of braces."""
        return split_list(self.value(name))

    def _expanded(self, name: str, within: tuple[str, ...]) -> str:
        if name in within or len(within) > _DEEPEST:
            msg = f"{self.path}: {name} refers to itself over {', '.join(within)}"
            raise BackendMisconfigured(msg)
        return self._replace(self._raw(name), (*within, name))

    def _raw(self, name: str) -> str:
        if name in self.parameters:
            return self.parameters[name]
        if name == "mydomain":
            return self._raw("myhostname").partition(".")[2] or "localdomain"
        if name == "myhostname":
            msg = (
                f"{self.path}: does not set myhostname, which mydestination or myorigin needs; "
                f"set it there, as postconf myhostname says it"
            )
            raise BackendMisconfigured(msg)
        if name == "relay_domains" and self._raw("compatibility_level").partition(".")[0] in ("", "0"):
            return "$mydestination"  # until an admin has raised the level, as before Postfix 3.0
        return _DEFAULTS.get(name, "")

    def _replace(self, text: str, within: tuple[str, ...]) -> str:
        """Replace the references of a text (postconf(5): ``$name``, ``${name?a:b}``, ``$$``)."""
        done, at = "", 0
        while (found := _REFERENCE.search(text, at)) is not None:
            done, at = done + text[at : found.start()], found.end()
            if found[1]:
                done += "$"
            elif found[2]:
                done += self._expanded(found[2], within)
            else:
                end = _closing(text, at - 1)
                if end < 0:
                    msg = f"{self.path}: {within[-1]} has a brace that nothing closes"
                    raise BackendMisconfigured(msg)
                done += self._braced(text[at:end].strip(), within)
                at = end + 1
        return done + text[at:]

    def _braced(self, inner: str, within: tuple[str, ...]) -> str:
        if _NAME(inner):
            return self._expanded(inner, within)
        condition = _CONDITION(inner)
        if condition is None:
            msg = f"{self.path}: {within[-1]} compares values (${{{inner}}}); write out what it means"
            raise BackendMisconfigured(msg)
        name, mark, rest = condition.groups()
        first, second = _branches(rest)
        if mark == ":":
            first, second = second, first
        return self._replace(first if self._expanded(name, within) else second, within)


def _branches(text: str) -> tuple[str, str]:
    """Return what stands behind ``?`` and, in braces, what stands behind the ``:`` after it."""
    text = text.strip()
    if not text.startswith("{"):
        return text, ""
    end = _closing(text, 0)  # the braces around it are closed, so this one is, too
    rest = text[end + 1 :].strip().removeprefix(":").strip()
    return text[1:end].strip(), rest[1:-1].strip() if rest.startswith("{") else rest


def _closing(text: str, opening: int) -> int:
    """Return where the bracket at a place is closed, or -1."""
    pair = {"{": "{}", "(": "()"}[text[opening]]
    depth = 0
    for at in range(opening, len(text)):
        depth += {pair[0]: 1, pair[1]: -1}.get(text[at], 0)
        if depth == 0:
            return at
    return -1


def split_list(text: str) -> list[str]:
    """Split at blanks and commas that stand in no braces.

    Args:
        text: A list as main.cf has it, such as ``ldap:/a, unionmap:{ldap:/b, ldap:/c}``.
    """
    items, depth = [""], 0
    for mark in text:
        depth += {"{": 1, "}": -1}.get(mark, 0)
        if mark in ", \t\r\n" and depth <= 0:
            items.append("")
        else:
            items[-1] += mark
    return [item for item in items if item]


def without_proxy(item: str) -> str:
    """Return a table without ``proxy:``, which changes nothing of what it says."""
    return item.removeprefix(_PROXY)


def members(item: str) -> Iterator[str]:
    """Yield the tables that a unionmap asks, or the table itself, all without ``proxy:``.

    Args:
        item: A table as main.cf names it.
    """
    item = without_proxy(item)
    inner = item.removeprefix(_UNION).strip()
    if item.startswith(_UNION) and inner.startswith("{") and inner.endswith("}"):
        for each in split_list(inner[1:-1]):
            yield from members(each)
    else:
        yield item


def is_file(place: str) -> bool:
    """Tell whether what stands behind the type of a table is a file of parameters."""
    return place.startswith(("/", "."))


def table_parameters(place: str, main_cf: MainCf) -> Callable[[str], str | None]:
    """Return what says the parameters of a table, and None of those that are not set.

    Args:
        place: ``/PATH`` of a file of its own, or ``NAME`` for parameters ``NAME_...`` of main.cf.
            References with ``$`` count in main.cf only (measured).
        main_cf: The main.cf that names the table.

    Raises:
        BackendMisconfigured: The file cannot be read.
    """
    if is_file(place):
        return read_parameters(Path(place)).get
    return lambda key: main_cf.value(f"{place}_{key}") if f"{place}_{key}" in main_cf.parameters else None
