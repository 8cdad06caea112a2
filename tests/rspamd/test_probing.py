"""Asking a Rspamd over HTTP: what is sent, and what is made of odd answers."""

from __future__ import annotations

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from forwardresolve.errors import TargetError
from forwardresolve.rspamd.probing import Door
from servers.private import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

_REPLY = {
    "action": "reject",
    "messages": {"smtp_message": "no"},
    "symbols": {"A": {}},
    "milter": {"del_rcpt": ["<a@a.example>"]},
}


@contextlib.contextmanager
def _server(status: int, body: bytes) -> Iterator[tuple[str, list[Message]]]:
    asked: list[Message] = []

    class Handler(BaseHTTPRequestHandler):
        server_version = "rspamd/3.4"

        def version_string(self) -> str:
            return self.server_version

        def do_POST(self) -> None:
            asked.append(self.headers)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST  # noqa: N815 (the name that http.server looks for)

        def log_message(self, *_: Any) -> None:  # noqa: ANN401 (as http.server has it)
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_question_names_what_runs_and_leaves_no_trace() -> None:
    with _server(200, json.dumps(_REPLY).encode()) as (url, asked):
        door = Door(url, "geheim", ("EXPORT_METADATA_X",))
        reply = door.scan(["a@a.example", "müller@a.example"], ["A"], action="rewrite subject")
    assert (reply.action, reply.message, reply.symbols) == ("reject", "no", frozenset({"A"}))
    assert reply.dropped == ("<a@a.example>",)
    assert len(asked[0].get_all("Rcpt", [])) == 2
    assert asked[0]["Password"] == "geheim"  # noqa: S105 (a test)
    assert {"no_log", "no_stat"} <= set(asked[0]["Flags"].split(","))
    settings = json.loads(asked[0]["Settings"])
    assert "A" in settings["symbols_enabled"]
    assert {"HISTORY_SAVE", "GREYLIST_SAVE", "EXPORT_METADATA_X"} <= set(settings["symbols_disabled"])
    assert min(settings["actions"], key=settings["actions"].get) == "greylist"
    assert settings["actions"]["rewrite subject"] < 0 < settings["actions"]["add header"]


def test_a_server_says_its_version_or_nothing() -> None:
    with _server(200, b"pong\r\n") as (url, asked):
        assert Door(url).version() == "3.4"
    assert asked[0]["Password"] is None


def test_a_short_reply_is_enough() -> None:
    with _server(200, b'{"action": "no action", "symbols": {}}') as (url, _):
        assert Door(url).scan(["a@a.example"], []).message == ""


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b"<html>", "does not answer as Rspamd does"),
        (200, b"[]", "does not answer as Rspamd does"),
        (200, b"{}", "does not answer as Rspamd does"),
        (200, b'{"action": "reject", "symbols": {}, "messages": []}', "does not answer as Rspamd does"),
        (403, b"", "wants a password"),
        (401, b"", "wants a password"),
        (500, b"", "answers 500"),
    ],
)
def test_an_odd_answer_is_told(status: int, body: bytes, said: str) -> None:
    with _server(status, body) as (url, _), pytest.raises(TargetError, match=said):
        Door(url, "geheim").scan(["a@a.example"], [])


@pytest.mark.parametrize(("status", "found"), [(200, b"[]"), (404, None), (500, None)])
def test_a_page_is_read_where_there_is_one(status: int, found: bytes | None) -> None:
    with _server(status, b"[]") as (url, asked):
        assert Door(url, "geheim").get("/getmap", {"Map": "12"}) == found
    assert (asked[0]["Map"], asked[0]["Password"]) == ("12", "geheim")


def test_a_page_that_is_kept_back_is_told() -> None:
    with _server(403, b"") as (url, _), pytest.raises(TargetError, match="wants a password"):
        Door(url).get("/maps")


@pytest.mark.parametrize("url", ["127.0.0.1:11333", "ftp://127.0.0.1", "http://127.0.0.1:port"])
def test_what_is_no_url_of_a_rspamd_is_refused(url: str) -> None:
    with pytest.raises(TargetError, match="is no URL of a Rspamd"):
        Door(url).version()


def test_where_nobody_listens_is_told() -> None:
    with pytest.raises(TargetError, match="cannot be asked"):
        Door(f"http://127.0.0.1:{free_port()}").version()


def test_the_password_stays_out_of_the_repr() -> None:
    assert "geheim" not in repr(Door("http://127.0.0.1", "geheim"))
