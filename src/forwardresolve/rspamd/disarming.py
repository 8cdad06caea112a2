"""Settings of a Rspamd that take the force out of the rule, as `rspamadm configdump` shows them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from forwardresolve.errors import TargetError
from forwardresolve.findings import Finding

if TYPE_CHECKING:
    from forwardresolve.rspamd.settings import RspamdSettings

_PLUGIN: Final = 'profile = "plugin" in [rspamd] is immune to it'


def parse_dump(text: str) -> Mapping[str, Any]:
    """Read the configuration that ``rspamadm configdump --json`` prints.

    Raises:
        TargetError: It is no JSON object. The text itself, which holds passwords, is not shown.
    """
    try:
        dump = json.loads(text[text.index("{") :])
    except ValueError:
        dump = None
    if not isinstance(dump, Mapping):
        msg = "the command for --configdump prints no configuration; use: rspamadm configdump --json"
        raise TargetError(msg) from None
    return dump


def exporters(dump: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the symbols of the admin's metadata exporters."""
    return tuple(f"EXPORT_METADATA_{name}" for name in sorted(_table(dump, "metadata_exporter", "rules")))


def disarming(dump: Mapping[str, Any], settings: RspamdSettings) -> Iterator[Finding]:
    """Find what disarms the rule.

    Args:
        dump: The configuration of a Rspamd.
        settings: What the admin chose for the rule.
    """
    if settings.profile == "plugin":
        if not _table(dump, "forwardresolve"):
            yield _missing("forwardresolve")
        elif _table(dump, "forwardresolve").get("mode") != settings.mode:
            text = (
                f'the running mode is not "{settings.mode}"; does local.d/forwardresolve.conf say otherwise?'
            )
            yield Finding("rspamd-mode", "error", text, "compare: rspamadm configdump forwardresolve")
    else:
        yield from _multimap(dump, settings)
    thresholds = _table(dump, "actions")
    known = {name.replace("_", " ") for name, value in thresholds.items() if value is not None}
    if thresholds and not known & set(settings.actions):
        text = f"no action of this Rspamd is named {' or '.join(settings.actions)}: nothing is ever refused"
        yield Finding("rspamd-actions", "error", text, "name its actions in actions of [rspamd]")


def _multimap(dump: Mapping[str, Any], settings: RspamdSettings) -> Iterator[Finding]:
    if settings.symbol not in _table(dump, "multimap"):
        yield _missing(f"multimap: {settings.symbol}")
    if settings.mode == "enforce" and settings.symbol not in _table(dump, "force_actions", "rules"):
        yield _missing(f"force_actions: {settings.symbol}")
    if _table(dump, "aliases").get("virtual_aliases"):
        text = "aliases.virtual_aliases replaces recipients: an address with an extension is not found"
        yield Finding("rspamd-virtual-aliases", "warning", text, _PLUGIN)
    servers = _table(dump, "greylist").get("servers") or _table(dump, "redis").get("servers")
    if servers and _table(dump, "greylist").get("enabled", True):
        text = "greylisting answers unknown spam with 4xx before the rule sees it"
        yield Finding("rspamd-greylisting", "notice", text, _PLUGIN)


def _missing(what: str) -> Finding:
    text = f"{what} is not in the configuration"
    advice = "run forwardresolve rspamd install; an override.d file of that name replaces all rules"
    return Finding("rspamd-rule-missing", "error", text, advice)


def _table(dump: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """Return a table inside the dump; empty where there is none."""
    for name in names:
        found = dump.get(name)
        dump = found if isinstance(found, Mapping) else {}
    return dump
