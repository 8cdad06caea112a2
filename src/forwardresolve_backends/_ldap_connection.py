"""One connection to one server of a directory: opened, protected, logged in, closed.

Python's own TLS verifies chain and name: that of ldap3 verifies nothing unless told so, and knows
no IP address in a certificate from Python 3.12 on. Referrals are never followed, because ldap3
would send the password to whatever host they name.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from pathlib import Path  # noqa: TC003 (attrs reads the annotations)
from typing import TYPE_CHECKING, Any, Final, Literal

import attrs
import ldap3
from ldap3.core.exceptions import LDAPExtensionError

from forwardresolve.sdk import BackendMisconfigured, BackendUnavailable, Secret
from forwardresolve_backends._ldap_errors import (
    fault_of_code,
    fault_of_exception,
    fault_of_refused_certificate,
    reason_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve_backends._ldap_url import Address

_SUCCESS: Final = 0


@attrs.frozen(kw_only=True)
class Access:
    """How the servers of a directory are reached, and as whom.

    Args:
        bind_dn: Who reads; empty: nobody.
        bind_password: The password.
        sasl: The mechanism that takes the place of a password.
        ca_file: The authority that the server's certificate must come from; None: the system's.
        server_name: The name in it, where it is not the host; empty: the host.
        client_certificate: Our own certificate.
        client_key: Its key.
        connect_timeout: Seconds until a server must take the connection.
        receive_timeout: Seconds until it must answer.
    """

    bind_dn: str = ""
    bind_password: Secret | None = None
    sasl: Literal["external", "gssapi"] | None = None
    ca_file: Path | None = None
    server_name: str = ""
    client_certificate: Path | None = None
    client_key: Path | None = None
    connect_timeout: int = 5
    receive_timeout: int = 30

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts that no message may hold."""
        return (self.bind_password.reveal(),) if self.bind_password and self.bind_password.reveal() else ()

    def tls_context(self) -> ssl.SSLContext:
        """Return what verifies a server.

        Raises:
            BackendMisconfigured: A file of a certificate cannot be used.
        """
        place: object = f"ca_file {self.ca_file}"
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.client_certificate is not None:
                place = f"client_certificate {self.client_certificate}"
                context.load_cert_chain(self.client_certificate, self.client_key, password=lambda: b"")
        except (OSError, ValueError) as error:
            msg = f"{place}: cannot be used ({reason_of(error)}); it must be a file in PEM format"
            raise BackendMisconfigured(msg) from error
        return context


@attrs.frozen
class Deadline:
    """When everything must be read."""

    at: float
    seconds: float

    @classmethod
    def in_seconds(cls, seconds: float) -> Deadline:
        """Return the deadline so many seconds from now."""
        return cls(time.monotonic() + seconds, seconds)

    @property
    def left(self) -> float:
        """Seconds that are left, at least 0."""
        return max(self.at - time.monotonic(), 0.0)

    @property
    def is_over(self) -> bool:
        """Tell whether there is no time left."""
        return self.left <= 0


class _VerifyingTls(ldap3.Tls):
    """TLS whose certificates Python verifies, and which remembers why it refused one."""

    def __init__(self, context: ssl.SSLContext, name: str) -> None:
        super().__init__(validate=ssl.CERT_REQUIRED)
        self._context, self._name = context, name
        self.refused: ssl.SSLCertVerificationError | None = None

    def wrap_socket(self, connection: Any, do_handshake: bool = False) -> None:  # noqa: ANN401, ARG002, FBT001, FBT002 (as ldap3 has it)
        try:
            connection.socket = self._context.wrap_socket(connection.socket, server_hostname=self._name)
        except ssl.SSLCertVerificationError as error:
            self.refused = error
            raise


