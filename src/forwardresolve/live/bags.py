"""Names by a key, in little memory where there are few and without a search where there are many."""

from __future__ import annotations

from typing import Final

Bags = dict[str, list[str] | dict[str, None]]
"""Each key, and its names, each once; a key without names is not there."""

_FEW: Final = 16
"""How many names are searched one by one."""


def settle(bags: Bags) -> None:
    """Bring bags that somebody else has filled into this form."""
    for key, names in bags.items():
        if len(names) > 1:
            once = dict.fromkeys(names)
            bags[key] = list(once) if len(once) <= _FEW else once


def put_in(bags: Bags, key: str, name: str) -> None:
    """Add a name; one that is there already changes nothing."""
    names = bags.setdefault(key, [])
    if isinstance(names, dict):
        names[name] = None
    elif name not in names:
        names.append(name)
        if len(names) > _FEW:
            bags[key] = dict.fromkeys(names)


def take_out(bags: Bags, key: str, name: str) -> None:
    """Take a name out; one that is not there changes nothing."""
    names = bags.get(key, [])
    if isinstance(names, dict):
        names.pop(name, None)
    elif name in names:
        names.remove(name)
    if not names:
        bags.pop(key, None)
