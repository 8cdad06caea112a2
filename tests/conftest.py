"""Fixtures live in modules of their own, next to what they start; this file names the modules."""

from __future__ import annotations

pytest_plugins = [
    "backends.postfix_configuration",
    "servers.sql",
    "servers.postgresql",
    "servers.mariadb",
    "servers.redis",
    "servers.rspamd",
    "servers.site",
    "servers.postfix",
    "servers.certificates",
    "backends.panels.databases",
]
