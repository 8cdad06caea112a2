"""The names of entries: two that mean the same are one text here.

A directory keeps a DN inside a value as somebody typed it: upper case, blanks, another spelling of
an escape (RFC 4514).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_PART: Final = re.compile(r'"(?:\\.|[^"\\])*"|\\.|[^\\,;+"]+|[,;+"\\]', re.DOTALL).findall
_HEXADECIMAL: Final = re.compile(r"(?:\\[0-9A-Fa-f]{2})+")
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_BLANKS: Final = re.compile(r"\s+")
_ALIASES: Final = {
    "commonname": "cn",
    "userid": "uid",
    "organizationname": "o",
    "organizationalunitname": "ou",
    "domaincomponent": "dc",
    "countryname": "c",
    "localityname": "l",
    "stateorprovincename": "st",
    "surname": "sn",
}


@lru_cache(maxsize=4096)
def normalise_dn(dn: str) -> str:
    """Return the one spelling of a DN; whatever is none comes back folded.

    Args:
        dn: The DN as a value or a server has it.
    """
    rdns: list[list[str]] = [[""]]
    for part in _PART(_HEXADECIMAL.sub(_from_hexadecimal, dn)):
        if part in (",", ";"):
            rdns.append([""])
        elif part == "+":
            rdns[-1].append("")
        else:
            rdns[-1][-1] += part
    return ",".join("+".join(sorted(map(_assertion, rdn))) for rdn in rdns) if dn.strip() else ""


def is_below(dn: str, base: str) -> bool:
    """Tell whether a normalised DN is another, or lies below it."""
    return not base or dn == base or dn.endswith(f",{base}")


def _assertion(text: str) -> str:
    name, separator, value = text.partition("=")
    kind = name.strip().casefold()
    value = _trimmed(value)
    if value[:1] == '"' == value[-1:] and len(value) > 1:
        value = value[1:-1]
    plain = _BLANKS.sub(" ", _ESCAPED.sub(r"\1", value)).casefold()
    written = "".join(f"\\{each}" if each in ',;+"\\=' else each for each in plain)
    return f"{_ALIASES.get(kind, kind)}{separator}{written}"


def _trimmed(value: str) -> str:
    """Cut blanks off that are not escaped."""
    trimmed = value.strip()
    return f"{trimmed} " if trimmed.endswith("\\") and not trimmed.endswith("\\\\") else trimmed


def _from_hexadecimal(found: re.Match[str]) -> str:
    text = bytes.fromhex(found[0].replace("\\", "")).decode(errors="replace")
    return "".join(f"\\{each}" for each in text)
