"""One spelling for every address: parse it, fold it, take its extension off and put it on.

A normalised address is ``local@domain`` or, for an account of the mail host itself, a bare
``local``. Everything is case-folded. The domain is written in A-labels (IDNA 2008) and without a
trailing dot. The local part is quoted only where RFC 5321 demands it, so ``"info"@a.example`` and
``info@a.example`` are one address. A catch-all is ``@domain``.
"""

from __future__ import annotations

import re
from typing import Final

import idna

from forwardresolve.errors import AddressError

MAX_LENGTH: Final = 1000
"""Longest address in characters. Postfix refuses longer results of an expansion (measured: 451)."""

FRESH: Final = "\0"
"""A local part, or behind a delimiter an extension, that no row can name: NUL is in no address."""

LABEL: Final = r"(?!-)[a-z0-9_-]++(?<!-)"
"""The expression for one label of a folded domain (RFC 1034, 3.5; underscores are in use).

It gives nothing back once it has matched: a text that does not match is not tried in pieces.
"""

_PLAIN = re.compile(rf"[a-z0-9!#$%&'*+/=?^_`{{|}}~.-]*+@{LABEL}(?:\.{LABEL})*").fullmatch
_DOMAIN = re.compile(rf"{LABEL}(?:\.{LABEL})*").fullmatch
_LITERAL = re.compile(r"\[[0-9a-z.:_-]+\]").fullmatch
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]").search
_NEEDS_QUOTES = re.compile(r'[\s"(),:;<>@\[\\\]]').search
_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_TO_ESCAPE = re.compile(r'(["\\])')
_BLANKS = " \t\r\n"
_NEVER_SPLIT = frozenset({"postmaster", "mailer-daemon", "double-bounce"})


def normalise(text: str) -> str:
    """Return the one spelling of an address.

    Args:
        text: An address as a person, a panel or an SMTP client writes it: any case, a domain in
            U-labels or A-labels, with or without a trailing dot, surrounding blanks or ``<>``.
            A bare local part and a catch-all ``@domain`` are addresses too.

    Returns:
        The normalised address.

    Raises:
        AddressError: The text is no address: nothing in it, no domain after ``@``, a domain that
            is none, control characters, or more than 1000 characters.
    """
    folded = text.lower()
    if _PLAIN(folded) is not None and len(folded) <= MAX_LENGTH:
        return folded
    stripped = text.strip(_BLANKS)
    if stripped.startswith("<") and stripped.endswith(">"):
        stripped = stripped[1:-1].strip(_BLANKS)
    if not stripped:
        msg = "an empty text is no address"
        raise AddressError(msg)
    if _CONTROL(stripped) is not None:
        msg = f"{_shown(stripped)} is no address: it holds a control character"
        raise AddressError(msg)
    local, at, domain = stripped.rpartition("@") if "@" in stripped else (stripped, "", "")
    folded_local = quote_local(unquote_local(local).casefold()) if local else ""
    address = f"{folded_local}@{normalise_domain(domain)}" if at else folded_local
    if len(address) > MAX_LENGTH:
        msg = f"{_shown(stripped)} is no address: longer than {MAX_LENGTH} characters"
        raise AddressError(msg)
    return address


def normalise_domain(text: str) -> str:
    """Return the one spelling of a domain.

    Args:
        text: A domain in U-labels or A-labels, any case, with or without a trailing dot, or an
            address literal such as ``[192.0.2.1]``.

    Returns:
        The domain in lower-case A-labels without a trailing dot.

    Raises:
        AddressError: The text is no domain.
    """
    folded = text.strip(_BLANKS).lower().removesuffix(".")
    if folded.isascii():
        if _DOMAIN(folded) is not None or _LITERAL(folded) is not None:
            return folded
    else:
        try:
            return idna.encode(folded, uts46=True).decode("ascii").lower()
        except idna.IDNAError as error:
            msg = f"{_shown(text)} is no domain: {error}"
            raise AddressError(msg) from error
    msg = f"{_shown(text)} is no domain"
    raise AddressError(msg)


def domain_of(address: str) -> str:
    """Return the domain of a normalised address, or an empty text for a bare local part."""
    return address.rpartition("@")[2] if "@" in address else ""


def split_address(address: str) -> tuple[str, str]:
    """Return local part and domain of a normalised address; the domain is empty for a bare one."""
    local, at, domain = address.rpartition("@")
    return (local, domain) if at else (address, "")


def unquote_local(local: str) -> str:
    """Return a local part without its quotes and backslashes (RFC 5321, 4.1.2)."""
    return _QUOTED.sub(_unescape, local) if '"' in local else local


def _unescape(quoted: re.Match[str]) -> str:
    return _ESCAPED.sub(r"\1", quoted[1])


def quote_local(local: str) -> str:
    """Return a local part with quotes when it cannot stand without (RFC 5321, 4.1.2)."""
    if local and _NEEDS_QUOTES(local) is None:
        return local
    return '"' + _TO_ESCAPE.sub(r"\\\1", local) + '"'


def split_extension(local: str, delimiters: str) -> tuple[str, str]:
    """Take the extension off a local part, as Postfix does.

    The first of the delimiters splits. Never split are ``postmaster``, ``mailer-daemon`` and
    ``double-bounce``, a local part that would become empty, and, when ``-`` is a delimiter,
    ``owner-...`` and ``...-request`` (Postfix ``split_addr``; measured).

    Args:
        local: A normalised local part.
        delimiters: The characters of Postfix' ``recipient_delimiter``; empty for none.

    Returns:
        The base and the extension with its delimiter in front; the extension is empty when
        nothing splits.
    """
    bare = unquote_local(local) if local[:1] == '"' else local
    if len(delimiters) == 1:
        at = bare.find(delimiters)
    else:
        at = min((place for mark in delimiters if (place := bare.find(mark)) >= 0), default=0)
    if at <= 0 or bare in _NEVER_SPLIT:
        return local, ""
    if "-" in delimiters and (bare.startswith("owner-") or bare.endswith("-request")):
        return local, ""
    return (quote_local(bare[:at]) if bare is not local else bare[:at]), bare[at:]


def append_extension(address: str, extension: str) -> str:
    """Put an extension, its delimiter included, behind the local part of a normalised address."""
    local, at, domain = address.rpartition("@")
    if not at:
        local, domain = address, ""
    if local[:1] == '"' or _NEEDS_QUOTES(extension) is not None:
        local = quote_local(unquote_local(local) + extension)
    else:
        local += extension
    return f"{local}{at}{domain}"


def _shown(text: str) -> str:
    """Quote a text for a message, cut to a length that a terminal line can carry."""
    return repr(text if len(text) <= 80 else text[:77] + "...")  # noqa: PLR2004 (a line of a terminal)
