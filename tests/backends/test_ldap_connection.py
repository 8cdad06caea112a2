"""A server that says nothing, too little or nonsense is an error of ours, in time, and without secrets."""

from __future__ import annotations

import ssl
import time
from typing import TYPE_CHECKING, Any, Final

import attrs
import ldap3
import pytest
from ldap3.core.exceptions import (
    LDAPExtensionError,
    LDAPInvalidFilterError,
    LDAPPackageUnavailableError,
)

from backends.paper_directory import PaperConnection, link_to, paper
from forwardresolve.errors import BackendError
from forwardresolve.sdk import BackendMisconfigured, BackendUnavailable, Secret
from forwardresolve_backends._ldap_connection import Access, Deadline, connected, new_connection
from forwardresolve_backends._ldap_errors import fault_of_refused_certificate, reason_of
from forwardresolve_backends._ldap_url import parse_urls
from servers import bad_lines
from servers.private import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from forwardresolve_backends._ldap_url import TlsMode
    from servers.certificates import Certificates

SECRET: Final = "s3cret-of-the-reader"  # noqa: S105 (of no server at all)
READER: Final = Access(bind_dn="cn=r", bind_password=Secret(SECRET), connect_timeout=5, receive_timeout=1)


def failure(port: int, tls: TlsMode, *, seconds: float = 30) -> BackendError:
    """Return the error of a read over a bad line, which comes in time and tells no secret."""
    (address,) = parse_urls(f"{'ldaps' if tls == 'ldaps' else 'ldap'}://127.0.0.1:{port}", tls)
    begin = time.monotonic()
    with (
        pytest.raises(BackendError) as caught,
        connected(address, READER, Deadline.in_seconds(seconds)) as link,
    ):
        link.ask("rule 1", search_base="dc=x", search_filter="(a=*)")
    assert time.monotonic() - begin < 15
    assert SECRET not in str(caught.value)
    assert str(caught.value).startswith(address.name)
    return caught.value


def success(request: bytes) -> bytes:
    """Answer a request of LDAP with success; its number is that of the request."""
    return reply(request, code=0)


def reply(request: bytes, code: int) -> bytes:
    """Answer a login with a result code and a StartTLS with another."""
    start = 2 if request[1] < 0x80 else 2 + (request[1] & 0x7F)
    number = request[start : start + 2 + request[start + 1]]
    operation = request[start + len(number)]
    tag = {0x60: 0x61, 0x77: 0x78, 0x63: 0x65}.get(operation, 0x78)
    body = number + bytes([tag, 7, 0x0A, 1, code, 4, 0, 4, 0])
    return bytes([0x30, len(body)]) + body


@pytest.mark.parametrize("tls", ["none", "starttls", "ldaps"])
def test_a_hung_server_is_unavailable(tls: TlsMode) -> None:
    with bad_lines.listening(bad_lines.say_nothing) as line:
        error = failure(line.port, tls)

    assert isinstance(error, BackendUnavailable)
    assert line.calls == 1


def test_a_server_that_hangs_behind_the_login_is_unavailable() -> None:
    def answer(request: bytes) -> bytes:
        return success(request) if b"\x60" in request[:12] else b""

    with bad_lines.listening(bad_lines.answering(answer)) as line:
        error = failure(line.port, "none")

    assert isinstance(error, BackendUnavailable)
    assert "rule 1: says nothing" in str(error)


@pytest.mark.parametrize("tls", ["none", "starttls", "ldaps"])
def test_a_server_that_drips_is_cut_off_at_the_deadline(tls: TlsMode) -> None:
    with bad_lines.listening(
        bad_lines.answering(lambda _: b"\x30\x84\x00\xff\xff\xff" * 20, drip=0.1)
    ) as line:
        error = failure(line.port, tls, seconds=0.6)

    assert isinstance(error, BackendUnavailable)
    assert "within 0.6 seconds; set timeout" in str(error) or tls == "ldaps"


@pytest.mark.parametrize("tls", ["none", "starttls", "ldaps"])
@pytest.mark.parametrize(
    "nonsense", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x30\x03\x02\x01\x01", b"\x30\x00" * 9]
)
def test_a_server_that_speaks_nonsense_is_unavailable(tls: TlsMode, nonsense: bytes) -> None:
    with bad_lines.listening(bad_lines.answering(lambda _: nonsense)) as line:
        assert isinstance(failure(line.port, tls), BackendUnavailable)


def test_nobody_there_is_unavailable() -> None:
    error = failure(free_port(), "none")

    assert isinstance(error, BackendUnavailable)
    assert "cannot be reached" in str(error)


def test_a_server_without_starttls_says_so_and_hears_no_password() -> None:
    with bad_lines.listening(bad_lines.answering(lambda request: reply(request, 2))) as line:
        error = failure(line.port, "starttls")

    assert isinstance(error, BackendMisconfigured)
    assert "refuses StartTLS" in str(error)
    assert SECRET.encode() not in line.heard


