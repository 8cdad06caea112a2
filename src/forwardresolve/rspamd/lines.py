"""How an address, a domain or a catch-all with exceptions is spelled as lines of an Rspamd map.

The rules are those of Rspamd's parser for maps (measured on 3.4, 3.12 and 4.1). A line that begins
with a quote or a slash runs on, over line ends, until it closes; a blank ends the key and makes the
rest a value; ``#`` begins a comment; inside quotes nothing is escaped. A line that is written
wrongly swallows the lines behind it, or protects another address.
"""

from __future__ import annotations

import re
import string
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import idna

from forwardresolve.addresses import split_address, unquote_local
from forwardresolve.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LONGEST_PATTERN: Final = 20_000
"""How many bytes the exceptions of one pattern may have, two added for each.

The regular expressions of Rspamd are limited to 64 KiB in compiled form: 1,000 exceptions of 22
bytes still compile, 1,500 do not (measured on 3.4), and a line that does not is lost silently.
"""

_BLOCK: Final = 2000
_PLAIN: Final = (string.ascii_letters + string.digits + ".!$%&'*+=?^_`{|}~@-\n").encode()
_stands_for_itself: Final = re.compile(r"[a-z0-9.!$%&'*+=?^_`{|}~-]+@[a-z0-9._-]+").fullmatch
_UNREADABLE: Final = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]").search
_ODD_DOTS: Final = re.compile(r"^\.|\.\.|\.$").search


def seen(address: str) -> str:
    """Return a normalised address as Rspamd sees it: the local part without its quotes."""
    local, domain = split_address(address)
    return f"{unquote_local(local)}@{domain}"


def obstacle(address: str) -> str:
    """Say why an address cannot stand in a map.

    Args:
        address: A normalised address.

    Returns:
        The reason, as the end of a sentence; empty where the address can stand there.
    """
    local, domain = split_address(address)
    key = unquote_local(local)
    if not domain:
        return "it has no domain, and Rspamd would take it for a local part of every domain"
    if not key:
        return "its local part is empty"
    if _UNREADABLE(key) is not None:
        return "it holds a character that Rspamd does not keep (a backslash or a control character)"
    if key.startswith(" "):
        return "it begins with a blank, which Rspamd drops"
    if '"' in key and (key[0] in '"/' or " " in key or "#" in key):
        return "it holds a quote beside a character that needs quotes"
    return ""


def is_unseen(address: str) -> bool:
    """Tell whether a version of Rspamd cannot read the address in an SMTP dialogue.

    All versions drop a recipient whose unquoted local part has a dot at an end or two in a row,
    though Postfix accepts it; 3.4 drops whatever is not ASCII (measured).
    """
    local = split_address(address)[0]
    return not local.isascii() or (local[:1] != '"' and _ODD_DOTS(local) is not None)


@lru_cache(maxsize=1024)
def spellings(domain: str) -> tuple[str, ...]:
    """Return a domain in A-labels and, where they differ, in U-labels; Rspamd compares bytes."""
    if "xn--" not in domain:
        return (domain,)
    try:
        unicode = ".".join(
            idna.decode(label) if label.startswith("xn--") else label for label in domain.split(".")
        )
    except idna.IDNAError:
        return (domain,)
    return (domain, unicode)


def unicode_domains(domains: Iterable[str]) -> Iterator[Finding]:
    """Tell of the domains that have two `spellings`, in one finding."""
    unicode = sorted(domain for domain in domains if len(spellings(domain)) > 1)
    if unicode:
        text = (
            f"{len(unicode)} listed domains are not ASCII, {spellings(unicode[0])[-1]} first; Rspamd reads a "
            "recipient in that spelling since 3.10, and only in lower case"
        )
        yield Finding("rspamd-u-label", "notice", text, "run Rspamd 3.10 or newer", f"@{unicode[0]}")


