"""A real Rspamd with constant databases decides as it does with maps of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from forwardresolve import ForwardingGraph, resolve
from forwardresolve.records import Domain, Forward, Mailbox
from forwardresolve.rspamd import RspamdSettings, artifacts, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from forwardresolve.records import Record
    from servers.rspamd import Rspamd
    from servers.rspamd_versions import Version

pytestmark = pytest.mark.live

_RECORDS: Final[tuple[Record, ...]] = (
    Domain("a.example"),
    Domain("all.example"),
    Domain("most.example"),
    Domain("münchen.example"),
    Forward("info@a.example", "joe@gmail.example"),
    Forward("lit+plus@a.example", "joe@gmail.example"),
    Forward('"a b#c"@a.example', "joe@gmail.example"),
    Forward("info@münchen.example", "joe@gmail.example"),
    Forward("@all.example", "joe@gmail.example"),
    Forward("@most.example", "joe@gmail.example"),
    Mailbox("keep@most.example"),
    Forward("keep@most.example", "keep@most.example"),
)
_LISTED = (
    "INFO@A.Example",
    "info+tag@a.example",
    "Lit+Plus@a.example",
    '"A b#c"@a.example',
    "info@XN--mnchen-3ya.example",
    "any@ALL.example",
    "any@most.example",
)
_STAYING = ("box@a.example", "lit@a.example", "Keep@most.example", "keep+tag@most.example", "1@b.example")


@pytest.mark.parametrize("profile", ["multimap", "plugin"])
def test_databases_are_looked_up_in_any_case_and_obeyed_when_they_change(
    start_rspamd: Callable[..., Rspamd], make_root: Callable[[], Path], version: Version, profile: str
) -> None:
    root = make_root()
    settings = RspamdSettings(profile="plugin" if profile == "plugin" else "multimap", map_format="cdb")
    write(artifacts(resolve(ForwardingGraph.from_records(_RECORDS)), settings), root)
    rspamd = start_rspamd(root, version)
    assert {each for each in _LISTED + _STAYING if rspamd.scan(each).action == "reject"} == set(_LISTED)
    changed = [*_RECORDS, Forward("1@b.example", "joe@gmail.example"), Domain("b.example")]
    written = write(artifacts(resolve(ForwardingGraph.from_records(changed)), settings), root).changed
    assert {path.suffix for path in written} == {".cdb"}
    assert rspamd.wait_for(lambda: rspamd.scan("1@b.example").action == "reject") < 5
