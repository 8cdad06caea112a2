"""Turn a resolution into the files that make Rspamd refuse spam to what forwards outside."""

from forwardresolve.rspamd.artifact import MARKER, Artifact
from forwardresolve.rspamd.multimap import artifacts, findings
from forwardresolve.rspamd.settings import RspamdSettings
from forwardresolve.rspamd.writing import Written, write

__all__ = ["MARKER", "Artifact", "RspamdSettings", "Written", "artifacts", "findings", "write"]
