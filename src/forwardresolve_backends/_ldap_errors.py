"""What a server's refusal or an exception of ldap3 means, and who must act.

ldap3 takes some refusals for success (size limit, time limit, referral), so result codes are looked
at here, each and every one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.sdk import (
    BackendDataError,
    BackendIncomplete,
    BackendMisconfigured,
    BackendNotInstalled,
    BackendUnavailable,
)

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

BackendFault = (
    type[BackendDataError]
    | type[BackendIncomplete]
    | type[BackendMisconfigured]
    | type[BackendNotInstalled]
    | type[BackendUnavailable]
)

REFERRAL: Final = 10
NO_SUCH_OBJECT: Final = 32
INVALID_DN: Final = 34
_LONGEST_REASON: Final = 300


@attrs.frozen
class Fault:
    """One way in which a directory fails.

    Args:
        error: The class to raise.
        says: What the server does, in words that follow its name.
        advice: What to do.
    """

    error: BackendFault
    says: str
    advice: str


_GONE: Final = Fault(
    BackendUnavailable, "stops answering", "check that it runs and can be reached, then run again"
)
_LIMIT: Final = "raise the limit for the DN that reads (slapd: limits dn.exact=... size=unlimited)"
_CODES: Final[Mapping[int, Fault]] = {
    1: Fault(BackendUnavailable, "has trouble of its own", "look into its log"),
    3: Fault(BackendIncomplete, "breaks off at its time limit", f"{_LIMIT}, or index the attributes"),
    4: Fault(BackendIncomplete, "breaks off at its size limit", f"{_LIMIT}; it counts over all pages"),
    7: Fault(BackendMisconfigured, "does not know this way to log in", "check sasl and bind_dn"),
    8: Fault(BackendMisconfigured, "wants a stronger login", 'use tls = "starttls" or ldaps'),
    REFERRAL: Fault(
        BackendIncomplete,
        "says that this lies on another server",
        "name that server in url; none is followed",
    ),
    11: Fault(
        BackendIncomplete,
        "breaks off at a limit of its administrator",
        "allow paged results to the DN that reads (slapd: limits ... size.pr=unlimited)",
    ),
    12: Fault(BackendMisconfigured, "does not know paged results", "switch them on (RFC 2696)"),
    13: Fault(BackendMisconfigured, "wants an encrypted connection", 'use tls = "starttls" or ldaps'),
    NO_SUCH_OBJECT: Fault(
        BackendMisconfigured, "has no such entry, or does not show it", "check base, and what bind_dn may see"
    ),
    INVALID_DN: Fault(BackendMisconfigured, "takes this for no DN", "check base"),
    48: Fault(BackendMisconfigured, "refuses this login", "check bind_dn, bind_password and sasl"),
    49: Fault(BackendMisconfigured, "refuses the login", "check bind_dn and bind_password"),
    50: Fault(BackendMisconfigured, "refuses to be read", "allow it to the DN that reads, or set bind_dn"),
    51: Fault(BackendUnavailable, "is busy", "run again later"),
    52: Fault(BackendUnavailable, "is not available", "run again later"),
}
_OTHER: Final = Fault(BackendIncomplete, "does not give what it has", "look into its log")

_UNKNOWN_AUTHORITY: Final = frozenset({2, 18, 19, 20, 21})
_OTHER_NAME: Final = frozenset({62, 64})
_OVER: Final = frozenset({9, 10})


def fault_of_code(code: int) -> Fault:
    """Sort a result code that is not success (RFC 4511)."""
    return _CODES.get(code, _OTHER)


def fault_of_refused_certificate(error: ssl.SSLCertVerificationError) -> Fault:
    """Sort what is wrong with a server's certificate, by OpenSSL's number."""
    says = f"shows a certificate that is refused ({error.verify_message.rstrip('.')})"
    if error.verify_code in _UNKNOWN_AUTHORITY:
        return Fault(
            BackendMisconfigured, says, "set ca_file to the certificate of the authority that issued it"
        )
    if error.verify_code in _OTHER_NAME:
        return Fault(BackendMisconfigured, says, "use the name in the certificate, or set server_name to it")
    if error.verify_code in _OVER:
        return Fault(BackendUnavailable, says, "renew it, and look at the clocks")
    advice = "issue it again; from Python 3.13 on its authority needs keyUsage and basicConstraints"
    return Fault(BackendMisconfigured, says, advice)


def fault_of_exception(error: Exception) -> Fault:
    """Sort what ldap3 raised, or what slips through it."""
    match type(error).__name__:
        case "LDAPInvalidFilterError" | "LDAPObjectError":
            return Fault(BackendMisconfigured, "cannot be asked with this filter", "check the rule's filter")
        case "LDAPSocketOpenError":
            return Fault(BackendUnavailable, "cannot be reached", "check url, and that the server runs")
        case "LDAPStartTLSError":
            return Fault(
                BackendMisconfigured,
                "refuses StartTLS",
                'use ldaps://, or tls = "none" on loopback or with allow_plaintext = true',
            )
        case "LDAPSocketReceiveError" | "TimeoutError":
            return Fault(
                BackendUnavailable, "says nothing", "check the server; set receive_timeout if it is slow"
            )
        case "LDAPPackageUnavailableError":
            return Fault(
                BackendNotInstalled,
                "cannot be asked with Kerberos",
                "run: pip install 'forwardresolve[gssapi]'",
            )
    return _GONE


def reason_of(error: object, secrets: tuple[str, ...] = ()) -> str:
    """Return what was said on one line, without the secrets.

    Args:
        error: An exception, or a server's own words.
        secrets: Texts that must not be shown.
    """
    reason = " ".join(str(error).split()) or type(error).__name__
    for secret in secrets:
        reason = reason.replace(secret, "***")
    return reason[:_LONGEST_REASON]
