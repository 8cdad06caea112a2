"""Find out whether a running Rspamd protects what a resolution lists, and if not, why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.findings import Finding
from forwardresolve.rspamd.cases import Case, cases
from forwardresolve.rspamd.probing import QUEUE_ID as PROBE_ID
from forwardresolve.rspamd.settings import QUEUE_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.rspamd.cases import Judge
    from forwardresolve.rspamd.probing import Door, Reply
    from forwardresolve.rspamd.settings import RspamdSettings

OBSERVING: Final = "rspamd-observing"
"""The finding that nothing is refused because that is what the admin chose."""

_OTHER_ACTION: Final = "rewrite subject"

_STRANGER: Final = "forwardresolve-verify@forwardresolve.invalid"
"""A recipient that no list has."""


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


@attrs.frozen
class Protection:
    """What a running Rspamd does about a list.

    Args:
        version: Its version, as it says.
        tried: Every case.
        findings: What is wrong and what to do, the most severe first.
    """

    version: str
    tried: tuple[Tried, ...]
    findings: tuple[Finding, ...]

    @property
    def protects(self) -> bool:
        """Whether spam to what is listed is refused, and nothing else is."""
        return not any(finding.severity == "error" for finding in self.findings)


def verify(door: Door, resolution: Judge, settings: RspamdSettings) -> Protection:
    """Ask a running Rspamd about every kind of recipient.

    Args:
        door: Where it listens.
        resolution: What the sources say.
        settings: What the admin chose.

    Returns:
        What it does. In ``observe`` mode nothing is protected, which is an error of its own.

    Raises:
        TargetError: Nobody answers, or not as Rspamd does.
    """
    version = door.version()
    symbols = symbols_of(settings)
    is_closed = door.scan([_STRANGER], symbols).action != "add header"
    tried = tuple(
        Tried(case, reply, _problem(case, reply, settings, by_symbols=is_closed))
        for case in cases(resolution, settings)
        for reply in [door.scan(case.recipients, symbols)]
    )
    found = [*_diagnosis(tried, settings, by_symbols=is_closed)]
    if not is_closed:
        found += _other_actions(door, tried, settings)
    return Protection(version, tried, tuple(sorted(found, key=lambda each: each.severity != "error")))


def symbols_of(settings: RspamdSettings) -> tuple[str, ...]:
    """Return the symbols that a scan has to run to say whether a recipient is listed."""
    if settings.profile == "plugin":
        return ("FORWARDRESOLVE_LOOK_UP", "FORWARDRESOLVE_ACT", settings.symbol)
    return (settings.symbol, f"FORCE_ACTION_{settings.symbol}")


def _problem(case: Case, reply: Reply, settings: RspamdSettings, *, by_symbols: bool) -> str:
    """Say what is wrong with a reply."""
    is_set = settings.symbol in reply.symbols
    if is_set is not bool(case.listed):
        return f"{settings.symbol} is {'set' if is_set else 'not set'}"
    if by_symbols or settings.mode == "observe":
        return ""
    is_refused = bool(case.listed) and (settings.recipients == "any" or case.listed == case.recipients)
    wanted = settings.action if is_refused else "add header"
    if reply.action != wanted:
        return f"the action is {reply.action}, not {wanted}"
    if is_refused and reply.message != settings.message.replace(QUEUE_ID, PROBE_ID):
        return f"the message is {reply.message!r}"
    if settings.recipients == "drop" and not is_refused and len(reply.dropped) != len(case.listed):
        return "the listed recipient is not dropped"
    return ""


def _diagnosis(tried: tuple[Tried, ...], settings: RspamdSettings, *, by_symbols: bool) -> Iterator[Finding]:
    if settings.mode == "observe":
        yield Finding(OBSERVING, "error", 'mode = "observe": nothing is refused', 'set mode = "enforce"')
    if by_symbols:
        text = "this Rspamd takes no settings from a request, so only the symbols are seen, not the refusal"
        yield Finding("rspamd-settings-closed", "warning", text, "look at local.d/settings.conf")
    listed = [each for each in tried if each.case.listed]
    if not listed:
        text = "the list is empty, so there is nothing to ask about"
        yield Finding("rspamd-nothing-listed", "warning", text)
    elif not any(settings.symbol in each.reply.symbols for each in listed):
        text = f"no listed address sets {settings.symbol}: the map is empty, or the rule is not loaded"
        advice = "run forwardresolve rspamd install, and look for the name of the map in the log of Rspamd"
        yield Finding("rspamd-map-empty", "error", text, advice)
        return
    for each in tried:
        if each.problem:
            who = ", ".join(each.case.recipients)
            text = f"{each.case.kind} ({who}): {each.problem}"
            yield Finding("rspamd-unprotected", "error", text, _advice(each, settings), who)


def _advice(tried: Tried, settings: RspamdSettings) -> str:
    if settings.symbol in tried.reply.symbols and tried.case.listed:
        return (
            "the rule that refuses does not act: is it in `rspamadm configdump force_actions`, does an "
            "override.d/force_actions.conf replace it, has add header another name here?"
        )
    if settings.profile == "multimap" and "extension" in tried.case.kind:
        return (
            "Rspamd 3.14.0 and 3.14.1 take no extension off, and aliases.virtual_aliases replaces the "
            "recipient; the plugin profile is immune to both"
        )
    return "the map is older than the sources, or the profile cannot say this (see the findings of build)"


def _other_actions(door: Door, tried: tuple[Tried, ...], settings: RspamdSettings) -> Iterator[Finding]:
    """Ask about the other action that marks spam."""
    one = next((each for each in tried if each.case.listed and not each.problem), None)
    if one is None or settings.mode == "observe":
        return
    reply = door.scan(one.case.listed[:1], symbols_of(settings), action=_OTHER_ACTION)
    if reply.action == _OTHER_ACTION:
        text = f'spam that gets "{_OTHER_ACTION}" is not refused'
        advice = f'have "{_OTHER_ACTION}" in actions of [rspamd], then run: forwardresolve rspamd install'
        yield Finding("rspamd-rewrite-subject", "warning", text, advice)