@pytest.mark.parametrize(
    ("code", "error", "says"),
    [
        (49, BackendMisconfigured, "refuses the login"),
        (8, BackendMisconfigured, "wants a stronger login"),
        (13, BackendMisconfigured, "wants an encrypted connection"),
        (52, BackendUnavailable, "is not available"),
    ],
)
def test_a_refused_login_is_told_as_such(code: int, error: type[Exception], says: str) -> None:
    with bad_lines.listening(bad_lines.answering(lambda request: reply(request, code))) as line:
        found = failure(line.port, "none")

    assert type(found) is error
    assert f"login of cn=r: {says}" in str(found)


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    for path in (tmp_path / "ca.pem", tmp_path / "missing.pem"):
        with pytest.raises(BackendMisconfigured, match=f"^ca_file {path}: cannot be used"):
            Access(ca_file=path).tls_context()


def test_a_refused_certificate_is_told_and_hears_no_password(certificates: Certificates) -> None:
    with bad_lines.listening(bad_lines.over_tls(certificates.server, bad_lines.say_nothing)) as line:
        error = failure(line.port, "ldaps")

    assert isinstance(error, BackendMisconfigured)
    assert "set ca_file" in str(error)
    assert line.heard == b""


def test_a_verified_connection_says_so(certificates: Certificates) -> None:
    access = attrs.evolve(READER, ca_file=certificates.authority.certificate)
    serve = bad_lines.over_tls(certificates.server, bad_lines.answering(success))
    with bad_lines.listening(serve) as line:
        (address,) = parse_urls(f"ldaps://127.0.0.1:{line.port}", None)
        with connected(address, access, Deadline.in_seconds(30)) as link:
            assert link.protection() == "TLSv1.3, the certificate is verified"


@pytest.mark.parametrize(
    ("access", "expected"),
    [
        (Access(), ("ANONYMOUS", None, None)),
        (READER, ("SIMPLE", "cn=r", None)),
        (Access(sasl="external"), ("SASL", None, "EXTERNAL")),
        (Access(sasl="gssapi"), ("SASL", None, "GSSAPI")),
    ],
)
def test_a_login_is_what_the_options_say(access: Access, expected: tuple[str | None, ...]) -> None:
    (address,) = parse_urls("ldapi:///nowhere", None)
    made = new_connection(address, access, None)

    assert (made.authentication, made.user, made.sasl_mechanism) == expected
    assert made.auto_referrals is False
    assert made.server.allowed_referral_hosts == []


def test_a_client_certificate_that_cannot_be_used_is_named(
    certificates: Certificates, tmp_path: Path
) -> None:
    own = certificates.client
    access = Access(ca_file=certificates.authority.certificate, client_certificate=own.certificate)

    with pytest.raises(BackendMisconfigured, match=r"^client_certificate "):
        access.tls_context()
    locked = tmp_path / "locked.key"
    locked.write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII=\n-----END ENCRYPTED PRIVATE KEY-----\n")
    with pytest.raises(BackendMisconfigured, match=r"^client_certificate "):
        Access(client_certificate=own.certificate, client_key=locked).tls_context()


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (18, "set ca_file"),
        (20, "set ca_file"),
        (62, "set server_name"),
        (64, "set server_name"),
        (10, "renew it"),
        (92, "keyUsage"),
    ],
)
def test_a_refused_certificate_says_what_to_do(code: int, says: str) -> None:
    error = ssl.SSLCertVerificationError()
    error.verify_code, error.verify_message = code, "it is not good."
    fault = fault_of_refused_certificate(error)

    assert fault.says == "shows a certificate that is refused (it is not good)"
    assert says in fault.advice


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (LDAPInvalidFilterError("x"), "cannot be asked with this filter"),
        (TimeoutError("x"), "says nothing"),
        (LDAPPackageUnavailableError("x"), "cannot be asked with Kerberos"),
        (KeyError("x"), "stops answering"),
    ],
)
def test_whatever_the_library_raises_is_told_in_our_words(error: Exception, says: str) -> None:
    connection = paper()

    def interfere(*_: Any) -> Any:  # noqa: ANN401 (a result)
        raise error

    connection.interfere = interfere

    with pytest.raises(BackendError, match=f"^ldap://paper, rule 1: {says}"):
        link_to(connection).ask("rule 1")


def test_a_reason_is_short_and_holds_no_secret() -> None:
    assert reason_of(f"a\n b {SECRET} c", (SECRET,)) == "a b *** c"
    assert reason_of(KeyError()) == "KeyError"
    assert len(reason_of("x" * 1000)) == 300


def test_no_secret_is_in_what_a_link_shows_of_itself() -> None:
    connection = ldap3.Connection(ldap3.Server("ldap.example"), "cn=r", SECRET)

    assert SECRET in repr(connection)  # what is prevented
    assert SECRET not in repr(link_to(connection, bind_dn="cn=r", bind_password=Secret(SECRET)))


def test_a_server_need_not_know_who_we_are() -> None:
    connection: PaperConnection = paper()
    connection.who = LDAPExtensionError("unknown")

    assert link_to(connection).who_am_i() == ""
    connection.who = None
    assert link_to(connection).who_am_i() == ""
    connection.who = "u:reader"
    assert link_to(connection).who_am_i() == "u:reader"
    assert link_to(connection).protection() == "none, in plain text"
