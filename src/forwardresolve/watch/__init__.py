"""A resident process that keeps sources and front ends together, and how panels speak to it."""

from forwardresolve.watch.client import WatchClient

__all__ = ["WatchClient"]
