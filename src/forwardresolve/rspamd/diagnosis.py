"""What the replies of a running Rspamd mean: from odd answers to what is wrong and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.findings import Finding
from forwardresolve.rspamd.probing import QUEUE_ID as PROBE_ID
from forwardresolve.rspamd.settings import QUEUE_ID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forwardresolve.rspamd.cases import Case
    from forwardresolve.rspamd.probing import Reply
    from forwardresolve.rspamd.settings import RspamdSettings

OBSERVING: Final = "rspamd-observing"
"""The finding that nothing is refused because that is what the admin chose."""

_RESOLVED: Final = "ALIAS_RESOLVED"
"""The symbol of Rspamd 3.14 and newer that says that it has replaced a recipient."""

_WITHOUT_EXTENSION: Final = frozenset({"address", "last address", "mailbox"})
"""The kinds of cases in which Rspamd replaces nothing unless it is told aliases."""

_OF_ALIASES: Final = frozenset({_RESOLVED, "INTERNAL_MAIL", "LOCAL_INBOUND", "LOCAL_OUTBOUND", "TAGGED_RCPT"})
"""What Rspamd itself says of a recipient, whatever our map holds."""


@attrs.frozen
class Tried:
    """A case and what Rspamd says to it.

    Args:
        case: The question.
        reply: The answer.
        problem: What is wrong with it; empty where nothing is.
    """

    case: Case
    reply: Reply
    problem: str


def _is_refused(case: Case, settings: RspamdSettings) -> bool:
    return bool(case.listed) and (settings.recipients == "any" or case.listed == case.recipients)


def problem_with(case: Case, reply: Reply, settings: RspamdSettings, *, by_symbols: bool) -> str:
    """Say what is wrong with a reply; empty where nothing is.

    Args:
        case: The question.
        reply: The answer.
        settings: What the admin chose.
        by_symbols: Whether the action means nothing, because the request brought no settings.
    """
    is_set = settings.symbol in reply.symbols
    if is_set is not bool(case.listed):
        return f"{settings.symbol} is {'set' if is_set else 'not set'}"
    if by_symbols or settings.mode == "observe":
        return ""
    is_refused = _is_refused(case, settings)
    wanted = settings.action if is_refused else "add header"
    if reply.action != wanted:
        return f"the action is {reply.action}, not {wanted}"
    if is_refused and reply.message != settings.message.replace(QUEUE_ID, PROBE_ID):
        return f"the message is {reply.message!r}"
    if settings.recipients == "drop" and not is_refused and len(reply.dropped) != len(case.listed):
        return "the listed recipient is not dropped"
    return ""


def diagnosis(
    tried: tuple[Tried, ...], settings: RspamdSettings, usual: frozenset[str], *, by_symbols: bool
) -> Iterator[Finding]:
    """Say what the replies to all cases mean.

    Args:
        tried: Every case.
        settings: What the admin chose.
        usual: The symbols of a recipient that no list has.
        by_symbols: As in `problem_with`.
    """
    if settings.mode == "observe":
        yield Finding(OBSERVING, "error", 'mode = "observe": nothing is refused', 'set mode = "enforce"')
    if by_symbols:
        text = "this Rspamd takes no settings from a request, so only the symbols are seen, not the refusal"
        yield Finding("rspamd-settings-closed", "warning", text, "look at local.d/settings.conf")
    listed = [each for each in tried if each.case.listed]
    if not listed:
        text = "the list is empty, so there is nothing to ask about"
        yield Finding("rspamd-nothing-listed", "warning", text)
    if settings.profile == "multimap" and any(
        _RESOLVED in each.reply.symbols and each.case.kind in _WITHOUT_EXTENSION for each in tried
    ):
        text = "aliases.virtual_aliases replaces recipients: an address with an extension is not found"
        yield Finding("rspamd-virtual-aliases", "warning", text, 'profile = "plugin" is immune to it')
    if listed and not any(settings.symbol in each.reply.symbols for each in listed):
        yield _unseen(listed, settings, usual)
        return
    refused = [each for each in listed if _is_refused(each.case, settings)]
    if (
        refused
        and all(each.reply.action == "add header" and each.problem for each in refused)
        and all(settings.symbol in each.reply.symbols for each in refused)
    ):
        text = f"{settings.symbol} is set, and no spam is refused"
        advice = (
            "the rule that refuses does not act: is it in `rspamadm configdump force_actions`, does an "
            "override.d/force_actions.conf replace it, does another rule set a final result?"
        )
        yield Finding("rspamd-not-refused", "error", text, advice)
        return
    for each in tried:
        if each.problem:
            who = ", ".join(each.case.recipients)
            text = f"{each.case.kind} ({who}): {each.problem}"
            yield Finding("rspamd-unprotected", "error", text, _advice(each, settings), who)


def _unseen(listed: Iterable[Tried], settings: RspamdSettings, usual: frozenset[str]) -> Finding:
    """Say why no listed address sets the symbol: the map is empty, or sets other symbols."""
    others = frozenset[str]().union(*(each.reply.symbols for each in listed)) - usual - _OF_ALIASES
    if others:
        text = (
            f"listed addresses set {', '.join(sorted(others))} instead of {settings.symbol}: "
            "a rule takes the second word of a line of its map for the symbol"
        )
        advice = "leave one word a line in the map, or run forwardresolve rspamd install: its rules take none"
        return Finding("rspamd-map-values", "error", text, advice)
    text = f"no listed address sets {settings.symbol}: the map is empty, or the rule is not loaded"
    advice = "run forwardresolve rspamd install, and look for the name of the map in the log of Rspamd"
    return Finding("rspamd-map-empty", "error", text, advice)


def _advice(tried: Tried, settings: RspamdSettings) -> str:
    if settings.profile == "multimap" and "extension" in tried.case.kind:
        return (
            "Rspamd 3.14.0 and 3.14.1 take no extension off, and aliases.virtual_aliases replaces the "
            "recipient; the plugin profile is immune to both"
        )
    return "the map is older than the sources, or the profile cannot say this (see the findings of build)"
