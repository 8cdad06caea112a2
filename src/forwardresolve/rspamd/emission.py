"""From a resolution to the files of a profile, with what the profile cannot say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forwardresolve.errors import BackendIncomplete
from forwardresolve.rspamd import multimap, plugin
from forwardresolve.rspamd.exemptions import decided
from forwardresolve.rspamd.settings import RspamdSettings

if TYPE_CHECKING:
    from forwardresolve.findings import Finding
    from forwardresolve.rspamd.answer import Answer
    from forwardresolve.rspamd.artifact import Artifact

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
    return tuple(sorted(emit(_decided(resolution, settings), settings), key=lambda file: file.path))


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
    if settings.profile == "plugin":
        return tuple(plugin.findings(answer))
    return tuple(multimap.findings(answer, settings))


def _decided(resolution: Answer, settings: RspamdSettings) -> Answer:
    return decided(resolution, [each.address for each in settings.exempt], settings.protect)
