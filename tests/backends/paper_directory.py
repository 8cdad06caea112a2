"""A directory on paper: it takes the place of a connection of ldap3 and answers as a server would.

It pages, knows a schema and a state, and fails when it is told to. What real servers do is tested
on real ones; here every odd answer can be given.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import attrs

from forwardresolve_backends._ldap_connection import Access, Deadline, Link
from forwardresolve_backends._ldap_dns import is_below, normalise_dn
from forwardresolve_backends._ldap_filters import matches, parse_filter
from forwardresolve_backends._ldap_pages import Reader
from forwardresolve_backends._ldap_url import Address
from forwardresolve_backends.ldap import Ldap

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pytest

BASE: Final = "dc=x"
PAGED: Final = "1.2.840.113556.1.4.319"
ROOT: Final = {
    "namingContexts": [BASE],
    "subschemaSubentry": ["cn=schema"],
    "structuralObjectClass": ["OpenLDAProotDSE"],
}
NAMES: Final = (
    "cn",
    "mail",
    "alias",
    "goesTo",
    "member",
    "finds",
    "url",
    "program",
    "status",
    "objectClass",
    "contextCSN",
)
SCHEMA: Final = {
    "objectClass": ["subschema"],
    "attributeTypes": [
        *(f"( 1.2.{number} NAME '{name}' SYNTAX 1.2.3 )" for number, name in enumerate(NAMES)),
        "( 1.3.1 NAME ( 'uid' 'userid' ) DESC 'of somebody' )",
        "( 1.3.2 DESC 'without a name' )",
        "what is this",
    ],
    "objectClasses": ["( 1.4.1 NAME 'person' SUP top )"],
}


@attrs.define
class PaperConnection:
    """What of ``ldap3.Connection`` the backend uses.

    Attributes:
        entries: DN to attribute to values.
        interfere: Is asked before every search; what it returns is the result.
        bind_code: The result of the login.
        searches: What was asked.
    """

    entries: dict[str, dict[str, list[bytes]]]
    interfere: Any = None
    bind_code: int = 0
    who: Any = "dn:cn=reader"
    searches: list[Mapping[str, Any]] = attrs.field(factory=list)
    result: Any = None
    response: Any = None
    socket: Any = None
    is_closed: bool = False

    @property
    def extend(self) -> Any:  # noqa: ANN401 (as ldap3 has it)
        def who_am_i() -> Any:  # noqa: ANN401 (as ldap3 has it)
            if isinstance(self.who, Exception):
                raise self.who
            return self.who

        return SimpleNamespace(standard=SimpleNamespace(who_am_i=who_am_i))

    def open(self, *, read_server_info: bool) -> None:
        assert not read_server_info

    def bind(self, *, read_server_info: bool) -> None:
        assert not read_server_info
        self.result = result(self.bind_code)

    def unbind(self) -> None:
        self.is_closed = True

    def search(self, **asked: Any) -> None:  # noqa: ANN401 (as ldap3 has it)
        self.searches.append(asked)
        assert asked["dereference_aliases"] == "NEVER"
        self.response = []
        done = self.interfere(self, asked) if self.interfere is not None else None
        self.result = done or self._searched(**asked)

    def _searched(
        self,
        search_base: str,
        search_filter: str,
        search_scope: str,
        attributes: Sequence[str],
        **paging: Any,  # noqa: ANN401 (as ldap3 has it)
    ) -> Mapping[str, Any]:
        found = [
            item
            for dn, held in self.entries.items()
            if _lies(dn, search_base, search_scope) and _passes(search_filter, held)
            for item in [item_of(dn, _chosen(held, attributes))]
        ]
        if search_scope == "BASE" and normalise_dn(search_base) not in map(normalise_dn, self.entries):
            return result(32)
        size = paging.get("paged_size")
        if size is None:
            self.response = found
            return result(0)
        assert paging["paged_criticality"]
        begin = int(paging["paged_cookie"] or 0)
        self.response = found[begin : begin + size]
        more = str(begin + size).encode() if begin + size < len(found) else b""
        return result(0, cookie=more)


def result(code: int, *, cookie: bytes | None = None, **more: Any) -> dict[str, Any]:  # noqa: ANN401 (as ldap3 has it)
    """Make a result as ldap3 gives it."""
    controls = None if cookie is None else {PAGED: {"value": {"cookie": cookie}}}
    return {"result": code, "description": f"code {code}", "message": "", "controls": controls, **more}


def item_of(dn: str, held: Mapping[str, Sequence[bytes]]) -> dict[str, Any]:
    """Make an entry as ldap3 gives it."""
    attributes = {name: list(values) for name, values in held.items()}
    return {"type": "searchResEntry", "dn": dn, "raw_attributes": attributes}


def paper(**entries: Mapping[str, str | bytes | Sequence[str | bytes]]) -> PaperConnection:
    """Make a directory whose entries lie below the base, with a root, a schema and a state.

    Args:
        entries: ``cn`` to attribute to values.
    """
    held: dict[str, Mapping[str, Any]] = {
        "": ROOT,
        "cn=schema": SCHEMA,
        BASE: {"contextCSN": ["20260101000000.000000Z#000000#000#000000"]},
        **{f"cn={name},{BASE}": {"objectClass": "person", **values} for name, values in entries.items()},
    }
    return PaperConnection(
        {dn: {name: _raw(value) for name, value in each.items()} for dn, each in held.items()}
    )


def link_to(connection: Any, **options: Any) -> Link:  # noqa: ANN401 (any connection)
    """Make a link over a connection."""
    address = Address("ldap://paper", "paper", 389, "none")
    deadline = options.pop("deadline", None) or Deadline.in_seconds(60)
    return Link(address, deadline, Access(**options), None, connection)


def reader_of(connection: PaperConnection, **options: Any) -> Reader:  # noqa: ANN401 (options of a reader)
    """Make a reader over a directory on paper."""
    return Reader(link_to(connection), **options)


def ldap_over(
    monkeypatch: pytest.MonkeyPatch,
    *connections: PaperConnection,
    **options: Any,  # noqa: ANN401 (options of the backend)
) -> Ldap:
    """Make a backend whose servers are directories on paper, one after the other."""
    waiting: Iterator[PaperConnection] = iter(connections)
    monkeypatch.setattr("forwardresolve_backends._ldap_connection.new_connection", lambda *_: next(waiting))
    urls = [f"ldapi://{number}" for number in range(len(connections))]
    return Ldap(**{"url": urls, "base": BASE, **options})


def _raw(value: str | bytes | Sequence[str | bytes]) -> list[bytes]:
    values = [value] if isinstance(value, str | bytes) else value
    return [each if isinstance(each, bytes) else each.encode() for each in values]


def _lies(dn: str, base: str, scope: str) -> bool:
    if scope == "BASE":
        return normalise_dn(dn) == normalise_dn(base)
    below = is_below(normalise_dn(dn), normalise_dn(base))
    return below and (scope == "SUBTREE" or dn.partition(",")[2] == base)


def _passes(text: str, held: Mapping[str, Sequence[bytes]]) -> bool:
    folded = {name.partition(";")[0].casefold(): values for name, values in held.items()}

    def values(name: str) -> list[str]:
        return [value.decode(errors="replace") for value in folded.get(name.casefold(), ())]

    return text == "(objectClass=*)" or matches(parse_filter(text), values, {})


def _chosen(held: Mapping[str, Sequence[bytes]], names: Sequence[str]) -> dict[str, Sequence[bytes]]:
    wanted = {name.casefold() for name in names}
    return {name: values for name, values in held.items() if name.partition(";")[0].casefold() in wanted}
