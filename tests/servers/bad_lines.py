"""Network lines that fail: a server that says nothing, one that drips, one that is cut off."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from typing import TYPE_CHECKING, Final

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from servers.certificates import Pair

_CHUNK: Final = 1 << 16
_PATIENCE: Final = 20.0


@attrs.define
class Line:
    """A port on loopback, and what has come in on it.

    Attributes:
        port: The port.
        heard: Everything that clients have said.
        passed: How many bytes of a server's have come through.
        calls: How often somebody has connected.
    """

    port: int
    heard: bytearray = attrs.field(factory=bytearray)
    passed: int = 0
    calls: int = 0


@contextlib.contextmanager
def listening(serve: Callable[[socket.socket, Line], None]) -> Iterator[Line]:
    """Take connections one after the other until the end.

    Args:
        serve: What is done with each; it returns when the client has gone.
    """
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        line = Line(listener.getsockname()[1])
        open_now: list[socket.socket] = []

        def take() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    line.calls += 1
                    open_now.append(client)
                    client.settimeout(_PATIENCE)
                    with client, contextlib.suppress(OSError):
                        serve(client, line)

        thread = threading.Thread(target=take)
        thread.start()
        try:
            yield line
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            for client in open_now:
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)
            thread.join()


def say_nothing(client: socket.socket, line: Line) -> None:
    """Listen, and never answer."""
    while said := client.recv(_CHUNK):
        line.heard += said


def answering(answer: Callable[[bytes], bytes], *, drip: float = 0) -> Callable[[socket.socket, Line], None]:
    """Return what answers whatever is said.

    Args:
        answer: Makes an answer of what was said.
        drip: Seconds between two bytes of it.
    """

    def serve(client: socket.socket, line: Line) -> None:
        pause = threading.Event()
        while said := client.recv(_CHUNK):
            line.heard += said
            answered = answer(said)
            for piece in (bytes([byte]) for byte in answered) if drip else (answered,):
                client.sendall(piece)
                pause.wait(drip)

    return serve


def over_tls(
    pair: Pair, serve: Callable[[socket.socket, Line], None]
) -> Callable[[socket.socket, Line], None]:
    """Return what does the same over TLS.

    Args:
        pair: The server's certificate.
        serve: What is done behind the handshake.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)

    def protected(client: socket.socket, line: Line) -> None:
        with context.wrap_socket(client, server_side=True) as wrapped:
            serve(wrapped, line)

    return protected


def passing_on(port: int, cut_after: int) -> Callable[[socket.socket, Line], None]:
    """Return what passes everything on to a server, and cuts the line after some of its bytes.

    Args:
        port: The server's port on loopback.
        cut_after: How many bytes of the server's come through.
    """

    def serve(client: socket.socket, line: Line) -> None:
        with socket.create_connection(("127.0.0.1", port), _PATIENCE) as server:

            def forwards() -> None:
                with contextlib.suppress(OSError):
                    while said := client.recv(_CHUNK):
                        line.heard += said
                        server.sendall(said)
                    server.shutdown(socket.SHUT_WR)

            thread = threading.Thread(target=forwards)
            thread.start()
            left = cut_after
            while left and (said := server.recv(min(left, _CHUNK))):
                client.sendall(said)
                line.passed += len(said)
                left -= len(said)
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
            thread.join()

    return serve
