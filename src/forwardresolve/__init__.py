"""The list of all mail addresses that reach an outside address, computed exactly."""

from forwardresolve.entries import Entry
from forwardresolve.errors import (
    AddressError,
    BackendError,
    ConfigError,
    ForwardResolveError,
    TargetError,
    UnsafeChange,
)
from forwardresolve.findings import Finding, findings
from forwardresolve.graph import ForwardingGraph
from forwardresolve.hops import Final
from forwardresolve.live import Delta, LiveResolution
from forwardresolve.reachability import Resolution, Verdict, resolve
from forwardresolve.records import (
    Domain,
    DomainAlias,
    Forward,
    Mailbox,
    Origin,
    Pattern,
    Relocated,
    Remark,
    Site,
    Transport,
)

__all__ = [
    "AddressError",
    "BackendError",
    "ConfigError",
    "Delta",
    "Domain",
    "DomainAlias",
    "Entry",
    "Final",
    "Finding",
    "Forward",
    "ForwardResolveError",
    "ForwardingGraph",
    "LiveResolution",
    "Mailbox",
    "Origin",
    "Pattern",
    "Relocated",
    "Remark",
    "Resolution",
    "Site",
    "TargetError",
    "Transport",
    "UnsafeChange",
    "Verdict",
    "findings",
    "resolve",
]

__version__ = "0.1.0"
