"""Ask a running Rspamd, over its HTTP interface, what it would do with a message; change nothing there.

Each request carries its own thresholds in the header ``Settings``, so that a harmless message counts
as spam, and runs the symbols alone that decide. ``Flags`` keep it out of statistics and history;
exporters, which run in spite of that, are switched off by name (measured on 3.4 and 4.1). No mail
is sent.
"""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import attrs

from forwardresolve.errors import TargetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

QUEUE_ID: Final = "forwardresolve-verify"
"""The queue id that the requests carry; logs of Rspamd show it."""

_SECONDS: Final = 20.0
_LARGEST: Final = 1_000_000_000
_MESSAGE: Final = b"""\
From: <verify@forwardresolve.invalid>\r
To: undisclosed-recipients:;\r
Subject: forwardresolve verify\r
Date: Thu, 01 Jan 2026 00:00:00 +0000\r
Message-ID: <verify@forwardresolve.invalid>\r
MIME-Version: 1.0\r
Content-Type: text/plain; charset=us-ascii\r
\r
Nothing but a question to Rspamd; nobody gets this.\r
"""

_THRESHOLDS: Final = {"greylist": -200, "add header": 900, "rewrite subject": 900, "reject": 1000}

_REWRITING: Final = ("EMAIL_PLUS_ALIASES", "ALIASES_CHECK")
"""What rewrites recipients, and so is part of the answer."""

_SIDE_EFFECTS: Final = (
    "CLICKHOUSE_COLLECT",
    "ELASTIC_COLLECT",
    "EXPORT_AWS_S3",
    "GREYLIST_CHECK",
    "GREYLIST_SAVE",
    "HISTORY_SAVE",
    "NEURAL_FORCED_LEARN_CHECK",
    "NEURAL_LEARN",
    "RATELIMIT_CHECK",
    "RATELIMIT_UPDATE",
    "REPLIES_CHECK",
    "REPLIES_SET",
)
"""Symbols that write somewhere; most run even where a request names others (explicit_disable)."""


@attrs.frozen
class Reply:
    """What Rspamd would do.

    Args:
        action: The action: ``reject``, ``add header``, ...
        message: The text behind the 5xx code, if any.
        symbols: The names of the symbols that were set.
        dropped: The recipients that the mail server would be told to take off.
    """

    action: str
    message: str
    symbols: frozenset[str]
    dropped: tuple[str, ...]


@attrs.frozen
class _Answer:
    """What a server says: the code, its version, the body."""

    status: int
    server: str
    body: bytes


_UNKNOWN: Final = frozenset({http.client.NOT_FOUND, http.client.INTERNAL_SERVER_ERROR})
"""How a server says that it does not know a path; a scanning worker says 500 (measured)."""


@attrs.frozen
class Door:
    """Where a Rspamd listens: a scanning worker or the controller.

    Args:
        url: ``http://host:port``; 11333 is the scanning worker, 11334 the controller.
        password: The password of the controller, where it wants one.
        exporters: Further symbols that write somewhere and are not to run, such as
            ``EXPORT_METADATA_...``; their names are the admin's.
    """

    url: str
    password: str = attrs.field(default="", repr=False)
    exporters: tuple[str, ...] = ()

    def version(self) -> str:
        """Return the version, as the server names itself; empty where it does not.

        Raises:
            TargetError: Nobody answers, or not as Rspamd does.
        """
        return self._ask("GET", "/ping", {}, b"").server

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> bytes | None:
        """Read what a controller has at a path.

        Args:
            path: The path, such as ``/maps``.
            headers: What else it wants to know.

        Returns:
            The body; None where this server knows no such path, as a scanning worker knows none.

        Raises:
            TargetError: Nobody answers, or a password is wanted.
        """
        answer = self._ask("GET", path, headers or {}, b"", unknown=_UNKNOWN)
        return None if answer.status in _UNKNOWN else answer.body

    def scan(self, recipients: Iterable[str], symbols: Iterable[str], *, action: str = "add header") -> Reply:
        """Ask about one message.

        Args:
            recipients: The envelope recipients.
            symbols: The symbols that are to run, beside those that rewrite recipients.
            action: What the message counts as before our rule looks at it.

        Raises:
            TargetError: Nobody answers, or not as Rspamd does.
        """
        settings = {
            "actions": {**_THRESHOLDS, action: -100},
            "symbols_enabled": [*symbols, *_REWRITING],
            "symbols_disabled": [*_SIDE_EFFECTS, *self.exporters],
        }
        headers: dict[str, str | list[str]] = {
            "Settings": json.dumps(settings),
            "Flags": "no_log,no_stat,pass_all",
            "Log": "no",
            "From": "verify@forwardresolve.invalid",
            "Queue-Id": QUEUE_ID,
            "Rcpt": list(recipients),
        }
        body = self._ask("POST", "/checkv2", headers, _MESSAGE).body
        try:
            reply = json.loads(body)
            return Reply(
                reply["action"],
                reply.get("messages", {}).get("smtp_message", ""),
                frozenset(reply["symbols"]),
                tuple(reply.get("milter", {}).get("del_rcpt", ())),
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            msg = f"{self.url}: does not answer as Rspamd does; is it the port of a scanning worker?"
            raise TargetError(msg) from None

    def _ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str | list[str]],
        body: bytes,
        *,
        unknown: frozenset[int] = frozenset(),
    ) -> _Answer:
        """Send one request; ``unknown`` are the further codes that are an answer."""
        parts = urlsplit(self.url)
        kinds: dict[str, Any] = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        try:
            connection = kinds[parts.scheme](parts.hostname, parts.port, timeout=_SECONDS)
        except (KeyError, ValueError):
            msg = f"{self.url}: is no URL of a Rspamd, such as http://127.0.0.1:11333"
            raise TargetError(msg) from None
        try:
            connection.putrequest(method, path)
            for name, values in headers.items():
                for value in [values] if isinstance(values, str) else values:
                    connection.putheader(name, value.encode())
            if self.password:
                connection.putheader("Password", self.password.encode())
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            content = response.read(_LARGEST)
        except (OSError, http.client.HTTPException) as error:
            msg = f"{self.url}: cannot be asked: {error or type(error).__name__}"
            raise TargetError(msg) from error
        finally:
            connection.close()
        if response.status in {401, 403}:
            msg = f"{self.url}: wants a password; name a file that holds it with --password-file"
            raise TargetError(msg)
        if response.status != http.client.OK and response.status not in unknown:
            msg = f"{self.url}: answers {response.status} {response.reason}"
            raise TargetError(msg)
        return _Answer(response.status, response.headers.get("Server", "").removeprefix("rspamd/"), content)
