"""The way of this project: every rule of Postfix, for every possible recipient."""

from __future__ import annotations

import sqlalchemy.dialects.sqlite

import forwardresolve_backends.postfixadmin
from forwardresolve import ForwardingGraph, resolve
from forwardresolve.registry import make_backend

# What a build imports where it is used is here from the beginning: no way pays for its imports.
assert sqlalchemy.dialects.sqlite
assert forwardresolve_backends.postfixadmin


def listed(database: str) -> list[str]:
    """Return every listed address, and ``@domain`` for every domain whose unknown addresses are."""
    backend = make_backend("postfixadmin", {"url": f"sqlite:///{database}"}, "source.panel")
    resolution = resolve(ForwardingGraph.from_sources({"panel": backend.records()}))
    return [*resolution.addresses, *(f"@{domain}" for domain in resolution.catch_alls)]
