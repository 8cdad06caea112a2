"""From a resolution to the files of a profile, with what the profile cannot say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forwardresolve.errors import BackendIncomplete
from forwardresolve.findings import Finding
from forwardresolve.rspamd import multimap, plugin
from forwardresolve.rspamd.artifact import configuration_artifact
from forwardresolve.rspamd.configuration import MAPS, actions_configuration
from forwardresolve.rspamd.exemptions import decided
from forwardresolve.rspamd.formats import LARGE, size
from forwardresolve.rspamd.settings import RspamdSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.rspamd.answer import Answer
    from forwardresolve.rspamd.artifact import Artifact

_KNOWN_ACTIONS: Final = frozenset({"reject"})
"""Actions that every Rspamd knows; another one has to be named to it."""

DEFAULTS: Final = RspamdSettings()


def artifacts(resolution: Answer, settings: RspamdSettings = DEFAULTS) -> tuple[Artifact, ...]:
    """Write the files that make Rspamd refuse spam to what a resolution lists.

    All maps of the profile are always among them, empty ones too: a map whose file is deleted
    keeps its old lines in a running Rspamd, and a map that appears later would change the
    configuration.

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
    emit = plugin.artifacts if settings.profile == "plugin" else multimap.artifacts
    files = emit(_decided(resolution, settings), settings)
    if settings.action not in _KNOWN_ACTIONS:
        files = (*files, configuration_artifact("local.d/actions.conf", actions_configuration(settings)))
    return tuple(sorted(files, key=lambda file: file.path))


def map_paths(settings: RspamdSettings = DEFAULTS) -> tuple[str, ...]:
    """Return the paths of the maps among the artifacts; they depend on the settings alone.

    Args:
        settings: What the admin chose.
    """
    if settings.profile == "plugin":
        names = [*settings.files(settings.table_map).values()]
    else:
        listed = (settings.address_map, settings.domain_map)
        names = [file for name in listed for file in settings.files(name).values()]
        names.append(settings.pattern_map)
    return tuple(sorted(f"{MAPS}/{name}" for name in names))


def findings(resolution: Answer, settings: RspamdSettings = DEFAULTS) -> tuple[Finding, ...]:
    """Tell what the files cannot say exactly.

    Args:
        resolution: The answer for a graph.
        settings: What the admin chose.

    Returns:
        A finding for each address, domain or setting for which Rspamd decides otherwise than the
        resolution; the files are exact for everything else.
    """
    answer = _decided(resolution, settings)
    of_profile = (
        plugin.findings(answer) if settings.profile == "plugin" else multimap.findings(answer, settings)
    )
    return (*of_profile, *_size(answer, settings))


def _size(answer: Answer, settings: RspamdSettings) -> Iterator[Finding]:
    keys = size(answer)
    if keys >= LARGE and settings.map_format == "text":
        text = f"the list has {keys} keys, and scanning stops at every change while Rspamd reads them"
        advice = "take map_format out of [rspamd], then run: forwardresolve rspamd install"
        yield Finding("rspamd-large-map", "notice", text, advice)


def _decided(resolution: Answer, settings: RspamdSettings) -> Answer:
    return decided(resolution, [each.address for each in settings.exempt], settings.protect)
