"""Every finding that the core knows: what it is called, how bad it is, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.findings.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forwardresolve.records import Origin


@attrs.frozen
class Kind:
    """A kind of finding.

    Args:
        id: The stable name.
        severity: As in `Finding`.
        meaning: What is so wherever it is found.
        advice: What to do.
    """

    id: str
    severity: Severity
    meaning: str
    advice: str


_KINDS: Final = (
    Kind(
        "too-many-extensions",
        "error",
        "So many rows lead on to keys with an extension that not all were followed.",
        "replace keys with an extension on widely used lists by rows of their own; until then the list "
        "may be wrong for addresses with an extension",
    ),
    Kind(
        "pattern-row",
        "error",
        "A pattern forwards addresses that no row names, so the list lacks them.",
        "write the addresses that it is meant for as rows of their own, or add them to the list by hand",
    ),
    Kind(
        "bad-domain",
        "error",
        "A text that should be a domain is none, so the domain does not count as hosted.",
        "correct the row: addresses of a domain that is missing count as external",
    ),
    Kind(
        "bad-pattern",
        "error",
        "A pattern cannot be read, so its forwarding takes no part.",
        "correct the pattern, or write the addresses that it is meant for as rows",
    ),
    Kind(
        "loop",
        "warning",
        "Forwardings go round in a circle that Postfix cannot expand.",
        "take one arrow out of the circle, or let one of its addresses keep a copy",
    ),
    Kind(
        "limit",
        "warning",
        "An address expands beyond a limit of Postfix.",
        "make the list or the chain shorter, use a mailing list manager, or raise the limits of Postfix",
    ),
    Kind(
        "alias-loop",
        "warning",
        "Aliases of the host's own accounts lead back to themselves.",
        "take one arrow out of the circle; until then this branch bounces",
    ),
    Kind(
        "dangling-destination",
        "warning",
        "A forwarding leads to an address in a hosted domain that nobody takes.",
        "create the mailbox, correct the destination or take it out: mail to it bounces",
    ),
    Kind(
        "unknown-domain",
        "warning",
        "A destination is outside, and its domain is one letter from a hosted one.",
        "correct the destination if it is mistyped; otherwise nothing is wrong",
    ),
    Kind(
        "swallowed-mailbox",
        "warning",
        "A catch-all takes the mail of a mailbox in its domain.",
        "give the mailbox a row that forwards its address to itself",
    ),
    Kind(
        "unreachable-mailbox",
        "warning",
        "A mailbox lies in a domain whose class delivers into no mailboxes.",
        "give the domain the class mailbox, or forward the address",
    ),
    Kind(
        "shadowed-row",
        "warning",
        "A row is never asked, because another one answers before it.",
        "take the row out, or the one that answers before it",
    ),
    Kind(
        "source-not-hosted",
        "warning",
        "A forwarding stands for an address in a domain that no source hosts.",
        "add the domain to the hosted ones if mail for it is accepted here; otherwise take the row out",
    ),
    Kind(
        "catch-all-external",
        "warning",
        "Mail to any name in a domain leaves.",
        "forward the names that are in use, and let the server refuse all others",
    ),
    Kind(
        "bad-source",
        "warning",
        "The source of a row is no address, so the row takes no part.",
        "correct the address or take the row out",
    ),
    Kind(
        "bad-destination",
        "warning",
        "A destination is no address, so it takes no part.",
        "correct the destination or take it out",
    ),
    Kind(
        "no-destination",
        "warning",
        "A row forwards to nothing.",
        "give it a destination, or switch it off",
    ),
    Kind(
        "two-sources",
        "warning",
        "Two sources define the same address; their destinations are united.",
        "let one source alone say where the address goes",
    ),
    Kind(
        "suspended-domain",
        "warning",
        "Rows still use a domain that is suspended, so mail for it is refused.",
        "take the rows out, or release the domain",
    ),
    Kind(
        "no-mailboxes",
        "warning",
        "No source names a mailbox, so nobody can tell which destinations exist.",
        "name the table, query or file that holds the mailboxes",
    ),
    Kind(
        "delimiter-in-address",
        "notice",
        "An address holds the recipient delimiter and is a key of its own.",
        "make sure that this is meant: with one more extension, mail goes to the address before the "
        "delimiter, not here",
    ),
    Kind(
        "opaque-destination",
        "notice",
        "Mail goes into a command, a file or an include, and nobody can see where it goes from there.",
        'look whether it sends mail outside; if so, forward to that address, or set opaque = "external"',
    ),
    Kind(
        "autoreply-destination",
        "notice",
        "An autoresponder answers the mail.",
        'nothing, as long as it does not answer spam; autoreply = "external" lists such addresses',
    ),
    Kind(
        "bare-destination",
        "notice",
        "A destination has no domain, so it is an account of the mail host.",
        "set myorigin to the domain that Postfix puts behind such names, or write the domain",
    ),
    Kind(
        "duplicate-row",
        "notice",
        "One source defines the same address more than once; the destinations are united.",
        "keep one of the rows",
    ),
    Kind(
        "unchecked-limit",
        "notice",
        "Too many addresses lead into circles of kept copies for each to be tried against the limits.",
        "ask `forwardresolve explain` about an address in doubt; the list itself is not touched by it",
    ),
    Kind(
        "remark",
        "warning",
        "The backend noticed something.",
        "",
    ),
)

CATALOGUE: Final[Mapping[str, Kind]] = {kind.id: kind for kind in _KINDS}
"""Every kind of finding by its id. ``remark`` stands for those that a backend names itself."""


def found(name: str, text: str, address: str = "", origin: Origin | None = None) -> Finding:
    """Make a finding of a kind of the catalogue."""
    kind = CATALOGUE[name]
    return Finding(name, kind.severity, text, kind.advice, address, origin)
