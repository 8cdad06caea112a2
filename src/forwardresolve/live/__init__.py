"""The same answer, kept up to date change by change."""

from forwardresolve.live.changes import (
    Change,
    RemoveDomain,
    RemoveDomainAlias,
    RemoveForwarding,
    RemoveMailbox,
    SetDomain,
    SetDomainAlias,
    SetForwarding,
    SetMailbox,
)
from forwardresolve.live.delta import Delta, Difference
from forwardresolve.live.live import LiveResolution

__all__ = [
    "Change",
    "Delta",
    "Difference",
    "LiveResolution",
    "RemoveDomain",
    "RemoveDomainAlias",
    "RemoveForwarding",
    "RemoveMailbox",
    "SetDomain",
    "SetDomainAlias",
    "SetForwarding",
    "SetMailbox",
]
