"""The plugin profile: one map with the exact table, and a Lua plugin that looks recipients up in it."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from forwardresolve.addresses import split_address
from forwardresolve.findings import Finding
from forwardresolve.rspamd.artifact import (
    LISTED,
    configuration_artifact,
    database_artifact,
    map_artifact,
    plugin_artifact,
)
from forwardresolve.rspamd.configuration import MAPS, plugin_configuration
from forwardresolve.rspamd.lines import is_unseen, odd_addresses, unicode_domains
from forwardresolve.rspamd.table import table, table_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.rspamd.answer import Answer
    from forwardresolve.rspamd.artifact import Artifact
    from forwardresolve.rspamd.settings import RspamdSettings


def artifacts(answer: Answer, settings: RspamdSettings) -> tuple[Artifact, ...]:
    """Write the map, the section of the plugin and the plugin itself."""
    code = files("forwardresolve.rspamd").joinpath("lua", "forwardresolve.lua").read_text(encoding="utf-8")
    path = f"{MAPS}/{settings.file(settings.table_map)}"
    if settings.map_format == "cdb":
        made = database_artifact(path, ((key, value or LISTED) for key, value in table(answer)))
    else:
        made = map_artifact(path, "".join(table_lines(answer)))
    return (
        made,
        configuration_artifact("modules.d/forwardresolve.conf", plugin_configuration(settings)),
        plugin_artifact("plugins.d/forwardresolve.lua", code),
    )


def findings(answer: Answer) -> Iterator[Finding]:
    """Tell which recipients Rspamd itself does not read; the table is exact for all others."""
    odd = tuple(odd_addresses(answer.addresses))
    for address in odd:
        if is_unseen(address):
            text = f"{address} reaches outside, but not every Rspamd reads a recipient of this form"
            yield Finding("rspamd-unseen", "warning", text, "rename the address", address)
    yield from unicode_domains({split_address(address)[1] for address in odd} | answer.catch_alls.keys())
