"""The file of the steps is read on, torn lines are cut off, and damage loses no more than it must."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from deploy.clicks import DAY, NOW, WAYS, clicks, digests, lines, listing, step, told, walk
from forwardresolve.deploy import since
from forwardresolve.deploy.history import History
from forwardresolve.deploy.policy import Deploy
from forwardresolve.errors import TargetError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("torn", [b"{", b'{"digest":"x"}', b"\0\0", b"x" * 5000])
def test_the_beginning_of_a_line_is_no_step_and_is_cut_off(
    torn: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    staying = History(tmp_path)
    made = clicks(4)
    walk(staying, made[:2])
    with lines(tmp_path, made[0]).open("ab") as file:
        file.write(torn)

    for history in (staying, History(tmp_path)):
        assert told(history) == digests(made[:2])
    assert step(staying, made[1], made[2])
    assert step(History(tmp_path), made[2], made[3])

    assert lines(tmp_path, made[0]).read_bytes().count(b"\n") == 3
    assert lines(tmp_path, made[0]).read_bytes().endswith(b"}\n")
    assert [History(tmp_path).generation(each.digest) for each in made] == made
    assert not caplog.text


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"3", b"\xff\xfe", b"[" * 100_000, b'{"digest": 3}', b'{"patches": {}}', b"\0\0"]
)
def test_a_damaged_line_loses_what_goes_on_from_it_and_nothing_else(
    damage: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = clicks(6)
    other = listing("other")
    walk(History(tmp_path), made)
    assert step(History(tmp_path), made[1], other)
    path = lines(tmp_path, made[0])
    whole = path.read_bytes().split(b"\n")
    path.write_bytes(b"\n".join([*whole[:2], damage, *whole[3:]]))
    history = History(tmp_path)

    assert told(history) == digests([*made[:3], other])
    assert "is damaged, so 3 generations are lost" in caplog.text
    assert not step(history, made[4], made[5])
    assert step(history, other, made[3])
    assert step(history, made[3], made[4])
    assert [history.generation(each.digest) for each in [*made[:5], other]] == [*made[:5], other]


def test_a_patch_that_is_damaged_loses_its_generation(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = clicks(3)
    walk(History(tmp_path), made)
    path = lines(tmp_path, made[0])
    first, second = map(json.loads, path.read_text().splitlines())
    second["patches"] = dict.fromkeys(second["patches"], "no patch")
    path.write_text(f"{json.dumps(first)}\n{json.dumps(second)}\n")

    history = History(tmp_path)

    assert [history.generation(each.digest) for each in made] == [*made[:2], None]
    assert "is damaged" in caplog.text


def test_a_file_that_cannot_be_read_loses_its_steps_and_is_not_written_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = clicks(2)
    walk(History(tmp_path), made[:1])
    lines(tmp_path, made[0]).mkdir()

    history = History(tmp_path)

    assert told(history) == [made[0].digest]
    assert "since.jsonl: cannot be read" in caplog.text
    with pytest.raises(TargetError, match=r"^state_dir: .*since\.jsonl: Is a directory"):
        step(history, made[0], made[1])
    history.keep(made[1], WAYS, NOW, keys=1)
    assert told(history) == digests(made)


def test_a_disk_that_is_full_is_a_sentence_and_keeps_what_was_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = History(tmp_path)
    made = clicks(3)
    walk(history, made[:2])

    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", refuse)
        with pytest.raises(TargetError, match=r"^state_dir: .*No space left on device"):
            step(history, made[1], made[2])

    assert told(History(tmp_path))[-2:] == digests(made[:2])
    assert step(history, made[1], made[2])


def test_one_that_stays_sees_what_others_do(tmp_path: Path) -> None:
    staying, other = History(tmp_path), History(tmp_path)
    made = clicks(8)
    walk(staying, made[:3])
    assert step(other, made[2], made[3])
    assert step(staying, made[3], made[4])

    other.prune(Deploy(days=1), NOW + 3 * DAY, spared=())
    assert (told(staying), staying.generation(made[4].digest)) == ([], None)
    walk(other, [made[0], *made[5:]])

    assert told(staying) == digests([made[0], *made[5:]])
    assert staying.generation(made[7].digest) == made[7]


def test_one_that_stays_sees_an_older_file_that_is_put_back(tmp_path: Path) -> None:
    staying = History(tmp_path)
    made = clicks(4)
    walk(staying, made[:2])
    older = lines(tmp_path, made[0]).read_bytes()
    assert step(staying, made[1], made[2])
    assert told(staying) == digests(made[:3])
    lines(tmp_path, made[0]).write_bytes(older)
    assert told(staying) == digests(made[:2])

    lines(tmp_path, made[0]).unlink()
    assert told(staying) == digests(made[:1])
    assert step(staying, made[0], made[3])

    assert told(History(tmp_path)) == told(staying) == digests([made[0], made[3]])


def test_thousands_of_steps_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    history = History(tmp_path)
    made = clicks(30)
    walk(history, made)
    decode = since.Step.decode
    read = []

    def counted(line: bytes) -> since.Step:
        read.append(line)
        return decode(line)

    monkeypatch.setattr(since.Step, "decode", counted)

    assert step(history, made[-1], listing("b"))
    history.prune(Deploy(), NOW, spared={made[-1].digest})
    assert len(history.kept()) == 31
    assert step(history, listing("b"), listing("c"))

    assert len(read) <= 2
