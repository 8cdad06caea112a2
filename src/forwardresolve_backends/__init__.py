"""Reads a source: the backends that come with forwardresolve."""
