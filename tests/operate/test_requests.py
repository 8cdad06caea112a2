"""Requests: whole, taken once, and none lost between two runs."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from forwardresolve.errors import AddressError, TargetError
from forwardresolve.operate.requests import SETTLING, Requested, leave, take

if TYPE_CHECKING:
    from pathlib import Path


def quickly(_: float) -> None:
    """Do not wait."""


def _named(directory: Path) -> tuple[str, ...]:
    requested = take(directory, quickly)
    return requested.addresses if requested else ()


def test_a_request_is_taken_with_its_addresses_and_only_once(tmp_path: Path) -> None:
    leave(["Info@Example.NET", "a@b.example"], tmp_path)

    assert take(tmp_path, quickly) == Requested(("a@b.example", "info@example.net"), is_all=True)
    assert take(tmp_path, quickly) is None


def test_a_request_may_name_nothing(tmp_path: Path) -> None:
    leave([], tmp_path)

    assert take(tmp_path, quickly) == Requested((), is_all=False)


def test_a_burst_is_one_request(tmp_path: Path) -> None:
    leave(["first@a.example"], tmp_path)
    waited = []

    def meanwhile(seconds: float) -> None:
        waited.append(seconds)
        for number in range(5):
            leave([f"u{number}@a.example"], tmp_path)

    taken = take(tmp_path, meanwhile)

    assert taken is not None
    assert len(taken.addresses) == 6
    assert taken.is_all
    assert waited == [SETTLING]
    assert list(tmp_path.iterdir()) == []


def test_without_a_request_nobody_waits(tmp_path: Path) -> None:
    assert take(tmp_path, lambda _: pytest.fail("it waits")) is None


def test_a_directory_that_is_not_there_holds_no_request(tmp_path: Path) -> None:
    assert take(tmp_path / "none", quickly) is None


def test_no_address_is_refused_before_anything_is_left(tmp_path: Path) -> None:
    with pytest.raises(AddressError):
        leave(["a@b.example", "a@"], tmp_path)

    assert list(tmp_path.iterdir()) == []


def test_a_request_that_cannot_be_left_says_what_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"none: no request can be left there.*--panel-group"):
        leave([], tmp_path / "none")


def test_a_request_that_is_being_written_is_not_seen(tmp_path: Path) -> None:
    (tmp_path / ".new.abc").write_text("a@b.example\n")

    assert take(tmp_path, quickly) is None


def test_what_a_stranger_leaves_is_removed_and_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hidden@a.example\n")
    requests = tmp_path / "requests"
    requests.mkdir()
    (requests / "link").symlink_to(secret)
    os.mkfifo(requests / "pipe")
    (requests / "odd").write_bytes(b"\xff\xfe\0\nb@a.example\n" + b"x" * 100_000)

    assert take(requests, quickly) == Requested(("b@a.example",), is_all=False)
    assert list(requests.iterdir()) == []
    assert secret.exists()


def test_what_cannot_be_taken_ends_the_run(tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()

    with pytest.raises(TargetError, match="directory: the requests cannot be taken"):
        take(tmp_path, quickly)


def test_no_request_is_lost_or_seen_in_halves_while_many_write(tmp_path: Path) -> None:
    wanted = {f"u{writer}-{number}@a.example" for writer in range(4) for number in range(50)}
    done = threading.Event()

    def write(writer: int) -> None:
        for number in range(50):
            leave([f"u{writer}-{number}@a.example"], tmp_path)

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
    taken: list[str] = []

    def read() -> None:
        while not done.is_set():
            taken.extend(_named(tmp_path))

    reader = threading.Thread(target=read)
    reader.start()
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    done.set()
    reader.join()
    taken.extend(_named(tmp_path))

    assert sorted(taken) == sorted(wanted)


@pytest.mark.parametrize(
    "odd", ["", "info@a.example\n\n", "info@a.example\nno address@\n", "a@b.example\n" * 9999]
)
def test_one_request_that_may_mean_more_than_it_names_is_about_everything(odd: str, tmp_path: Path) -> None:
    leave(["info@a.example"], tmp_path)
    (tmp_path / "odd").write_text(odd)

    taken = take(tmp_path, quickly)

    assert taken is not None
    assert not taken.is_all
    assert "info@a.example" in taken.addresses
