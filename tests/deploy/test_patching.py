"""What changes in a map: the patch leads to the same bytes, is small, and nothing else is one."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forwardresolve.deploy.patching import patch_between, patched
from forwardresolve.errors import TargetError
from forwardresolve.rspamd.artifact import database_artifact, map_artifact

if TYPE_CHECKING:
    from collections.abc import Callable

PATH = "local.d/maps.d/x"
LINES = st.lists(st.sampled_from([f"u{number}@a.example" for number in range(12)] + ['"a\rb"@b', ""]))


def text(lines: list[str]) -> bytes:
    return map_artifact(PATH, "".join(f"{line}\n" for line in lines)).content


def database(lines: list[str]) -> bytes:
    return database_artifact(PATH, lambda: ((line, "1") for line in lines)).content


@pytest.mark.parametrize("made", [text, database])
@given(before=LINES, after=LINES)
def test_a_patch_leads_to_the_same_bytes(
    made: Callable[[list[str]], bytes], before: list[str], after: list[str]
) -> None:
    old, new = made(before), made(after)
    assert patched(old, patch_between(old, new)) == new


@pytest.mark.parametrize("made", [text, database])
def test_a_few_changes_of_many_lines_are_a_small_patch(made: Callable[[list[str]], bytes]) -> None:
    lines = [f"user{number:05}@a.example" for number in range(0, 20_000, 2)]
    after = {*lines} - set(Random(1).sample(lines, 10)) | {f"user{n:05}@a.example" for n in (1, 999, 19_999)}  # noqa: S311 (repeatable choices)
    old, new = made(lines), made(sorted(after))
    patch = patch_between(old, new)
    assert len(patch) < 1000
    assert patched(old, patch) == new


@pytest.mark.parametrize(
    "patch",
    [
        b"",
        b"{",
        b"3",
        b"[3]",
        b"[[1]]",
        b'[["a",1,[]]]',
        b"[[true,1,[]]]",
        b"[[0,-1,[]]]",
        b"[[-1,1,[]]]",
        b"[[0,9,[]]]",
        b"[[2,0,[]],[1,0,[]]]",
        b"[[0,0,[3]]]",
        '[[0,0,["\u20ac"]]]'.encode(),
        b"[" * 100_000,
    ],
)
def test_what_is_no_patch_is_refused(patch: bytes) -> None:
    with pytest.raises(TargetError, match="patch"):
        patched(text(["a@a.example"]), patch)


def test_a_record_that_is_none_is_refused() -> None:
    for part in ("", "\1\0\0\0\0\0\0\0"):
        with pytest.raises(TargetError, match="a record that is none"):
            patched(database(["a@a.example"]), json.dumps([[1, 0, [part]]]).encode())
