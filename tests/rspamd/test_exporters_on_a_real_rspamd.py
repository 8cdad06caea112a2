"""Exporters of an admin learn nothing of the questions that `verify` asks."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from typing import TYPE_CHECKING, Final

import pytest

from forwardresolve.rspamd import RspamdSettings, artifacts, write
from forwardresolve.rspamd.commands import output_of
from forwardresolve.rspamd.disarming import exporters, parse_dump
from forwardresolve.rspamd.probing import Door
from forwardresolve.rspamd.verifying import verify
from rspamd.test_verifying import _RESOLUTION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from servers.rspamd import Rspamd
    from servers.rspamd_versions import Version

pytestmark = pytest.mark.live

_EXPORTER: Final = """
metadata_exporter {{ rules {{
  MINE {{ backend = "http"; url = "http://127.0.0.1:{port}/"; selector = "default"; formatter = "default"; }}
}} }}
"""


@contextlib.contextmanager
def _listener() -> Iterator[tuple[int, list[bytes]]]:
    heard: list[bytes] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            heard.append(self.rfile.readline())
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server.server_address[1], heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_an_exporter_is_known_by_the_dump_and_hears_nothing(
    start_rspamd: Callable[..., Rspamd], make_root: Callable[[], Path], version: Version
) -> None:
    root = make_root()
    settings = RspamdSettings()
    write(artifacts(_RESOLUTION, settings), root)
    with _listener() as (port, heard):
        rspamd = start_rspamd(root, version, _EXPORTER.format(port=port))
        names = exporters(parse_dump(output_of(rspamd.configdump)))
        assert names == ("EXPORT_METADATA_MINE",)
        assert verify(Door(f"http://127.0.0.1:{rspamd.port}", "", names), _RESOLUTION, settings).protects
        controller = Door(f"http://127.0.0.1:{rspamd.controller_port}")
        assert verify(controller, _RESOLUTION, settings).protects  # it tells the names by itself
        assert heard == []
        rspamd.scan("box@a.example")
        rspamd.wait_for(lambda: bool(heard))
        assert len(heard) == 1
