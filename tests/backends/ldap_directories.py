"""Directories like those of real sites, with what must become of every address in them.

A file of directories/ holds entries in a short form of LDIF, and addresses with ``+`` (listed) or
``-`` (not listed), each with the reason. Every file becomes a branch of one directory. The schema
has the attributes' names of the real ones and takes any combination of them.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from servers.slapd import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

DIRECTORIES: Final = Path(__file__).with_name("directories")

_TEXT: Final = (
    "EQUALITY caseIgnoreMatch SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15"
)
_DN: Final = "EQUALITY distinguishedNameMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.12"
_STRUCTURAL: Final = frozenset({"nisMailAlias", "person", "posixGroup"})


def make_schema() -> str:
    """Define every attribute and class, as slapd.conf takes them."""
    text = (DIRECTORIES / "schema").read_text(encoding="utf-8")
    texts, names, classes = (block.split() for block in text.split("\n\n")[1:])
    lines = [f"attributetype ( 1.1.1.{n} NAME '{name}' {_TEXT} )" for n, name in enumerate(texts)]
    lines += [f"attributetype ( 1.1.2.{n} NAME '{name}' {_DN} )" for n, name in enumerate(names)]
    may = " $ ".join([*texts, *names, "mail", "member", "uniqueMember"])
    lines += [
        f"objectclass ( 1.1.3.{n} NAME '{name}' SUP top AUXILIARY MAY ( {may} ) )"
        for n, name in enumerate(classes)
    ]
    return "\n".join(lines) + "\n"


@attrs.frozen
class Directory:
    """One branch of the directory.

    Args:
        name: Its name, which is that of the preset.
        ldif: Its entries.
        expected: Address to whether it is listed.
    """

    name: str
    ldif: str
    expected: dict[str, bool]

    @property
    def base(self) -> str:
        """The DN of the branch."""
        return f"ou={self.name},{SUFFIX}"

    @property
    def listed(self) -> set[str]:
        """The addresses that must be listed."""
        return {address for address, listed in self.expected.items() if listed}


def read_directory(name: str) -> Directory:
    """Read one of the files."""
    base = f"ou={name},{SUFFIX}"
    text = (DIRECTORIES / f"{name}.txt").read_text(encoding="utf-8")
    text = re.sub(r"\{dn:(.*?)\}", lambda found: f"cn={found[1]},{base}", text)
    ldif = [_branch(name)]
    expected = {}
    for block in re.split(r"\n{2,}", text):
        kind = block.split(" ", 1)[0]
        if kind in "+-":
            for line in block.strip().splitlines():
                sign, address, _ = line.split(maxsplit=2)
                expected[address] = sign == "+"
        elif kind == "entry":
            ldif.append(_entry(block, base))
        elif kind == "chain":
            ldif += _chain(block, base)
    return Directory(name, "\n".join(ldif) + "\n", expected)


def make_branches() -> str:
    """Make the branches without any entries."""
    return "".join(f"{_branch(path.stem)}\n" for path in sorted(DIRECTORIES.glob("*.txt")))


def _branch(name: str) -> str:
    return f"dn: ou={name},{SUFFIX}\nobjectClass: organizationalUnit\nou: {name}\n"


def _chain(block: str, base: str) -> Iterator[str]:
    """Repeat an entry, each of which leads to the next."""
    first, _, rest = block.partition("\n")
    _, length, classes = first.split(" ", 2)
    for number in range(1, int(length) + 1):
        numbered = rest.replace("{n}", str(number)).replace("{next}", str(number + 1))
        yield _entry(f"entry chain{number} {classes}\n{numbered}", base)


def _entry(block: str, base: str) -> str:
    first, *lines = block.strip().splitlines()
    _, name, *classes = first.split()
    structural = [] if _STRUCTURAL & set(classes) else ["device"]
    head = [f"dn: cn={name},{base}", *(f"objectClass: {each}" for each in (*structural, *classes))]
    return "\n".join([*map(_written, [*head, f"cn: {name}", *lines]), ""])


def _written(line: str) -> str:
    """Write a line of LDIF; what is not ASCII goes in base64."""
    attribute, _, value = line.partition(": ")
    if value.isascii():
        return line
    return f"{attribute}:: {base64.b64encode(value.encode()).decode()}"
