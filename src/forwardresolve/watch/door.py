"""The Unix socket that panels speak to: each connection in a thread of its own, each line answered."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import socketserver
import stat
import threading
from typing import TYPE_CHECKING, Any, Final

from forwardresolve.errors import ForwardResolveError, TargetError
from forwardresolve.watch.talking import LONGEST_LINE, read_request, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from forwardresolve.watch.talking import Asked

Answer = dict[str, Any]
"""The keys of an answer besides ``ok``."""

_LOG: Final = logging.getLogger(__name__)
_MODE: Final = 0o660
_DIRECTORY_MODE: Final = 0o750
_MOST_CONNECTIONS: Final = 100
_PATIENCE: Final = 300.0
"""Seconds that a connection may be silent."""
_SECONDS_FOR_ONE: Final = 5.0
"""Seconds that one may be silent for whom there is no place."""


class _Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, path: Path, answer: Callable[[Asked], Answer]) -> None:
        self.answer = answer
        self.places = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        super().__init__(str(path), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep what goes wrong in one connection from everybody else."""
        del request, client_address
        _LOG.exception("a connection has failed")


class _Handler(socketserver.StreamRequestHandler):
    server: _Server
    timeout = _PATIENCE

    def handle(self) -> None:
        """Answer lines until the other side goes."""
        with contextlib.suppress(OSError):  # it has gone, or says nothing
            if not self.server.places.acquire(blocking=False):
                self.connection.settimeout(_SECONDS_FOR_ONE)
                self.rfile.readline(LONGEST_LINE)  # who is still writing would not read an answer
                busy = f"there are {_MOST_CONNECTIONS} connections already"
                self._say({"ok": False, "error": busy, "retry": True})
                return
            try:
                while line := self.rfile.readline(LONGEST_LINE):
                    if not line.endswith(b"\n") and len(line) >= LONGEST_LINE:
                        self._say({"ok": False, "error": f"a line may have {LONGEST_LINE} bytes"})
                        return
                    self._say(self._answered(line))
            finally:
                self.server.places.release()

    def _answered(self, line: bytes) -> Answer:
        try:
            return {"ok": True, **self.server.answer(read_request(line))}
        except ForwardResolveError as error:
            _LOG.info("a request was refused")
            return {"ok": False, "error": str(error), "retry": isinstance(error, TargetError)}

    def _say(self, answer: Answer) -> None:
        self.wfile.write(write(answer))


@contextlib.contextmanager
def open_door(path: Path, answer: Callable[[Asked], Answer]) -> Iterator[None]:
    """Listen on a socket.

    Args:
        path: Where. What a killed process has left there is replaced; its directory is made where
            it is missing.
        answer: Answers a request; a ForwardResolveError becomes the answer.

    Raises:
        TargetError: Somebody else listens there, or the file system refuses.
    """
    try:
        _make_room(path)
        before = os.umask(0o777 & ~_MODE)
        try:
            server = _Server(path, answer)
        finally:
            os.umask(before)
    except OSError as error:
        msg = f"{path}: cannot be listened on: {error.strerror or error}; see socket in [watch]"
        raise TargetError(msg) from error
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        path.unlink(missing_ok=True)


def _make_room(path: Path) -> None:
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True, mode=_DIRECTORY_MODE)
    try:
        status = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(status.st_mode):
        msg = f"{path}: is no socket, so it is left alone; name another place for socket in [watch]"
        raise TargetError(msg)
    with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(ConnectionRefusedError):
        probe.connect(str(path))
        msg = f"{path}: another forwardresolve watch listens there"
        raise TargetError(msg)
    path.unlink()
