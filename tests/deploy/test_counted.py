"""What a guard counts from patches is what it would count by reading everything."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forwardresolve.deploy.counted import Counted, said_by
from forwardresolve.deploy.generation import Generation
from forwardresolve.deploy.guard import Amounts, Limits
from forwardresolve.deploy.own_guard import OwnGuard
from forwardresolve.deploy.patching import Patch, patch_between
from forwardresolve.errors import UnsafeChange
from forwardresolve.rspamd import Artifact
from forwardresolve.rspamd.artifact import database_artifact, map_artifact
from forwardresolve.rspamd.lines import pattern_lines
from forwardresolve.rspamd.parts import is_table
from forwardresolve.rspamd.reading import read_keys
from forwardresolve.rspamd.table import DELIMITER_KEY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ADDRESSES: Final = (
    "a@a.example",
    "b@a.example",
    "a b@a.example",
    "x@xn--mnchen-3ya.example",
    "x@m\u00fcnchen.example",
)
_DOMAINS: Final = ("a.example", "xn--mnchen-3ya.example", "m\u00fcnchen.example")
_PATTERNS: Final = tuple(
    line.rstrip("\n")
    for domain in ("a.example", "xn--mnchen-3ya.example")
    for exceptions in (["k"], ["k", "l"], ["l"])
    for line in pattern_lines(domain, [f"{name}@{domain}" for name in exceptions], "+")
)
_KEYS: Final = (
    "@a.example",
    "k@a.example",
    "u+*@a.example",
    "@xn--mnchen-3ya.example",
    "@m%c3%bcnchen.example",
)


def _text(path: str, lines: set[str]) -> bytes:
    quoted = (f'"{line}"' if " " in line and line[0] != "/" else line for line in lines)
    return map_artifact(path, "".join(f"{line}\n" for line in quoted)).content


@st.composite
def _multimap(draw: st.DrawFn) -> list[bytes]:
    """Draw the maps of the multimap profile, an address in a text, a database, or both."""
    return [
        _text("text", draw(st.sets(st.sampled_from(_ADDRESSES)))),
        database_artifact("cdb", ((key, "1") for key in draw(st.sets(st.sampled_from(_ADDRESSES))))).content,
        _text("domains", draw(st.sets(st.sampled_from(_DOMAINS)))),
        _text("patterns", draw(st.sets(st.sampled_from(_PATTERNS)))),
    ]


@st.composite
def _plugin(draw: st.DrawFn) -> list[bytes]:
    """Draw the maps of the plugin profile; one that holds nothing has no delimiter."""
    tables = draw(
        st.lists(
            st.dictionaries(st.sampled_from(_KEYS), st.sampled_from(["1", "-"]))
            | st.just({}).map(lambda _: {}),
            min_size=2,
            max_size=2,
        )
    )
    text, database = ({**table, DELIMITER_KEY: "+"} if table else table for table in tables)
    lines = {key if value == "1" else f"{key} {value}" for key, value in text.items()}
    written = map_artifact("text", "".join(f"{line}\n" for line in lines)).content
    return [written, database_artifact("cdb", database.items()).content]


def _whole(before: list[bytes], after: list[bytes]) -> Amounts:
    had, has = read_keys(before), read_keys(after)
    return Amounts(held=len(had), removed=len(had - has), added=len(has - had), listed=len(has))


@settings(max_examples=50, deadline=None)
@given(stages=st.lists(_multimap(), min_size=3, max_size=3))
def test_patches_are_counted_as_whole_maps_are(stages: list[list[bytes]]) -> None:
    counted = Counted.of(stages[0])
    for before, after in itertools.pairwise(stages):
        assert counted.keys == read_keys(before)
        said = said_by((patch_between(*each), False) for each in zip(before, after, strict=True))
        assert counted.changed_by(said) == _whole(before, after)
        assert counted.followed_by(read_keys(after)) == _whole(before, after)
        counted.follow(said)
        assert counted == Counted.of(after)


def _generation(contents: list[bytes]) -> Generation:
    return Generation(tuple(Artifact(f"{at}", each, "map") for at, each in enumerate(contents)))


def _verdict(
    guard: OwnGuard, before: Generation, after: Generation, patches: Mapping[str, Patch] | None
) -> str:
    try:
        guard(before, after, "", patches)
    except UnsafeChange as error:
        return str(error)
    return ""


@pytest.mark.parametrize("maps", [_multimap(), _plugin()], ids=["multimap", "plugin"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_the_verdict_on_patches_is_that_on_whole_maps(
    maps: st.SearchStrategy[list[bytes]], data: st.DataObject
) -> None:
    limits = Limits(removed=1, removed_percent=30, added=1, added_percent=30)
    lasting = OwnGuard(limits)
    held = data.draw(maps)
    for _ in range(3):
        wanted = data.draw(maps)
        before, after = _generation(held), _generation(wanted)
        patches = {
            f"{at}": patch_between(*each)
            for at, each in enumerate(zip(held, wanted, strict=True))
            if each[0] != each[1]
        }
        verdict = _verdict(lasting, before, after, patches)
        assert verdict == _verdict(OwnGuard(limits), before, after, None)
        assert lasting._known[after.digest if not verdict else before.digest] == Counted.of(
            held if verdict else wanted
        )
        if not verdict:
            held = wanted


def test_a_conversation_reads_what_is_held_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    of = Counted.of

    def noted(contents: Iterable[bytes]) -> Counted:
        read.extend(contents)
        return of(read)

    monkeypatch.setattr(Counted, "of", noted)
    stages = [[_text("text", {f"u{number}@a.example" for number in range(count)})] for count in (3, 4, 5)]
    guard = OwnGuard(Limits())
    for before, after in itertools.pairwise(stages):
        guard(_generation(before), _generation(after), "", {"0": patch_between(before[0], after[0])})
    assert read == stages[0]


def test_a_patch_that_makes_a_table_of_a_map_is_judged_by_the_whole_map() -> None:
    before = [database_artifact("cdb", [("keep@a.example", "-")]).content]
    after = [database_artifact("cdb", [("keep@a.example", "-"), (DELIMITER_KEY, "+")]).content]
    assert (is_table(before[0]), is_table(after[0])) == (False, True)
    guard = OwnGuard(Limits(removed=0, removed_percent=0))
    patches = {"0": patch_between(before[0], after[0])}
    assert "1 addresses of 1 (100%) would go" in _verdict(
        guard, _generation(before), _generation(after), patches
    )
