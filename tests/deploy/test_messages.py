"""What a sender and a front end say to each other."""

from __future__ import annotations

import hashlib
import json
from typing import get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.conversations import ADDRESSES
from forwardresolve.deploy.messages import (
    LONGEST_LINE,
    AskHolding,
    AskMap,
    Gives,
    Hello,
    Holds,
    Message,
    Put,
    PutChanges,
    Refuses,
    announce,
    check,
    decode,
    encode,
    one_line,
)
from forwardresolve.errors import TargetError

DIGEST = "0" * 64

counts = st.integers(0, 2**53)
paths = st.from_regex(r"local\.d/maps\.d/[a-z0-9][A-Za-z0-9._-]{0,99}", fullmatch=True)
digests = st.dictionaries(paths, st.binary().map(lambda text: hashlib.sha256(text).hexdigest()), max_size=16)
lines = st.text().map(one_line)
announcements = st.lists(st.builds(announce, paths, st.binary()), min_size=1, max_size=16)
messages: st.SearchStrategy[Message] = st.one_of(
    st.builds(Hello, counts, counts),
    st.builds(AskHolding, st.lists(paths, max_size=16).map(tuple)),
    st.builds(AskMap, paths),
    st.builds(
        Put,
        st.integers(1, 2**53),
        st.just(DIGEST),
        digests,
        announcements.map(lambda maps: tuple({each.path: each for each in maps}.values())),
        lines,
    ),
    st.builds(
        PutChanges,
        st.integers(1, 2**53),
        st.just(DIGEST),
        digests,
        announcements.map(lambda maps: tuple({each.path: each for each in maps}.values())),
        announcements.map(lambda maps: tuple({each.path: each for each in maps}.values())),
        lines,
    ),
    st.builds(Holds, digests, counts),
    st.builds(Gives, counts, st.just(DIGEST)),
    st.builds(Refuses, st.sampled_from(("request", "moved", "misfit", "unsafe", "failed")), lines),
)


@given(messages)
def test_what_is_encoded_is_decoded_again(message: Message) -> None:
    assert decode(encode(message)) == message


@given(messages)
def test_a_message_is_one_line_of_ascii_that_is_not_too_long(message: Message) -> None:
    line = encode(message)
    assert line.isascii()
    assert line.index(b"\n") == len(line) - 1
    assert len(line) <= LONGEST_LINE


def test_every_kind_of_message_has_a_name() -> None:
    names = {json.loads(encode(attrs.evolve(each)))["message"] for each in _one_of_each()}
    assert len(names) == len(get_args(Message))


@given(st.binary(max_size=200))
def test_garbage_is_no_message(line: bytes) -> None:
    with pytest.raises(TargetError, match="is no message of forwardresolve"):
        decode(line)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b'{"message": "ask-map", "path": "local.d/maps.d/list"}',  # cut off before its end
        b"[" * 50_000 + b"\n",
        b'{"message": ["put"]}\n',
        b'{"message": "remove"}\n',
        b"9" * 5_000 + b"\n",
        b"\xff\n",
    ],
)
def test_what_is_no_message_is_told_in_a_short_sentence(line: bytes) -> None:
    with pytest.raises(TargetError) as caught:
        decode(line)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "local.d/maps.d/../force_actions.conf",
        "local.d/maps.d/..",
        "local.d/maps.d/.forwardresolve.json",
        "local.d/maps.d/a/b",
        "local.d/maps.d/",
        "local.d/maps.d/a\n",
        "local.d/maps.d/a\0b",
        "local.d/force_actions.conf",
        "local.d/maps.d/" + "a" * 200,
    ],
)
def test_no_message_names_a_file_that_is_no_map(path: str) -> None:
    for table in (
        {"message": "ask-map", "path": path},
        {"message": "ask-holding", "paths": [path]},
        {"message": "holds", "digests": {path: DIGEST}, "sequence": 0},
        {
            "message": "put",
            "sequence": 1,
            "digest": DIGEST,
            "held": {},
            "maps": [{"path": path, "size": 1, "sha256": DIGEST}],
        },
        {"message": "put", "sequence": 1, "digest": DIGEST, "held": {path: DIGEST}, "maps": []},
    ):
        with pytest.raises(TargetError, match="plain file name below"):
            decode(json.dumps(table).encode() + b"\n")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"sequence": 0}, "put.sequence: must be between"),
        ({"sequence": "1"}, "put.sequence: must be an integer"),
        ({"maps": []}, "put.maps: must name a map"),
        (
            {"maps": [{"path": ADDRESSES, "size": 1, "sha256": DIGEST}] * 2},
            "put.maps: must name each map once",
        ),
        (
            {"maps": [{"path": f"{ADDRESSES}{n}", "size": 1, "sha256": DIGEST} for n in range(17)]},
            "at most 16",
        ),
        (
            {"maps": [{"path": ADDRESSES, "size": -1, "sha256": DIGEST}]},
            r"put.maps\[0\].size: must be between",
        ),
        ({"maps": [{"path": ADDRESSES, "size": 1, "sha256": "0"}]}, "must be a SHA-256"),
        ({"release": "a\nb"}, "put.release: must be one line"),
        ({"release": "a" * 2001}, "put.release: must be one line of at most 2000"),
        ({"force": True}, "put.force: is not known"),
    ],
)
def test_a_value_that_no_message_may_have_is_named(changes: dict[str, object], problem: str) -> None:
    put = {
        "message": "put",
        "sequence": 1,
        "digest": DIGEST,
        "held": {},
        "maps": [{"path": ADDRESSES, "size": 1, "sha256": DIGEST}],
    }
    assert isinstance(decode(json.dumps(put).encode() + b"\n"), Put)
    with pytest.raises(TargetError, match=problem):
        decode(json.dumps(put | changes).encode() + b"\n")


def test_bytes_are_what_was_announced_or_they_are_refused() -> None:
    announced = announce(ADDRESSES, b"content")
    assert check(b"content", announced) == b"content"
    with pytest.raises(TargetError, match="are not the ones that were announced"):
        check(b"contend", announced)


@given(st.text(max_size=5000))
def test_a_text_becomes_one_line_that_a_terminal_can_show(text: str) -> None:
    line = one_line(text)
    assert line.isprintable() or line.replace("\xa0", " ").strip() or not line
    assert len(line.splitlines()) <= 1
    assert "\x1b" not in line
    assert len(line) <= 2000


def _one_of_each() -> list[Message]:
    return [
        Hello(1),
        AskHolding([]),
        AskMap(ADDRESSES),
        Put(1, DIGEST, {}, [announce(ADDRESSES, b"")]),
        PutChanges(1, DIGEST, {}, [announce(ADDRESSES, b"")], [announce(ADDRESSES, b"")]),
        Holds({}, 0),
        Gives(0, DIGEST),
        Refuses("failed", ""),
    ]
