"""The plugin profile: one map with the exact table, and a Lua plugin that looks recipients up in it."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from forwardresolve.addresses import split_address
from forwardresolve.findings import Finding
from forwardresolve.rspamd.artifact import (
    LISTED,
    configuration_artifact,
    plugin_artifact,
)
from forwardresolve.rspamd.configuration import plugin_configuration
from forwardresolve.rspamd.formats import map_files, size
from forwardresolve.rspamd.lines import is_unseen, odd_addresses, unicode_domains
from forwardresolve.rspamd.table import DELIMITER_KEY, table, table_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forwardresolve.rspamd.answer import Answer
    from forwardresolve.rspamd.artifact import Artifact
    from forwardresolve.rspamd.settings import RspamdSettings


def artifacts(answer: Answer, settings: RspamdSettings) -> tuple[Artifact, ...]:
    """Write the files of the map, the section of the plugin and the plugin itself."""
    code = files("forwardresolve.rspamd").joinpath("lua", "forwardresolve.lua").read_text(encoding="utf-8")
    maps = map_files(
        settings,
        settings.table_map,
        size(answer),
        lambda: "".join(table_lines(answer)),
        lambda: valued(table(answer)),
    )
    return (
        *maps,
        configuration_artifact("modules.d/forwardresolve.conf", plugin_configuration(settings)),
        plugin_artifact("plugins.d/forwardresolve.lua", code),
    )


def valued(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Give every key that is listed the value that a database holds for it; no delimiter must stay none."""
    return ((key, value or ("" if key == DELIMITER_KEY else LISTED)) for key, value in pairs)


def findings(answer: Answer) -> Iterator[Finding]:
    """Tell which recipients Rspamd itself does not read; the table is exact for all others."""
    odd = tuple(odd_addresses(answer.addresses))
    for address in odd:
        if is_unseen(address):
            text = f"{address} reaches outside, but not every Rspamd reads a recipient of this form"
            yield Finding("rspamd-unseen", "warning", text, "rename the address", address)
    yield from unicode_domains({split_address(address)[1] for address in odd} | answer.catch_alls.keys())
