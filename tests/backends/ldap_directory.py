"""A directory with a schema of our own, whose values take any text, and the rules that read it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from forwardresolve.sdk import Secret
from forwardresolve_backends._ldap_spool import Spool
from forwardresolve_backends.ldap import Ldap, Rule
from servers.slapd import READER, READER_PASSWORD, SUFFIX, Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pytest

    from servers.slapd import Slapd

SCHEMA: Final = "".join(
    f"attributetype ( 1.1.2.1.{number} NAME '{name}' EQUALITY caseIgnoreMatch "
    "SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )\n"
    for number, name in enumerate(
        ("addr", "goesTo", "onOff", "hostedName", "twinName", "program", "finds"), 1
    )
) + (
    "attributetype ( 1.1.2.1.20 NAME 'hasMember' SUP distinguishedName )\n"
    "attributetype ( 1.1.2.1.21 NAME ( 'binaryText' 'rawText' ) SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 )\n"
    "objectclass ( 1.1.2.2.1 NAME 'mailThing' SUP top STRUCTURAL MUST cn MAY ( addr $ goesTo $ onOff $ "
    "hostedName $ twinName $ program $ finds $ hasMember $ binaryText $ labeledURI ) )\n"
    "objectclass ( 1.1.2.2.2 NAME 'mailPerson' SUP mailThing STRUCTURAL )\n"
)
SETTINGS: Final = Settings(schema=SCHEMA)

FORWARDS: Final = Rule(filter="(&(objectClass=mailThing)(!(onOff=off)))", keys=("addr",), values=("goesTo",))


def entry(name: str, *, kind: str = "mailThing", **values: str | bytes | Iterable[str]) -> str:
    """Write an entry as LDIF; whatever it holds stands there to the letter."""
    return "".join(_lines(name, kind, values)) + "\n"


def dn_of(name: str) -> str:
    """Return the DN of an entry."""
    return f"cn={name},{SUFFIX}"


def backend_of(slapd: Slapd, *rules: Rule, **options: Any) -> Ldap:  # noqa: ANN401 (options of the backend)
    """Return a backend that reads a private slapd; by default over its socket, with a password."""
    given: dict[str, Any] = {
        "url": slapd.ipc,
        "base": SUFFIX,
        "bind_dn": READER,
        "bind_password": Secret(READER_PASSWORD),
        "rules": rules or (FORWARDS,),
        "connect_timeout": 10,
        "receive_timeout": 10,
    }
    return Ldap(**{**given, **options})


def at(
    moment: int, action: Callable[[], None], monkeypatch: pytest.MonkeyPatch, *, again: bool = False
) -> None:
    """Do something when a read has found so many entries; in each read, or in the first one only."""
    add = Spool.add
    counts: dict[int, int] = {}

    def counting(self: Spool, found: Any) -> None:  # noqa: ANN401 (of a spool)
        first = next(iter(counts), id(self))
        counts[id(self)] = counts.get(id(self), 0) + 1
        if counts[id(self)] == moment and (again or id(self) == first):
            action()
        add(self, found)

    monkeypatch.setattr(Spool, "add", counting)


def _lines(name: str, kind: str, values: dict[str, Any]) -> Iterator[str]:
    yield f"dn: {dn_of(name)}\nobjectClass: {kind}\ncn: {name}\n"
    for attribute, given in values.items():
        for value in (given,) if isinstance(given, str | bytes) else given:
            raw = value if isinstance(value, bytes) else value.encode()
            yield f"{attribute}:: {base64.b64encode(raw).decode()}\n"


ENTRIES: Final = 20
PAGE: Final = 5
TWENTY: Final = "".join(
    entry(f"e{number}", addr=f"u{number}@a.example", goesTo=f"u{number}@b.example")
    for number in range(ENTRIES)
)
WHOLE: Final = {(f"u{number}@a.example", (f"u{number}@b.example",)) for number in range(ENTRIES)}