@attrs.define
class Link:
    """An open connection, logged in.

    Args:
        address: The server.
        deadline: When everything must be read.
    """

    address: Address
    deadline: Deadline
    _access: Access
    _tls: _VerifyingTls | None
    _connection: Any = attrs.field(repr=False)  # ldap3 shows the password in its own

    def ask(self, subject: str, **search: Any) -> tuple[Any, list[dict[str, Any]]]:  # noqa: ANN401 (of ldap3)
        """Put one search and take all that comes.

        Args:
            subject: What is asked, for messages.
            search: As ``ldap3.Connection.search`` takes it.

        Returns:
            The result as ldap3 gives it, whatever its code, and the entries and references.

        Raises:
            BackendError: The server does not answer, or not in time.
        """
        with self._telling(subject):
            self._connection.search(dereference_aliases=ldap3.DEREF_NEVER, **search)
            return self._connection.result, self._connection.response or []

    def who_am_i(self) -> str:
        """Return who the server takes us for (RFC 4532), or nothing where it does not say."""
        with self._telling("who am I"):
            try:
                return str(self._connection.extend.standard.who_am_i() or "")
            except LDAPExtensionError:
                return ""

    def protection(self) -> str:
        """Say what protects the connection."""
        version = getattr(self._connection.socket, "version", None)
        if version is not None:
            return f"{version()}, the certificate is verified"
        return "a socket of this machine" if self.address.is_socket else "none, in plain text"

    def open(self) -> None:
        """Connect, protect the connection and log in.

        Raises:
            BackendError: The server is not there, not who it should be, or refuses.
        """
        connection, access = self._connection, self._access
        with self._telling():
            connection.open(read_server_info=False)
            if self.address.tls == "starttls":
                connection.start_tls(read_server_info=False)
        who = access.bind_dn or (f"SASL {access.sasl}" if access.sasl else "anonymous")
        with self._telling(f"login of {who}"):
            connection.bind(read_server_info=False)
            code = connection.result["result"]
        if code != _SUCCESS:
            raise self.refusal(connection.result, f"login of {who}")

    def overdue(self, subject: str) -> BackendUnavailable:
        """Return the error that stands for a deadline that is over."""
        name = f"{self.address.name}, {subject}" if subject else self.address.name
        return BackendUnavailable(
            f"{name}: did not give everything within {self.deadline.seconds:g} seconds; set timeout"
        )

    def refusal(self, result: Any, subject: str) -> Exception:  # noqa: ANN401 (of ldap3)
        """Return the error that a result which is not success stands for."""
        fault = fault_of_code(result["result"])
        said = ", ".join(filter(None, (result.get("description"), result.get("message"))))
        referrals = " ".join(result.get("referrals") or ())
        reason = reason_of(f"{said} {referrals}", self._access.secrets)
        msg = f"{self.address.name}, {subject}: {fault.says} ({reason}); {fault.advice}"
        return fault.error(msg)

    def close(self) -> None:
        """Take leave, if anybody still listens."""
        with contextlib.suppress(Exception):
            self._connection.unbind()
        if self._connection.socket is not None:  # ldap3 leaves it open where opening failed half-way
            with contextlib.suppress(OSError):
                self._connection.socket.close()

    def hang_up(self) -> None:
        """End whatever is waited for: a server that drips byte after byte never times out."""
        with contextlib.suppress(OSError, AttributeError):
            self._connection.socket.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def _telling(self, subject: str = "") -> Iterator[None]:
        """Tell whatever ldap3 raises in our own words; on garbage that is any exception at all."""
        try:
            yield
        except Exception as error:
            name = f"{self.address.name}, {subject}" if subject else self.address.name
            if self.deadline.is_over:
                raise self.overdue(subject) from error
            refused = self._tls.refused if self._tls is not None else None
            fault = fault_of_exception(error) if refused is None else fault_of_refused_certificate(refused)
            reason = reason_of(error, self._access.secrets)
            shown = "" if refused is not None else f" ({reason})"
            msg = f"{name}: {fault.says}{shown}; {fault.advice}"
            raise fault.error(msg) from error


@contextlib.contextmanager
def connected(address: Address, access: Access, deadline: Deadline) -> Iterator[Link]:
    """Open a connection and log in; it is closed at the end.

    Args:
        address: The server.
        access: How it is reached, and as whom.
        deadline: When it is cut off, whatever it does.

    Raises:
        BackendMisconfigured: It refuses the login, its certificate is refused, a file is wrong.
        BackendUnavailable: Nobody answers.
        BackendNotInstalled: Kerberos is asked for and its package is missing.
    """
    tls = None
    if address.tls != "none":
        tls = _VerifyingTls(access.tls_context(), access.server_name or address.host)
    link = Link(address, deadline, access, tls, new_connection(address, access, tls))
    watch = threading.Timer(deadline.left, link.hang_up)
    watch.daemon = True
    watch.start()
    try:
        link.open()
        yield link
    finally:
        watch.cancel()
        link.close()
        watch.join()


def new_connection(address: Address, access: Access, tls: ldap3.Tls | None) -> Any:  # noqa: ANN401 (of ldap3)
    """Return a connection of ldap3 that is not open yet.

    Args:
        address: The server.
        access: How it is reached, and as whom.
        tls: What protects it.
    """
    login: dict[str, Any] = {"authentication": ldap3.ANONYMOUS}
    if access.sasl is not None:
        mechanism = {"external": ldap3.EXTERNAL, "gssapi": ldap3.KERBEROS}[access.sasl]
        login = {"authentication": ldap3.SASL, "sasl_mechanism": mechanism}
        if access.sasl == "external":
            login["sasl_credentials"] = ""  # without any, a server asks for them and waits
    elif access.bind_password is not None:
        login = {
            "authentication": ldap3.SIMPLE,
            "user": access.bind_dn,
            "password": access.bind_password.reveal(),
        }
    server = ldap3.Server(
        f"ldapi://{address.host}" if address.is_socket else address.host,
        port=address.port or None,
        use_ssl=address.tls == "ldaps",
        tls=tls,
        get_info=ldap3.NONE,
        connect_timeout=access.connect_timeout,
        allowed_referral_hosts=[],
    )
    return ldap3.Connection(
        server,
        **login,
        client_strategy=ldap3.SYNC,
        auto_referrals=False,
        auto_range=False,
        return_empty_attributes=False,
        raise_exceptions=False,
        check_names=False,
        read_only=True,
        receive_timeout=access.receive_timeout,
    )
