"""Read what a search finds, page by page, whole or not at all.

Every page must end with success; a size limit in the middle is otherwise an early end without a
word. The control for pages is critical, and its cookie dies with the connection: what was begun on
one connection ends there. Whatever the server points to elsewhere is an error, or left out where
the options say so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs

from forwardresolve.sdk import BackendIncomplete
from forwardresolve_backends._ldap_errors import INVALID_DN, NO_SUCH_OBJECT, REFERRAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from forwardresolve_backends._ldap_connection import Link
    from forwardresolve_backends._ldap_rules import Scope

Referrals = Literal["error", "ignore"]

_SCOPES: Final[Mapping[str, str]] = {"sub": "SUBTREE", "one": "LEVEL", "base": "BASE"}
_PAGED: Final = "1.2.840.113556.1.4.319"
_RANGE: Final = re.compile(r"(?P<name>[^;]+);range=(?P<first>\d+)-(?P<last>\d+|\*)\Z", re.IGNORECASE).match
_ANY: Final = "(objectClass=*)"


@attrs.frozen
class Search:
    """What is asked.

    Args:
        base: The DN it starts at.
        scope: How deep it goes.
        filter: Which entries it finds.
        attributes: What it wants of them.
        subject: How messages call it.
    """

    base: str
    scope: Scope
    filter: str
    attributes: tuple[str, ...]
    subject: str


@attrs.frozen
class Entry:
    """An entry as it came.

    Args:
        dn: Its name.
        attributes: Attribute, folded and without options, to its values.
    """

    dn: str
    attributes: Mapping[str, Sequence[bytes]]


@attrs.define
class Reader:
    """Reads entries over one connection.

    Args:
        link: The connection.
        page_size: Entries of a page.
        referrals: What happens where the server points elsewhere.
    """

    link: Link
    page_size: int = 500
    referrals: Referrals = "error"

    def entries(self, search: Search) -> Iterator[Entry]:
        """Yield what a search finds, to its last entry.

        Raises:
            BackendIncomplete: The server breaks off, or points elsewhere.
            BackendUnavailable: It stops answering.
            BackendMisconfigured: It refuses the search.
        """
        cookie: bytes | None = None
        while True:
            result, items = self.link.ask(
                search.subject,
                search_base=search.base,
                search_filter=search.filter,
                search_scope=_SCOPES[search.scope],
                attributes=list(search.attributes),
                paged_size=self.page_size,
                paged_criticality=True,
                paged_cookie=cookie,
            )
            if result["result"]:
                raise self.link.refusal(result, search.subject)
            for item in items:
                if item["type"] == "searchResEntry":
                    yield self._entry(item)
                elif self.referrals == "error":
                    raise self._elsewhere(item, search)
            items.clear()  # the next page comes before this one would be forgotten
            cookie = self._cookie(result, search)
            if not cookie:
                return
            if self.link.deadline.is_over:
                raise self.link.overdue(search.subject)

    def entry(self, dn: str, attributes: Sequence[str], filter_: str = _ANY) -> Entry | None:
        """Return one entry by its name; None where there is none, or none that may be seen.

        One that lies on another server is none, where the options say that such are ignored.

        Raises:
            BackendError: As in `entries`.
        """
        subject = f"entry {dn or 'at the root'}"
        result, items = self.link.ask(
            subject,
            search_base=dn,
            search_filter=filter_,
            search_scope="BASE",
            attributes=list(attributes),
        )
        is_elsewhere = result["result"] == REFERRAL and self.referrals == "ignore"
        if is_elsewhere or result["result"] in (NO_SUCH_OBJECT, INVALID_DN):
            return None
        if result["result"]:
            raise self.link.refusal(result, subject)
        return next((self._entry(each) for each in items if each["type"] == "searchResEntry"), None)

    def _entry(self, item: Mapping[str, Any]) -> Entry:
        attributes: dict[str, list[bytes]] = {}
        for name, values in item["raw_attributes"].items():
            found = _RANGE(name) if ";" in name else None
            if found is not None:
                values = self._all_values(item["dn"], found["name"], found["last"], values)  # noqa: PLW2901 (the rest of them)
            bare = name.partition(";")[0].casefold()
            if bare in attributes:
                attributes[bare] += values
            else:
                attributes[bare] = values
        return Entry(item["dn"], attributes)

    def _all_values(self, dn: str, name: str, last: str, values: Sequence[bytes]) -> list[bytes]:
        """Fetch the values that Active Directory keeps back: it gives 1,500 at a time."""
        gathered = list(values)
        while last != "*":
            first = int(last) + 1
            wanted = f"{name};range={first}-*"
            subject = f"entry {dn}, {wanted}"
            result, items = self.link.ask(
                subject, search_base=dn, search_filter=_ANY, search_scope="BASE", attributes=[wanted]
            )
            if result["result"]:
                raise self.link.refusal(result, subject)
            ranges = [
                (found, more)
                for item in items
                for given, more in item.get("raw_attributes", {}).items()
                if (found := _RANGE(given)) is not None and int(found["first"]) == first
            ]
            if not ranges:
                msg = f"{self.link.address.name}, {subject}: gives none, although there are more; run again"
                raise BackendIncomplete(msg)
            found, more = ranges[0]
            gathered += more
            last = found["last"]
        return gathered

    def _cookie(self, result: Mapping[str, Any], search: Search) -> bytes | None:
        control = (result.get("controls") or {}).get(_PAGED)
        if control is None:
            msg = (
                f"{self.link.address.name}, {search.subject}: answers without the control for pages, so "
                "nobody knows whether this was all; switch paged results on (RFC 2696)"
            )
            raise BackendIncomplete(msg)
        cookie: bytes | None = control["value"]["cookie"]
        return cookie

    def _elsewhere(self, item: Mapping[str, Any], search: Search) -> BackendIncomplete:
        uris = " ".join(map(str, item.get("uri") or ()))
        msg = (
            f"{self.link.address.name}, {search.subject}: a part lies on another server ({uris}); read that "
            'as a source of its own and set referrals = "ignore", or change base'
        )
        return BackendIncomplete(msg)
