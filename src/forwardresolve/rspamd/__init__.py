"""Turn a resolution into the files that make Rspamd refuse spam to what forwards outside."""

from forwardresolve.rspamd.answer import Answer
from forwardresolve.rspamd.artifact import Artifact, is_ours
from forwardresolve.rspamd.emission import artifacts, findings, map_paths
from forwardresolve.rspamd.exemptions import Exemption
from forwardresolve.rspamd.marker import MARKER
from forwardresolve.rspamd.settings import RspamdSettings
from forwardresolve.rspamd.writing import Written, write

__all__ = [
    "MARKER",
    "Answer",
    "Artifact",
    "Exemption",
    "RspamdSettings",
    "Written",
    "artifacts",
    "findings",
    "is_ours",
    "map_paths",
    "write",
]
