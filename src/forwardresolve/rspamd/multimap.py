"""The multimap profile: stock Rspamd, three kinds of maps and two configuration files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs

from forwardresolve.addresses import split_address
from forwardresolve.entries import STAR
from forwardresolve.findings import Finding
from forwardresolve.rspamd.artifact import LISTED, configuration_artifact, map_artifact
from forwardresolve.rspamd.configuration import (
    MAPS,
    force_actions_configuration,
    multimap_configuration,
)
from forwardresolve.rspamd.formats import map_files, size
from forwardresolve.rspamd.lines import (
    address_keys,
    address_lines,
    is_unseen,
    obstacle,
    odd_addresses,
    pattern_lines,
    spellings,
    unicode_domains,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forwardresolve.entries import Entry
    from forwardresolve.rspamd.answer import Answer
    from forwardresolve.rspamd.artifact import Artifact
    from forwardresolve.rspamd.settings import RspamdSettings

_PLUGIN: Final = "the plugin profile looks recipients up as Postfix does and can say it"
_DELIMITER: Final = "+"
"""The one recipient delimiter that Rspamd knows; it takes what follows off every recipient."""


def artifacts(answer: Answer, settings: RspamdSettings) -> tuple[Artifact, ...]:
    """Write the maps and the two configuration files."""
    catch_alls = _divide(answer, settings)
    domains = catch_alls.domains
    maps = (
        *map_files(
            settings,
            settings.address_map,
            size(answer),
            lambda: "".join(address_lines(answer.addresses)),
            lambda: ((key, LISTED) for key in address_keys(answer.addresses)),
        ),
        *map_files(
            settings,
            settings.domain_map,
            len(domains),
            lambda: "".join(f"{domain}\n" for domain in domains),
            lambda: ((domain, LISTED) for domain in domains),
        ),
    )
    return (
        *maps,
        map_artifact(f"{MAPS}/{settings.pattern_map}", catch_alls.patterns),
        configuration_artifact("local.d/force_actions.conf", force_actions_configuration(settings)),
        configuration_artifact("local.d/multimap.conf", multimap_configuration(settings)),
    )


def findings(answer: Answer, settings: RspamdSettings) -> Iterator[Finding]:
    """Tell what the maps cannot say; they are exact for everything else."""
    odd = tuple(odd_addresses(answer.addresses))
    yield from _delimiter(answer)
    yield from _entries(answer)
    yield from _addresses(odd)
    yield from _catch_alls(answer, settings)
    yield from unicode_domains({split_address(address)[1] for address in odd} | answer.catch_alls.keys())


@attrs.frozen
class _CatchAlls:
    """The catch-all domains, divided among the maps; ``left_out`` are in none."""

    domains: tuple[str, ...]
    patterns: str
    left_out: tuple[str, ...]


def _divide(answer: Answer, settings: RspamdSettings) -> _CatchAlls:
    delimiter = answer.graph.settings.recipient_delimiter
    domains: list[str] = []
    patterns: list[str] = []
    left_out = []
    for domain, exceptions in sorted(answer.catch_alls.items()):
        if not exceptions:
            domains += spellings(domain)
            continue
        lines = pattern_lines(domain, exceptions, delimiter)
        if lines and len(patterns) + len(lines) <= settings.pattern_limit:
            patterns += lines
        else:
            left_out.append(domain)
    return _CatchAlls(tuple(domains), "".join(patterns), tuple(left_out))


def _delimiter(answer: Answer) -> Iterator[Finding]:
    delimiter = answer.graph.settings.recipient_delimiter
    if delimiter != _DELIMITER:
        shown = f'"{delimiter}"' if delimiter else "empty"
        text = (
            f'recipient_delimiter is {shown}, but Rspamd takes extensions off at "+" and nowhere else: '
            "an address with an extension is not looked up as Postfix does it"
        )
        yield Finding("rspamd-delimiter", "error", text, _PLUGIN)


def _entries(answer: Answer) -> Iterator[Finding]:
    """Find the entries that exact addresses and whole domains do not say."""
    extends = answer.graph.settings.recipient_delimiter == _DELIMITER
    for entry in answer.entries():
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
    return _DELIMITER in local[1:] and (not entry.listed or local.endswith(STAR))


def _addresses(odd: Iterable[str]) -> Iterator[Finding]:
    for address in odd:
        if reason := obstacle(address):
            text = f"{address} reaches outside and cannot stand in an Rspamd map: {reason}"
            yield Finding("rspamd-address", "error", text, "rename the address", address)
        elif is_unseen(address):
            text = f"{address} reaches outside, but not every Rspamd reads a recipient of this form"
            yield Finding("rspamd-unseen", "warning", text, "rename the address", address)


def _catch_alls(answer: Answer, settings: RspamdSettings) -> Iterator[Finding]:
    for domain in _divide(answer, settings).left_out:
        count = len(answer.catch_alls[domain])
        text = (
            f"the catch-all of {domain} reaches outside and is not in the maps: one line cannot hold its "
            f"exceptions ({count}), or the limit of {settings.pattern_limit} lines is reached"
        )
        yield Finding("rspamd-catch-all", "error", text, _PLUGIN, f"@{domain}")
