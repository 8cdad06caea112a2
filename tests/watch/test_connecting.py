"""Which targets stay connected."""

from __future__ import annotations

from pathlib import Path

from forwardresolve.config import from_table
from forwardresolve.deploy.directory import Directory
from forwardresolve.deploy.lasting import Lasting
from forwardresolve.watch.connecting import connected_targets


def test_front_ends_behind_ssh_stay_connected_and_directories_are_as_they_were() -> None:
    targets = [
        {"name": "mx1", "kind": "ssh", "host": "mx1.example"},
        {"name": "mx2", "kind": "directory", "root": "/etc/rspamd"},
    ]
    chosen = from_table({"source": {"panel": {"backend": "aliases"}}, "target": targets})
    with connected_targets(chosen) as connected:
        first, second = (each.target for each in connected.targets)
        assert isinstance(first, Lasting)
        assert first.name == "mx1"
        assert second == Directory(name="mx2", root=Path("/etc/rspamd"))
        assert [each.rspamd for each in connected.targets] == [each.rspamd for each in chosen.targets]
