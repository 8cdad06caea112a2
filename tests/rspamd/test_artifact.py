"""The marker and the generation."""

from __future__ import annotations

import hashlib

import pytest

from forwardresolve.rspamd import MARKER, Artifact, is_ours
from forwardresolve.rspamd.artifact import configuration_artifact, map_artifact, plugin_artifact


def test_a_map_begins_with_the_marker_and_the_digest_of_its_lines() -> None:
    artifact = map_artifact("maps/list", "info@a.example\nmüller@a.example\n")
    first, _, rest = artifact.content.partition(b"\n")
    assert first.decode() == f"{MARKER}, generation {hashlib.sha256(rest).hexdigest()}"
    assert rest.decode() == "info@a.example\nmüller@a.example\n"
    assert artifact.kind == "map"


def test_other_lines_are_another_generation() -> None:
    one, other = (map_artifact("list", lines).content for lines in ("a@a.example\n", "b@a.example\n"))
    assert one.partition(b"\n")[0] != other.partition(b"\n")[0]


def test_a_configuration_begins_with_the_marker() -> None:
    artifact = configuration_artifact("local.d/multimap.conf", "A {}\n")
    assert artifact.content.startswith(MARKER.encode())
    assert artifact.content.endswith(b"\nA {}\n")
    assert artifact.kind == "configuration"


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../rspamd.conf", "local.d/../../x"])
def test_an_artifact_stays_below_its_root(path: str) -> None:
    with pytest.raises(ValueError, match="must stay below the root"):
        Artifact(path, b"", "map")


def test_the_content_stays_out_of_the_repr() -> None:
    assert "info@a.example" not in repr(map_artifact("list", "info@a.example\n"))


def test_a_file_is_ours_by_its_first_line_alone() -> None:
    assert is_ours(plugin_artifact("plugins.d/x.lua", "return 1\n").content)
    assert is_ours(configuration_artifact("x.conf", "").content)
    assert not is_ours(f"-- mine\n{MARKER}\n".encode())
    assert not is_ours(b"")
