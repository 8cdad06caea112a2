"""Run a whole configuration: what `forwardresolve build`, `plan` and `apply` do, for a program to call."""

from forwardresolve.pipeline.building import (
    Build,
    Counts,
    build,
    diagnose,
    read,
    records,
    resolution,
    rspamd_settings,
)
from forwardresolve.pipeline.deploying import (
    Made,
    apply,
    compare,
    make,
    note_failure,
    plan,
    roll_back,
    status,
)

__all__ = [
    "Build",
    "Counts",
    "Made",
    "apply",
    "build",
    "compare",
    "diagnose",
    "make",
    "note_failure",
    "plan",
    "read",
    "records",
    "resolution",
    "roll_back",
    "rspamd_settings",
    "status",
]
