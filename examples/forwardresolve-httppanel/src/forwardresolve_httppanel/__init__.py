"""Reads a panel that answers over HTTP with pages of JSON."""

from __future__ import annotations

import json
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

import attrs

from forwardresolve.sdk import (
    BackendDataError,
    BackendIncomplete,
    BackendMisconfigured,
    BackendUnavailable,
    Domain,
    Forward,
    Mailbox,
    Origin,
    Record,
    Secret,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_OURS = (300, 500)
"""Statuses from here to there are for whoever wrote the options: a redirect, a refusal, a wrong path."""


def _protected(_: object, field: attrs.Attribute[str], url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        msg = "must begin with https://, or the token could be read on its way"
        raise ValueError(msg, field)


@attrs.frozen(kw_only=True)
class HttpPanel:
    """Reads the panel.

    Args:
        url: Where its interface begins.
        token: What it asks for.
        page_size: Rows a page.
        timeout: Seconds that it may take for a page.
    """

    url: str = attrs.field(validator=_protected)
    token: Secret
    page_size: int = 500
    timeout: float = 30.0

    def records(self) -> Iterator[Record]:
        """Read everything, page after page."""
        yield from self._read("domains", _domain)
        yield from self._read("mailboxes", _mailbox)
        yield from self._read("forwards", _forward)

    def _read(self, kind: str, make: Callable[[dict[str, Any], Origin], Record]) -> Iterator[Record]:
        origin, after = Origin(kind), ""
        while after is not None:
            page = self._page(kind, after)
            try:
                rows, after = page["rows"], page["next"]
            except (KeyError, TypeError) as error:
                msg = f"{self.url}/{kind}: a page without rows or next; is this the panel?"
                raise BackendIncomplete(msg) from error
            for row in rows:
                try:
                    record = make(row, origin)
                except (KeyError, TypeError) as error:
                    msg = f"{self.url}/{kind}: a row without {error}; is this the panel?"
                    raise BackendDataError(msg) from error
                yield record

    def _page(self, kind: str, after: str) -> Any:  # noqa: ANN401 (whatever the panel answers)
        query = urlencode({"after": after, "limit": self.page_size})
        request = Request(f"{self.url}/{kind}?{query}")  # noqa: S310 (the validator sees to it)
        request.add_unredirected_header("Authorization", f"Bearer {self.token.reveal()}")
        try:
            with build_opener(_NoRedirect).open(request, timeout=self.timeout) as answer:
                return json.load(answer)
        except HTTPError as error:
            with error:
                kind_of_error = BackendMisconfigured if error.code in range(*_OURS) else BackendUnavailable
                msg = f"{self.url}/{kind}: {error.code} {error.reason}; check url and token"
                raise kind_of_error(msg) from error
        except (OSError, HTTPException) as error:
            msg = f"{self.url}/{kind}: {error or type(error).__name__}; check that the panel runs"
            raise BackendUnavailable(msg) from error
        except ValueError as error:
            msg = f"{self.url}/{kind}: the answer is no JSON; is this the panel?"
            raise BackendDataError(msg) from error


def _domain(row: dict[str, Any], origin: Origin) -> Domain:
    return Domain(row["name"], "mailbox" if row["active"] else "suspended", origin)


def _mailbox(row: dict[str, Any], origin: Origin) -> Mailbox:
    return Mailbox(row["address"], origin=origin)


def _forward(row: dict[str, Any], origin: Origin) -> Forward:
    return Forward(row["source"], row["destinations"], origin=origin)


class _NoRedirect(HTTPRedirectHandler):
    """Takes a redirect for the refusal that it is: nobody else shall get the token."""

    def redirect_request(self, *_: object) -> None:
        """Follow nowhere."""
