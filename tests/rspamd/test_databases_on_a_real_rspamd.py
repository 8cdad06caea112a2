"""A real Rspamd with constant databases decides as it does with maps of text."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import pytest

from forwardresolve import ForwardingGraph, resolve
from forwardresolve.records import Domain, Forward, Mailbox
from forwardresolve.rspamd import RspamdSettings, artifacts, formats, write

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from forwardresolve.records import Record
    from forwardresolve.rspamd.settings import Profile
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


@pytest.mark.parametrize("profile", ["multimap", "plugin"])
def test_a_list_that_grows_and_shrinks_over_the_limits_protects_all_the_time(
    start_rspamd: Callable[..., Rspamd],
    make_root: Callable[[], Path],
    version: Version,
    profile: Profile,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(formats, "LARGE", 10)
    monkeypatch.setattr(formats, "OVERLAP", 5)
    settings = RspamdSettings(profile=profile)
    root = make_root()

    def put(count: int) -> None:
        rows = [Forward(f"name{number}@a.example", "joe@gmail.example") for number in range(count)]
        graph = ForwardingGraph.from_records([Domain("a.example"), *rows])
        kinds = {path.parent.name for path in write(artifacts(resolve(graph), settings), root).changed}
        assert count == 3 or kinds == {"maps.d"}

    put(3)
    rspamd = start_rspamd(root, version)
    missed: list[str] = []
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.is_set():
            missed.extend({rspamd.scan("name0@a.example").action} - {"reject"})

    def becomes(name: str, action: str) -> None:
        rspamd.wait_for(lambda: rspamd.scan(name).action == action)

    assert rspamd.scan("name2@a.example").action == "reject"
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for count in (7, 12, 11, 7, 4, 3):
            put(count)
            there, gone = f"name{count - 1}@a.example", f"name{count}@a.example"
            becomes(there, "reject")
            becomes(gone, "add header")
    finally:
        is_over.set()
        watcher.join()
    assert missed == []


def test_a_database_of_a_site_without_delimiter_splits_nothing(
    start_rspamd: Callable[..., Rspamd], make_root: Callable[[], Path], version: Version
) -> None:
    root = make_root()
    graph = ForwardingGraph.from_records(
        [Domain("a.example"), Forward("a@a.example", "joe@gmail.example")], recipient_delimiter=""
    )
    write(artifacts(resolve(graph), RspamdSettings(profile="plugin", map_format="cdb")), root)
    rspamd = start_rspamd(root, version)
    assert rspamd.scan("a@a.example").action == "reject"
    assert rspamd.scan("a1b@a.example", "a+b@a.example").action == "add header"
