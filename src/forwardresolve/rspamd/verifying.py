"""Find out whether a running Rspamd protects what a resolution lists, and if not, why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.findings import Finding
from forwardresolve.rspamd.cases import cases
from forwardresolve.rspamd.diagnosis import Tried, diagnosis, problem_with
from forwardresolve.rspamd.emission import artifacts
from forwardresolve.rspamd.inspecting import (
    UNSEEN,
    held_maps,
    look_inside,
    map_differences,
    rule_differences,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.rspamd.cases import Judge
    from forwardresolve.rspamd.probing import Door
    from forwardresolve.rspamd.settings import RspamdSettings

_OTHER_ACTION: Final = "rewrite subject"

_STRANGER: Final = "forwardresolve-verify@forwardresolve.invalid"
"""A recipient that no list has."""


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
    """Ask a running Rspamd about every kind of recipient, and a controller about itself.

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
    found: list[Finding] = []
    if inside := look_inside(door):
        files = artifacts(resolution, settings)
        found += map_differences(held_maps(door, inside, files), files)
        found += rule_differences(inside, settings)
        door = attrs.evolve(door, exporters=(*door.exporters, *inside.exporters))
    else:
        found.append(UNSEEN)
    symbols = symbols_of(settings)
    stranger = door.scan([_STRANGER], symbols)
    is_closed = stranger.action != "add header"
    tried = tuple(
        Tried(case, reply, problem_with(case, reply, settings, by_symbols=is_closed))
        for case in cases(resolution, settings)
        for reply in [door.scan(case.recipients, symbols)]
    )
    found += diagnosis(tried, settings, stranger.symbols, by_symbols=is_closed)
    if not is_closed:
        found += _other_actions(door, tried, settings)
    return Protection(version, tried, tuple(sorted(found, key=lambda each: each.severity != "error")))


def symbols_of(settings: RspamdSettings) -> tuple[str, ...]:
    """Return the symbols that a scan has to run to say whether a recipient is listed."""
    if settings.profile == "plugin":
        return ("FORWARDRESOLVE_LOOK_UP", "FORWARDRESOLVE_ACT", settings.symbol)
    return (settings.symbol, f"FORCE_ACTION_{settings.symbol}")


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
