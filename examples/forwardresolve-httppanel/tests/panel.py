"""A small panel: a real HTTP server on loopback, with paging, a token, and ways to fail."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forwardresolve.testing import World

TOKEN = "t0ken-of-the-panel"  # noqa: S105 (of a panel that lives as long as a test)

Failure = Literal["", "status", "silence", "cut", "html", "moved", "no next", "no source"]


class Panel(ThreadingHTTPServer):
    """The panel.

    Attributes:
        tables: The rows of each kind.
        failure: How it fails from now on; empty: not at all.
        pages_left: Pages that it still gives before it fails.
        asked: The paths and queries of all requests so far.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.tables: dict[str, list[dict[str, Any]]] = {}
        self.failure: Failure = ""
        self.pages_left = 0
        self.asked: list[str] = []
        self.awake = threading.Event()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_port}/api"

    def hold(self, world: World) -> None:
        """Hold a world, and nothing else."""
        self.failure = ""
        self.tables = {
            "domains": [{"name": each, "active": True} for each in world.domains]
            + [{"name": each, "active": False} for each in world.inactive_domains],
            "mailboxes": [{"address": each} for each in world.mailboxes],
            "forwards": [{"source": one, "destinations": list(others)} for one, others in world.forwards],
        }

    def fail(self, failure: Failure, pages_left: int = 0) -> None:
        """Fail after some more pages."""
        self.failure, self.pages_left = failure, pages_left


class _Answer(BaseHTTPRequestHandler):
    server: Panel

    def do_GET(self) -> None:
        """Answer a request for a page."""
        self.server.asked.append(self.path)
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            self.send_error(401)
            return
        failure = self.server.failure if self.server.pages_left < 1 else ""
        self.server.pages_left -= 1
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        begin, limit = int(query["after"][0] or 0), int(query["limit"][0])
        rows = self.server.tables[parts.path.rpartition("/")[2]]
        end = begin + limit
        page: dict[str, Any] = {"rows": rows[begin:end], "next": str(end) if end < len(rows) else None}
        match failure:
            case "status":
                self.send_error(503)
                return
            case "silence":
                self.server.awake.wait(10)
                return
            case "moved":
                self.send_response(302)
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                return
            case "no next":
                del page["next"]
            case "no source":
                page["rows"] = [{"destinations": []}]
        body = b"<html>" if failure == "html" else json.dumps(page).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if failure == "cut" else body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def running_panel() -> Iterator[Panel]:
    """Run a panel."""
    with Panel() as panel:
        thread = threading.Thread(target=panel.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield panel
        finally:
            panel.awake.set()
            panel.shutdown()
            thread.join()
