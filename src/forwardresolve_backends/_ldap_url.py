"""Where a directory is reached: the urls of its servers, and whether what is said there is secret."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import unquote, urlsplit

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TlsMode = Literal["ldaps", "starttls", "none"]

_DEFAULT_TLS: Final[Mapping[str, TlsMode]] = {"ldaps": "ldaps", "ldap": "starttls", "ldapi": "none"}
_DEFAULT_PORT: Final = {"ldaps": 636, "ldap": 389}
_DEFAULT_SOCKET: Final = "/var/run/slapd/ldapi"


@attrs.frozen
class Address:
    """One server.

    Args:
        name: The url, as messages show it.
        host: The host; of ``ldapi`` the path of the socket.
        port: The port; 0 for a socket.
        tls: How the connection is protected.
    """

    name: str
    host: str
    port: int
    tls: TlsMode

    @property
    def is_socket(self) -> bool:
        """Tell whether it is a socket of this machine."""
        return not self.port

    @property
    def stays_here(self) -> bool:
        """Tell whether what is said to it never leaves this machine."""
        if self.is_socket or self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_urls(urls: str | Sequence[str], tls: TlsMode | None) -> tuple[Address, ...]:
    """Read the urls of the servers that all have the same directory.

    Args:
        urls: One or more of ``ldaps://HOST:PORT``, ``ldap://HOST:PORT`` and ``ldapi://%2FPATH``.
        tls: How the connections are protected; None: as the urls begin, StartTLS for ``ldap``.

    Raises:
        ValueError: One of them is none, or cannot be protected so.
    """
    given = (urls,) if isinstance(urls, str) else urls
    if not given:
        msg = "must name at least one server, such as ldaps://ldap.example.net"
        raise ValueError(msg)
    return tuple(_parse(url, tls) for url in given)


def _parse(url: str, tls: TlsMode | None) -> Address:
    scheme, separator, rest = url.strip().partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in _DEFAULT_TLS or "@" in rest:
        msg = "must be ldaps://HOST, ldap://HOST or ldapi://%2Fpath%2Fto%2Fsocket, without a user"
        raise ValueError(msg)
    mode = tls or _DEFAULT_TLS[scheme]
    if scheme == "ldapi":
        if mode != "none":
            msg = f"{url}: a socket of this machine knows no TLS; leave tls out"
            raise ValueError(msg)
        path = unquote(rest).rstrip("/") or _DEFAULT_SOCKET
        return Address(url, path if path.startswith("/") else f"/{path}", 0, mode)
    if (mode == "ldaps") != (scheme == "ldaps"):
        msg = f'{url}: does not go with tls = "{mode}"'
        raise ValueError(msg)
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        port = parts.port or _DEFAULT_PORT[scheme]
    except ValueError as error:
        msg = f"{url}: its host is none, or its port is no number below 65536"
        raise ValueError(msg) from error
    if not parts.hostname or parts.path.strip("/") or parts.query:
        msg = f"{url}: must be a host and perhaps a port; what to read stands in base and rules"
        raise ValueError(msg)
    return Address(url, parts.hostname, port, mode)