def address_lines(addresses: Sequence[str]) -> Iterator[str]:
    """Write the lines of a map of addresses, a block of lines at a time.

    Args:
        addresses: Normalised addresses.

    Yields:
        Lines, each with its line end, in the order of the addresses. An address that has an
        `obstacle` has no line.
    """
    for text, odd in _blocks(addresses):
        yield from map(_written, odd) if odd else (text,)


def address_keys(addresses: Iterable[str]) -> Iterator[str]:
    """Yield what `address_lines` writes, each key by itself and without quotes."""
    for address in addresses:
        if _stands_for_itself(address) is not None and "xn--" not in address:
            yield address
        elif not obstacle(address):
            yield from _keys(address)


def odd_addresses(addresses: Sequence[str]) -> Iterator[str]:
    """Yield every address that has an `obstacle`, `is_unseen` or has two `spellings`, and some others.

    Args:
        addresses: Normalised addresses.
    """
    for _, odd in _blocks(addresses):
        yield from odd


def pattern_lines(domain: str, exceptions: Sequence[str], delimiter: str) -> tuple[str, ...]:
    """Write the lines that match every address of a domain but its exceptions.

    Args:
        domain: A domain in A-labels.
        exceptions: Normalised addresses in it. One without an extension stands for itself with
            any extension too.
        delimiter: Postfix' ``recipient_delimiter``.

    Returns:
        A line for each spelling of the domain, with its line end; none where a line cannot say it
        (an exception that Rspamd cannot read, or too many of them).
    """
    if 2 * len(exceptions) > LONGEST_PATTERN:
        return ()
    names = [unquote_local(split_address(address)[0]) for address in exceptions]
    size = sum(len(name.encode(errors="replace")) + 2 for name in names)
    if size > LONGEST_PATTERN or any(_UNREADABLE(name) is not None for name in names):
        return ()
    marks = "".join(map(_escaped, delimiter))
    bases = "|".join(_escaped(name) for name in names if not set(delimiter) & set(name))
    extended = [_escaped(name) for name in names if set(delimiter) & set(name)]
    any_extension = f"(?:[{marks}].*)?" if marks else ""
    kept = "|".join([f"(?:{bases}){any_extension}"] * bool(bases) + extended)
    return tuple(
        f"/^(?!(?:{kept}){at}$).+{at}$/i\n" for at in (_escaped(f"@{name}") for name in spellings(domain))
    )


def _blocks(addresses: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """Cut addresses into blocks: their lines as they stand, and the addresses where that will not do."""
    for start in range(0, len(addresses), _BLOCK):
        block = addresses[start : start + _BLOCK]
        text = "\n".join((*block, ""))
        yield text, () if _is_plain(text, len(block)) else block


def _is_plain(text: str, count: int) -> bool:
    """Tell whether the lines of so many addresses hold no odd byte, no IDN and no odd dot."""
    return (
        not text.encode(errors="surrogatepass").translate(None, _PLAIN)
        and text.count("@") == text.count("\n") == count
        and not any(odd in text for odd in ("xn--", "..", ".@", "\n."))
        and text[0] != "."
    )


def _written(address: str) -> str:
    """Write the lines of one address, quoted where a byte demands it."""
    if _stands_for_itself(address) is not None and "xn--" not in address:
        return f"{address}\n"
    if obstacle(address):
        return ""
    return "".join(f"{_quoted(key)}\n" for key in _keys(address))


def _keys(address: str) -> Iterator[str]:
    """Yield an address as Rspamd sees it, with each spelling of its domain."""
    local, domain = split_address(address)
    return (f"{unquote_local(local)}@{name}" for name in spellings(domain))


def _quoted(key: str) -> str:
    needs_none = '"' in key or not key.encode().translate(None, _PLAIN)
    return key if needs_none else f'"{key}"'


def _escaped(text: str) -> str:
    """Write a text so that a regular expression and the parser around it take every byte literally."""
    characters = map(chr, text.encode())
    return "".join(
        each if each.isascii() and each.isalnum() else f"\\x{ord(each):02x}" for each in characters
    )
