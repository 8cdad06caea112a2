"""What changes in a map: the patch leads to the same bytes, is small, and nothing else is one."""

from __future__ import annotations

import itertools
import json
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forwardresolve.deploy.patching import Patch, patch_between, patched
from forwardresolve.errors import TargetError
from forwardresolve.rspamd.artifact import database_artifact, map_artifact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PATH = "local.d/maps.d/x"
LINE = st.sampled_from([f"u{number}@a.example" for number in range(12)] + ['"a\rb"@b', "\u0431@b"])
LINES = st.sets(LINE)


def text(lines: Iterable[str]) -> bytes:
    return map_artifact(PATH, "".join(f"{line}\n" for line in lines)).content


def database(lines: Iterable[str]) -> bytes:
    return database_artifact(PATH, ((line, "1") for line in lines)).content


MADE = pytest.mark.parametrize("made", [text, database])


@MADE
@settings(deadline=None)
@given(before=LINES, after=LINES)
def test_a_patch_leads_to_the_same_bytes(
    made: Callable[[Iterable[str]], bytes], before: set[str], after: set[str]
) -> None:
    old, new = made(before), made(after)
    patch = patch_between(old, new)
    assert patched(old, patch) == new
    assert len(patch.goes) + len(patch.comes) == len(before ^ after)
    assert Patch.decode(patch.encode()) == patch


@MADE
@settings(max_examples=50, deadline=None)
@given(stages=st.lists(LINES, min_size=4, max_size=4))
def test_patches_are_put_behind_each_other(
    made: Callable[[Iterable[str]], bytes], stages: list[set[str]]
) -> None:
    maps = [made(each) for each in stages]
    one, two, three = (patch_between(*each) for each in itertools.pairwise(maps))
    both = one.then(two)
    assert both == patch_between(maps[0], maps[2])
    assert both.then(three) == one.then(two.then(three)) == patch_between(maps[0], maps[3])


def test_a_patch_that_does_not_follow_is_told() -> None:
    for one, other in ((Patch(goes=[b"a"]), Patch(goes=[b"a"])), (Patch((), [b"a"]), Patch((), [b"a"]))):
        with pytest.raises(ValueError, match="go or come twice"):
            one.then(other)
    with pytest.raises(ValueError, match="cannot go and come"):
        Patch([b"a"], [b"a"])


def test_a_patch_without_parts_changes_nothing() -> None:
    assert not Patch()
    assert patched(b"anything", Patch()) == b"anything"


@MADE
def test_a_few_changes_of_many_lines_are_a_small_patch(made: Callable[[Iterable[str]], bytes]) -> None:
    lines = [f"user{number:05}@a.example" for number in range(0, 20_000, 2)]
    after = {*lines} - set(Random(1).sample(lines, 10)) | {f"user{n:05}@a.example" for n in (1, 999, 19_999)}  # noqa: S311 (repeatable choices)
    old, new = made(lines), made(after)
    patch = patch_between(old, new)
    assert len(patch.encode()) < 1000
    assert patched(old, patch) == new


@MADE
def test_a_patch_for_another_content_is_refused(made: Callable[[Iterable[str]], bytes]) -> None:
    patch = patch_between(made(["a@a", "b@a"]), made(["a@a", "c@a"]))
    for other in (["a@a"], ["b@a", "c@a"]):
        with pytest.raises(TargetError, match="the patch does not fit"):
            patched(made(other), patch)


@pytest.mark.parametrize(
    "patch",
    [
        b"",
        b"{",
        b"3",
        b"[]",
        b"[[]]",
        b"[[],[],[]]",
        b"[[3],[]]",
        b'[["b","a"],[]]',
        b'[["a","a"],[]]',
        b'[["a"],["a"]]',
        b'{"a":1,"b":2}',
        '[[],["\u20ac"]]'.encode(),
        b"[" * 100_000,
        b"\xff",
    ],
)
def test_what_is_no_patch_is_refused(patch: bytes) -> None:
    with pytest.raises(TargetError, match="is no patch"):
        Patch.decode(patch)


@given(st.recursive(st.none() | st.integers() | st.text(), st.lists))
def test_whatever_comes_is_a_patch_or_refused(given: object) -> None:
    try:
        assert isinstance(Patch.decode(json.dumps(given).encode()), Patch)
    except TargetError as error:
        assert "is no patch" in str(error)  # noqa: PT017 (either is right)
