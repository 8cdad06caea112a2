"""The multimap profile: stock Rspamd, three maps and two configuration files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import attrs

from forwardresolve.addresses import split_address
from forwardresolve.errors import BackendIncomplete
from forwardresolve.findings import Finding
from forwardresolve.rspamd.artifact import Artifact, configuration_artifact, map_artifact
from forwardresolve.rspamd.configuration import (
    MAPS,
    force_actions_configuration,
    multimap_configuration,
)
from forwardresolve.rspamd.lines import (
    address_lines,
    is_unseen,
    obstacle,
    odd_addresses,
    pattern_lines,
    spellings,
)
from forwardresolve.rspamd.settings import RspamdSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from forwardresolve.entries import Entry
    from forwardresolve.graph import ForwardingGraph

DEFAULTS: Final = RspamdSettings()

_PLUGIN: Final = "the plugin profile looks recipients up as Postfix does and can say it"
_DELIMITER: Final = "+"
"""The one recipient delimiter that Rspamd knows; it takes what follows off every recipient."""


class Answer(Protocol):
    """What an emitter asks of a resolution."""

    @property
    def graph(self) -> ForwardingGraph:
        """The graph that was resolved."""
        ...

    @property
    def addresses(self) -> tuple[str, ...]:
        """The exact addresses that are listed, sorted."""
        ...

    @property
    def catch_alls(self) -> Mapping[str, tuple[str, ...]]:
        """Each domain whose unknown addresses are listed, with the sorted ones that are not."""
        ...

    def entries(self) -> Iterable[Entry]:
        """Return the exact table for every possible recipient."""
        ...


def artifacts(resolution: Answer, settings: RspamdSettings = DEFAULTS) -> tuple[Artifact, ...]:
    """Write the files that make Rspamd refuse spam to what a resolution lists.

    All maps are always among them, empty ones too: a map whose file is deleted keeps its old
    lines in a running Rspamd, and a map that appears later would change the configuration.

    Args:
        resolution: The answer for a graph.
        settings: What the admin chose.

    Returns:
        The files, sorted by path. The same resolution and settings give the same bytes.

    Raises:
        BackendIncomplete: No source names a hosted domain, so every destination would be
            external.
    """
    if not resolution.graph.rows.domains:
        msg = (
            "no source names a hosted domain, so every destination would count as external; "
            "check what the source gives as domains, or name them in its options"
        )
        raise BackendIncomplete(msg)
    catch_alls = _divide(resolution, settings)
    files = (
        map_artifact(f"{MAPS}/{settings.address_map}", "".join(address_lines(resolution.addresses))),
        map_artifact(f"{MAPS}/{settings.domain_map}", catch_alls.domains),
        map_artifact(f"{MAPS}/{settings.pattern_map}", catch_alls.patterns),
        configuration_artifact("local.d/force_actions.conf", force_actions_configuration(settings)),
        configuration_artifact("local.d/multimap.conf", multimap_configuration(settings)),
    )
    return tuple(sorted(files, key=lambda file: file.path))


def findings(resolution: Answer, settings: RspamdSettings = DEFAULTS) -> tuple[Finding, ...]:
    """Tell what the maps of this profile cannot say exactly.

    Args:
        resolution: The answer for a graph.
        settings: What the admin chose.

    Returns:
        A finding for each address, domain or setting for which Rspamd decides otherwise than the
        resolution; the maps are exact for everything else.
    """
    odd = tuple(odd_addresses(resolution.addresses))
    return (
        *_delimiter(resolution),
        *_entries(resolution),
        *_addresses(odd),
        *_catch_alls(resolution, settings),
        *_unicode_domains(odd, resolution),
    )


@attrs.frozen
class _CatchAlls:
    """The catch-all domains, divided among the maps; ``left_out`` are in none."""

    domains: str
    patterns: str
    left_out: tuple[str, ...]


def _divide(resolution: Answer, settings: RspamdSettings) -> _CatchAlls:
    delimiter = resolution.graph.settings.recipient_delimiter
    domains: list[str] = []
    patterns: list[str] = []
    left_out = []
    for domain, exceptions in sorted(resolution.catch_alls.items()):
        if not exceptions:
            domains += (f"{name}\n" for name in spellings(domain))
            continue
        lines = pattern_lines(domain, exceptions, delimiter)
        if lines and len(patterns) + len(lines) <= settings.pattern_limit:
            patterns += lines
        else:
            left_out.append(domain)
    return _CatchAlls("".join(domains), "".join(patterns), tuple(left_out))


def _delimiter(resolution: Answer) -> Iterator[Finding]:
    delimiter = resolution.graph.settings.recipient_delimiter
    if delimiter != _DELIMITER:
        shown = f'"{delimiter}"' if delimiter else "empty"
        text = (
            f'recipient_delimiter is {shown}, but Rspamd takes extensions off at "+" and nowhere else: '
            "an address with an extension is not looked up as Postfix does it"
        )
        yield Finding("rspamd-delimiter", "error", text, _PLUGIN)


def _entries(resolution: Answer) -> Iterator[Finding]:
    """Find the entries that exact addresses and whole domains do not say."""
    extends = resolution.graph.settings.recipient_delimiter == _DELIMITER
    for entry in resolution.entries():
        key = entry.key
        if key.startswith("@."):
            text = f"the subdomains of the relay domain {key[2:]} reach outside and are not in the maps"
            yield Finding("rspamd-subdomains", "error", text, _PLUGIN, key)
        elif extends and _DELIMITER in key and _needs_extension(entry):
            fate = "reaches outside" if entry.listed else "does not reach outside"
            text = f"{key} {fate} with this extension, but Rspamd takes the extension off first"
            yield Finding("rspamd-extension", "error", text, _PLUGIN, key)


def _needs_extension(entry: Entry) -> bool:
    """Tell whether an entry cannot be had from the full address or from the one without extension."""
    local, _ = split_address(entry.key)
    return _DELIMITER in local[1:] and (not entry.listed or local.endswith("+*"))


def _addresses(odd: Iterable[str]) -> Iterator[Finding]:
    for address in odd:
        if reason := obstacle(address):
            text = f"{address} reaches outside and cannot stand in an Rspamd map: {reason}"
            yield Finding("rspamd-address", "error", text, "rename the address", address)
        elif is_unseen(address):
            text = f"{address} reaches outside, but not every Rspamd reads a recipient of this form"
            yield Finding("rspamd-unseen", "warning", text, "rename the address", address)


def _catch_alls(resolution: Answer, settings: RspamdSettings) -> Iterator[Finding]:
    for domain in _divide(resolution, settings).left_out:
        count = len(resolution.catch_alls[domain])
        text = (
            f"the catch-all of {domain} reaches outside and is not in the maps: one line cannot hold its "
            f"exceptions ({count}), or the limit of {settings.pattern_limit} lines is reached"
        )
        yield Finding("rspamd-catch-all", "error", text, _PLUGIN, f"@{domain}")


def _unicode_domains(odd: Iterable[str], resolution: Answer) -> Iterator[Finding]:
    listed = {split_address(address)[1] for address in odd}
    listed |= resolution.catch_alls.keys()
    unicode = sorted(domain for domain in listed if len(spellings(domain)) > 1)
    if unicode:
        text = (
            f"{len(unicode)} listed domains are not ASCII, {spellings(unicode[0])[-1]} first; Rspamd reads a "
            "recipient in that spelling since 3.10, and only in lower case"
        )
        yield Finding("rspamd-u-label", "notice", text, "run Rspamd 3.10 or newer", f"@{unicode[0]}")
