"""Changes that a front end takes, and those that it does not: replayed, reordered, cut off, too large."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.conversations import ADDRESSES, DOMAINS, PATHS, Memory, converse, generation, sent
from forwardresolve.deploy.generation import Generation
from forwardresolve.deploy.guard import Limits
from forwardresolve.deploy.messages import Holds, PutChanges, Refuses, announce, encode
from forwardresolve.deploy.own_guard import OwnGuard
from forwardresolve.deploy.patching import patch_between
from forwardresolve.deploy.receiving import MOST_BYTES
from forwardresolve.deploy.target import Holding
from forwardresolve.errors import ForwardResolveError, UnsafeChange

ONE = generation("a@a.example", "b@a.example")
TWO = generation("a@a.example", "c@a.example", domains=("c.example",))
THREE = generation("a@a.example", "c@a.example", "d@a.example")


def request(before: Generation, after: Generation, sequence: int) -> tuple[PutChanges, bytes]:
    was = {each.path: each.content for each in before.maps}
    patches = {each.path: patch_between(was[each.path], each.content).encode() for each in after.maps}
    maps = [announce(each.path, each.content) for each in after.maps]
    announced = [announce(path, patch) for path, patch in patches.items()]
    made = PutChanges(sequence, after.digest, dict(before.digests), maps, announced)
    return made, b"".join(patches.values())


def changes(before: Generation, after: Generation, sequence: int) -> bytes:
    made, content = request(before, after, sequence)
    return encode(made) + content


@pytest.fixture
def target() -> Memory:
    """A front end that holds the first generation."""
    made = Memory()
    converse(sent(ONE, Holding({})), made)
    return made


def refused(stream: bytes, target: Memory, most_bytes: int = MOST_BYTES) -> Refuses:
    """Return why a stream is refused; nothing is changed then."""
    before = target.holding(PATHS)
    said, ended = converse(stream, target, most_bytes=most_bytes)
    assert isinstance(ended, ForwardResolveError)
    assert target.holding(PATHS) == before
    answer = said[-1]
    assert isinstance(answer, Refuses)
    return answer


def test_changes_follow_each_other(target: Memory) -> None:
    said, ended = converse(changes(ONE, TWO, 2) + changes(TWO, THREE, 3), target)
    assert ended is None
    assert said[1:] == [Holds(dict(TWO.digests), 2), Holds(dict(THREE.digests), 3)]
    assert target.maps[ADDRESSES].content == THREE.maps[1].content


def test_changes_that_are_replayed_are_refused(target: Memory) -> None:
    converse(changes(ONE, TWO, 2), target)
    assert refused(changes(ONE, TWO, 2), target).why == "moved"


def test_changes_in_another_order_are_refused(target: Memory) -> None:
    assert refused(changes(TWO, THREE, 3), target).why == "moved"
    assert refused(changes(TWO, THREE, 2), target).why == "moved"
    assert refused(changes(ONE, TWO, 3), target).why == "moved"


@given(data=st.data())
def test_changes_that_are_cut_off_change_nothing(data: st.DataObject) -> None:
    target = Memory(ONE)
    whole = changes(ONE, TWO, 1)
    before = target.holding(PATHS)
    _, ended = converse(whole[: data.draw(st.integers(1, len(whole) - 1))], target)
    assert ended is not None
    assert target.holding(PATHS) == before


def test_changes_that_are_too_large_are_refused_unread(target: Memory) -> None:
    size = max(sum(len(each.content) for each in TWO.maps), len(changes(ONE, TWO, 2)))
    assert "--most-bytes" in refused(changes(ONE, TWO, 2), target, most_bytes=10).text
    made, content = request(ONE, TWO, 2)
    large = attrs.evolve(made, patches=[attrs.evolve(each, size=size * 100) for each in made.patches])
    assert "--most-bytes" in refused(encode(large) + content, target, most_bytes=size).text


def test_changes_that_lead_elsewhere_are_refused(target: Memory) -> None:
    made, _ = request(ONE, TWO, 2)
    other = request(ONE, THREE, 2)
    stream = encode(attrs.evolve(made, patches=other[0].patches)) + other[1]
    answer = refused(stream, target)
    assert answer.why == "misfit"
    assert "are not the ones that were announced" in answer.text


def test_patches_that_are_none_are_refused(target: Memory) -> None:
    made, _ = request(ONE, TWO, 2)
    stream = encode(attrs.evolve(made, patches=[announce(DOMAINS, b"x")])) + b"x"
    assert refused(stream, target).text == "the changes do not fit: what came is no patch of a map"


def test_changes_of_a_map_that_is_not_held_are_refused() -> None:
    only = Generation((ONE.maps[1],))
    target = Memory(only)
    made, content = request(ONE, TWO, 1)
    stream = encode(attrs.evolve(made, held=dict(only.digests))) + content
    assert f"{DOMAINS} is not held" in refused(stream, target).text


def test_maps_that_are_not_those_of_the_generation_are_refused(target: Memory) -> None:
    made, content = request(ONE, TWO, 2)
    stream = encode(attrs.evolve(made, digest=THREE.digest)) + content
    assert "not those of the generation" in refused(stream, target).text


def test_the_guard_of_the_front_end_looks_at_changes_too(target: Memory) -> None:
    before = target.holding(PATHS)
    judge = OwnGuard(Limits(removed=0, removed_percent=0))
    said, ended = converse(changes(ONE, TWO, 2), target, judge)
    assert isinstance(ended, UnsafeChange)
    assert isinstance(said[-1], Refuses)
    assert said[-1].why == "unsafe"
    assert target.holding(PATHS) == before


def test_the_guard_compares_each_change_of_a_conversation_with_what_is_held(target: Memory) -> None:
    judge = OwnGuard(Limits(removed=1, removed_percent=0, added=2, added_percent=0))
    said, ended = converse(changes(ONE, TWO, 2) + changes(TWO, THREE, 3), target, judge)
    assert ended is None
    back = generation("x@a.example", "y@a.example", "z@a.example")
    said, ended = converse(changes(THREE, back, 4), target, judge)
    assert isinstance(ended, UnsafeChange)
    assert "3 addresses of 3 (100%) would go" in str(ended)
    assert isinstance(said[-1], Refuses)
