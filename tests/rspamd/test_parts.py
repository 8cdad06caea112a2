"""The parts of a map: a map is a function of their set, and a change of a few leads to the same bytes."""

from __future__ import annotations

import contextlib
import functools
import time
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forwardresolve.rspamd.artifact import database_artifact, map_artifact
from forwardresolve.rspamd.cdb import cdb
from forwardresolve.rspamd.parts import changed, is_table, meaning, parts_of
from forwardresolve.rspamd.reading import is_whole, read_keys
from forwardresolve.rspamd.table import DELIMITER_KEY
from rspamd.test_cdb import look_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

    Made = Callable[[Iterable[bytes]], bytes]

_TEXT = st.characters(codec="utf-8", exclude_characters="\0\n")
PARTS = st.sets(st.text(_TEXT, min_size=1, max_size=4).map(str.encode), max_size=40)
_LINES: Final = [b"a@a.example", b"b@a.example", b"d@a.example"]
MANY = frozenset(b"user%d@a.example" % number for number in range(3000))


def text(parts: Iterable[bytes]) -> bytes:
    return map_artifact("list", "".join(f"{each.decode()}\n" for each in parts)).content


def database(parts: Iterable[bytes]) -> bytes:
    return cdb((each, b"1") for each in parts)


def written(made: Made, lines: Iterable[bytes]) -> list[bytes]:
    """Return lines as parts of the format."""
    return [line if made is text else line + b"\0001" for line in lines]


@functools.cache
def of_many(made: Made) -> bytes:
    """Make the map of a long list."""
    return made(MANY)


MADE = pytest.mark.parametrize("made", [text, database])


@MADE
@settings(max_examples=40, deadline=None)
@given(parts=PARTS, order=st.randoms(use_true_random=False))
def test_a_map_is_made_of_the_set_of_its_parts(made: Made, parts: set[bytes], order: Random) -> None:
    shuffled = sorted(parts)
    order.shuffle(shuffled)
    content = made(shuffled)
    assert content == made([*shuffled, *shuffled]) == made(parts)
    assert sorted(parts_of(content)) == sorted(written(made, parts))
    assert is_whole(content)


@MADE
@settings(deadline=None)
@given(before=PARTS, after=PARTS)
def test_what_is_changed_is_what_would_be_made_anew(
    made: Made, before: set[bytes], after: set[bytes]
) -> None:
    goes, comes = written(made, before - after), written(made, after - before)
    assert changed(made(before), goes, comes) == made(after)


@MADE
@settings(max_examples=30, deadline=None)
@given(goes=st.sets(st.sampled_from(sorted(MANY)), max_size=5), comes=PARTS)
def test_a_few_changes_of_a_long_list_are_what_would_be_made_anew(
    made: Made, goes: set[bytes], comes: set[bytes]
) -> None:
    content = of_many(made)
    there = changed(content, written(made, goes), written(made, comes))
    assert there == made(MANY - goes | comes)
    assert changed(there, written(made, comes), written(made, goes)) == content


@MADE
def test_a_change_costs_a_small_part_of_what_making_the_map_anew_costs(made: Made) -> None:
    lines = [b"user%d@a.example" % number for number in range(30_000)]
    content, comes = made(lines), written(made, [b"new@a.example"])

    def least(work: Callable[[], object]) -> float:
        spent = []
        for _ in range(3):
            began = time.process_time()
            work()
            spent.append(time.process_time() - began)
        return min(spent)

    assert least(lambda: changed(content, [], comes)) < least(lambda: made(lines)) / 3


@MADE
def test_a_list_grows_from_nothing_and_back(made: Made) -> None:
    lines = sorted(MANY)[:300]
    content, steps = made([]), []
    for line in lines:
        steps.append(content)
        content = changed(content, [], written(made, [line]))
    assert content == made(lines)
    for line, step in zip(reversed(lines), reversed(steps), strict=True):
        content = changed(content, written(made, [line]), [])
        assert content == step


