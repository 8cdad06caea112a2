"""The list of all mail addresses that reach an outside address, computed exactly."""

from forwardresolve.errors import (
    AddressError,
    BackendError,
    ConfigError,
    ForwardResolveError,
    TargetError,
    UnsafeChange,
)
from forwardresolve.graph import Final, ForwardingGraph
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

__version__ = "0.1.0"
