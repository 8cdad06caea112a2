"""The socket: who may listen, what is too large, and what the client says when nobody answers."""

from __future__ import annotations

import json
import logging
import socket
import stat
import threading
from typing import TYPE_CHECKING

import pytest

from forwardresolve.errors import AddressError, TargetError
from forwardresolve.live import SetForwarding
from forwardresolve.watch import WatchClient, door
from forwardresolve.watch.door import open_door

if TYPE_CHECKING:
    from pathlib import Path

    from forwardresolve.watch.door import Answer
    from forwardresolve.watch.talking import Asked


def answer(asked: Asked) -> Answer:
    if asked.ask == "push":
        msg = "not yet"
        raise TargetError(msg)
    if asked.ask == "preview":
        msg = "never"
        raise AddressError(msg)
    return {"status": "fine"}


def test_the_socket_is_for_its_owner_and_group(tmp_path: Path) -> None:
    path = tmp_path / "run" / "socket"
    with open_door(path, answer):
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert WatchClient(path).status() == "fine"
        WatchClient(path).touch("ann@a.example")
    assert not path.exists()


def test_refusals_are_errors_of_the_one_who_has_to_act(tmp_path: Path) -> None:
    client = WatchClient(tmp_path / "socket")
    change = SetForwarding("ann@a.example", "out@b.example")
    with pytest.raises(TargetError, match=r"does not answer .No such file or directory.; is it running"):
        client.status()
    with open_door(client.path, answer):
        with pytest.raises(TargetError, match="not yet"):
            client.push([change])
        with pytest.raises(AddressError, match="never"):
            client.preview([change])


def test_what_a_killed_process_has_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with open_door(path, answer):
        assert WatchClient(path).status() == "fine"


def test_what_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    path.write_text("mine")
    with pytest.raises(TargetError, match="is no socket, so it is left alone"), open_door(path, answer):
        pass
    assert path.read_text() == "mine"
    with (
        pytest.raises(TargetError, match="cannot be listened on: File exists; see socket in"),
        open_door(path / "socket", answer),
    ):
        pass


def test_a_line_that_is_too_long_ends_the_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "LONGEST_LINE", 1000)
    with open_door(tmp_path / "socket", answer), socket.socket(socket.AF_UNIX) as way:
        way.connect(str(tmp_path / "socket"))
        way.sendall(b"x" * 1000)
        file = way.makefile("rb")
        assert json.loads(file.readline()) == {"ok": False, "error": "a line may have 1000 bytes"}
        assert file.readline() == b""


def test_more_connections_than_can_be_are_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_MOST_CONNECTIONS", 1)
    with open_door(tmp_path / "socket", answer), socket.socket(socket.AF_UNIX) as one:
        one.connect(str(tmp_path / "socket"))
        one.sendall(b'{"ask": "status"}\n')
        assert one.recv(1000)
        with pytest.raises(TargetError, match="1 connections already"):
            WatchClient(tmp_path / "socket").status()


def test_a_mistake_of_ours_ends_one_connection(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def broken(asked: Asked) -> Answer:
        raise RuntimeError(asked.ask)

    with caplog.at_level(logging.ERROR), open_door(tmp_path / "socket", broken):
        for _ in range(2):
            with pytest.raises(TargetError, match="it breaks off"):
                WatchClient(tmp_path / "socket").status()
    assert "a connection has failed" in caplog.text


def test_a_client_serves_many_threads(tmp_path: Path) -> None:
    said: list[str] = []
    with open_door(tmp_path / "socket", answer):
        client = WatchClient(tmp_path / "socket")
        threads = [threading.Thread(target=lambda: said.append(client.status())) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert said == ["fine"] * 20