def test_a_database_that_was_changed_answers_every_key_and_no_other() -> None:
    goes = sorted(MANY)[::7]
    comes = [b"new%d@a.example" % number for number in range(500)]
    content = changed(database(MANY), written(database, goes), written(database, comes))
    for line in {*MANY, *comes} - {*goes}:
        assert look_up(content, line) == b"1"
    assert {look_up(content, line) for line in goes} == {None}


@MADE
@pytest.mark.parametrize(
    ("goes", "comes", "why"),
    [
        ([b"c@a.example"], [], "goes is not there"),
        ([b"e@a.example"], [], "goes is not there"),
        ([b"a@a.exampl"], [], "goes is not there"),
        ([], [b"b@a.example"], "comes is there already"),
        ([b"b@a.example"], [b"b@a.example"], "comes is there already"),
    ],
)
def test_a_change_that_does_not_fit_is_refused(
    made: Made, goes: list[bytes], comes: list[bytes], why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        changed(made(_LINES), written(made, goes), written(made, comes))


@pytest.mark.parametrize(
    ("made", "part"),
    [
        (text, b""),
        (text, b"a@a\nb@b"),
        (text, b"a@a\0001"),
        (database, b""),
        (database, b"a@a"),
        (database, b"\0001"),
        (database, b"a@a\0001\0"),
    ],
)
def test_what_is_no_part_is_refused(made: Made, part: bytes) -> None:
    for goes, comes in (([part], []), ([], [part])):
        with pytest.raises(ValueError, match=r"a (line|record)"):
            changed(made(_LINES), goes, comes)


@MADE
@given(data=st.data())
def test_a_map_that_is_damaged_is_changed_or_refused(made: Made, data: st.DataObject) -> None:
    content = made(_LINES)
    at = data.draw(st.integers(0, len(content) - 1))
    damaged = content[:at] + data.draw(st.binary(max_size=4)) + content[at + data.draw(st.integers(0, 300)) :]
    is_table(damaged)
    parts_of(damaged)
    with contextlib.suppress(ValueError):
        changed(damaged, [], written(made, [b"new@a.example"]))


_ODD: Final = st.binary(max_size=12) | st.text(
    st.sampled_from('ab"/#\\@.%+*-: \0|^$()?!xn'), max_size=20
).map(str.encode)


@given(parts=st.lists(_ODD), table=st.booleans())
def test_whatever_a_part_is_it_means_something_or_nothing(parts: list[bytes], table: bool) -> None:  # noqa: FBT001 (given)
    assert all(isinstance(each, str) for each in meaning(parts, is_table=table))


_SAID: Final = st.sets(
    st.sampled_from(
        [
            "a@a.example",
            '"a b"@a.example',
            "x@xn--mnchen-3ya.example",
            "x@m\u00fcnchen.example",
            "b.example",
            "/^(?!(?:(?:k)(?:[\\x2b].*)?\\x40b\\x2eexample$)).+\\x40b\\x2eexample$/i",
        ]
    )
)


@given(said=_SAID)
def test_the_parts_of_a_map_say_what_the_map_says(said: set[str]) -> None:
    plain = {each for each in said if each[0] not in '"/'}
    contents = [
        map_artifact("list", "".join(f"{each}\n" for each in said)).content,
        database_artifact("list", ((each, "1") for each in plain)).content,
    ]
    for content in contents:
        assert not is_table(content)
        assert meaning(parts_of(content), is_table=False) == read_keys([content])


@given(
    keys=st.dictionaries(
        st.sampled_from(["a@a.example", "a%20b@a.example", "a+*@a.example", "@.a.example", "@a.example"]),
        st.sampled_from(["", "-"]),
    ),
    delimiter=st.sampled_from(["", "+"]),
)
def test_the_parts_of_a_table_say_what_the_table_says(keys: dict[str, str], delimiter: str) -> None:
    table = {**keys, DELIMITER_KEY: delimiter}
    contents = [
        map_artifact(
            "list", "".join(f"{key} {value}".strip() + "\n" for key, value in table.items())
        ).content,
        database_artifact("list", table.items()).content,
    ]
    for content in contents:
        assert is_table(content)
        assert meaning(parts_of(content), is_table=True) == read_keys([content])
        assert len(read_keys([content])) == len(keys)
