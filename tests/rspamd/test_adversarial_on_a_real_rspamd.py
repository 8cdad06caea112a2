"""Addresses that somebody chose to do harm: as rows they mean themselves and nothing else."""

from __future__ import annotations

import string
from itertools import count
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forwardresolve import ForwardingGraph, resolve
from forwardresolve.addresses import normalise, quote_local, split_address
from forwardresolve.records import Domain, Forward
from forwardresolve.rspamd import RspamdSettings, artifacts, findings, write
from forwardresolve.rspamd.lines import is_unseen, obstacle
from rspamd.told import is_told

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from servers.rspamd import Rspamd
    from servers.rspamd_versions import Version

pytestmark = pytest.mark.live

_MARKS: Final = string.punctuation + " "
_CORPUS: Final = (
    *(f"{mark}first" for mark in _MARKS),
    *(f"mid{mark}dle" for mark in _MARKS),
    *(f"last{mark}" for mark in _MARKS),
    "/.*/i",
    "/.*@.*/",
    ".*",
    "[a-z]+",
    "(?i)x",
    "^$",
    "a b#c",
    "a@b",
    "victim@b.example",
    "victim@b.example ",
    "<victim@b.example>",
    "victim@b.example,",
    "victim IS_FORWARDING:10",
    "@b.example",
    "delimiter +",
    "%00%2a",
    '"quoted"',
    "\\",
    "a\\",
    "\\@b",
    "{a}",
    ".include x",
    "//comment",
    ";x",
    "*",
    "base+*",
    "n" * 300,
)
_OTHERS: Final = (
    "victim@b.example",
    "victim@h.example",
    "nobody@h.example",
    "first@h.example",
    "mid@h.example",
    "dle@h.example",
    "last@h.example",
    "middle@h.example",
    "a@h.example",
    "c@h.example",
    "b@h.example",
    "h.example@b.example",
    "quoted@h.example",
    "base@b.example",
    "base@h.example",
    "base+x@h.example",
    "delimiter@b.example",
)
_numbers = count(1)


def _deploy(rspamd: Rspamd, locals_: Sequence[str], chosen: RspamdSettings) -> tuple[set[str], list[str]]:
    """Put rows in; return what reaches outside and cannot be missed, and what is told to be missed."""
    mark = f"mark{next(_numbers)}@mark.example"
    sources = [f"{quote_local(local)}@h.example" for local in locals_]
    rows = [Forward(source, "joe@gmail.example") for source in [*sources, mark]]
    graph = ForwardingGraph.from_records([*map(Domain, ("h.example", "b.example", "mark.example")), *rows])
    resolution = resolve(graph)
    write(artifacts(resolution, chosen), rspamd.root)
    rspamd.wait_for(lambda: "IS_FORWARDING" in rspamd.scan(mark, spam=False).symbols)
    found = findings(resolution, chosen)
    listed = {normalise(source) for source in sources}
    missed = [each for each in listed if is_unseen(each) or (chosen.profile == "multimap" and obstacle(each))]
    assert all(is_told(found, each) for each in missed)
    return listed - set(missed), missed


def _is_hit(rspamd: Rspamd, recipient: str) -> bool:
    return "IS_FORWARDING" in rspamd.scan(recipient, spam=False).symbols


@pytest.fixture(scope="module", params=["multimap", "plugin"])
def chosen(request: pytest.FixtureRequest) -> RspamdSettings:
    """Choose each profile."""
    return RspamdSettings(profile=request.param)


@pytest.fixture(scope="module")
def rspamd(
    start_rspamd: Callable[..., Rspamd],
    make_root: Callable[[], Path],
    version: Version,
    chosen: RspamdSettings,
) -> Rspamd:
    """Start a Rspamd of each version with each profile and no list."""
    root = make_root()
    write(artifacts(resolve(ForwardingGraph.from_records([Domain("h.example")])), chosen), root)
    rspamd = start_rspamd(root, version)
    assert not _is_hit(rspamd, "nobody@h.example")
    return rspamd


def test_each_address_of_the_corpus_matches_itself_and_nobody_else(
    rspamd: Rspamd, chosen: RspamdSettings
) -> None:
    seen, missed = _deploy(rspamd, _CORPUS, chosen)
    assert {each for each in seen if not _is_hit(rspamd, each)} == set()
    assert len(seen) > 90
    assert len(missed) < 20
    others = {normalise(each) for each in _OTHERS} - seen
    assert {each for each in others if _is_hit(rspamd, each)} == set()
    plain = {f"{quote_local(split_address(each)[0].strip(chr(34)))}@b.example" for each in seen}
    assert {each for each in plain if _is_hit(rspamd, each)} == set()


@given(
    st.lists(st.text(st.sampled_from("ab\"/#\\ ;{}*+-'@<>():.%$&|"), min_size=1, max_size=8), unique=True),
    st.lists(st.text(st.sampled_from('ab"/# +*@'), min_size=1, max_size=4), unique=True, max_size=8),
)
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_names_match_themselves_and_nobody_else(
    rspamd: Rspamd, chosen: RspamdSettings, locals_: list[str], others: list[str]
) -> None:
    seen, _ = _deploy(rspamd, locals_, chosen)
    assert {each for each in seen if not _is_hit(rspamd, each)} == set()
    strangers = {normalise(f"{quote_local(local)}@b.example") for local in [*locals_, *others]}
    assert {each for each in strangers if _is_hit(rspamd, each)} == set()
