"""Servers on loopback that respond as a test specifies, correctly or not."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl

TIMEOUT = 10.0
"""Seconds after which a server that should have ended fails its test."""


@dataclass(frozen=True)
class Request:
    """What a client sent."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    connection: int
    """The number of its connection, counted from 1."""


@dataclass
class Server:
    """A running server; `requests` contains those received so far."""

    port: int
    requests: list[Request] = field(default_factory=list[Request])
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when the test ends; a `talk` that blocks waits for it."""

    def url(self, path: str = "/", scheme: str = "http") -> str:
        """Return the URL of *path* here."""
        return f"{scheme}://127.0.0.1:{self.port}{path}"


Respond = Callable[[Request], bytes | None]
"""Returns the bytes of the response, or None to close without one."""

Talk = Callable[[Server, socket.socket, int], None]
"""Handles one connection, whose number is passed, until it returns."""


def make_response(
    status: int = 200,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Return the bytes of an HTTP response."""
    lines = [f"HTTP/1.1 {status} Some Reason"]
    merged = {"Content-Length": str(len(body)), **(headers or {})}
    lines += [f"{name}: {value}" for name, value in merged.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@contextmanager
def serve_http(
    respond: Respond,
    *,
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
) -> Generator[Server, None, None]:
    """Serve HTTP with the responses of *respond*, over persistent connections."""

    def talk(server: Server, sock: socket.socket, number: int) -> None:
        with sock.makefile("rb") as reader:
            while (request := read_request(reader, number)) is not None:
                server.requests.append(request)
                response = respond(request)
                if response is None:
                    return
                sock.sendall(response)

    with serve_raw(talk, tls=tls, host=host) as server:
        yield server


@contextmanager
def serve_raw(
    talk: Talk,
    *,
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
    bound: socket.socket | None = None,
) -> Generator[Server, None, None]:
    """
    Call *talk* for each connection, each on a thread.

    *bound* is the socket to listen on, if it is bound already.
    """
    if bound is None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        bound = socket.create_server((host, 0), family=family)
    listener = bound
    listener.listen()
    server = Server(listener.getsockname()[1])
    crew = _Crew(server, talk, tls)
    acceptor = threading.Thread(target=crew.accept, args=(listener,))
    acceptor.start()
    try:
        yield server
    finally:
        server.stopping.set()
        # Wakes the acceptor: closing its socket alone would not.
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        acceptor.join(TIMEOUT)
        listener.close()
        crew.dismiss()


class _Crew:
    """The threads that hold the connections of one server."""

    def __init__(
        self,
        server: Server,
        talk: Talk,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._server = server
        self._talk = talk
        self._tls = tls
        self._sockets: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def accept(self, listener: socket.socket) -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            self._sockets.append(sock)
            number = len(self._sockets)
            thread = threading.Thread(target=self._hold, args=(sock, number))
            self._threads.append(thread)
            thread.start()

    def dismiss(self) -> None:
        for sock in self._sockets:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(TIMEOUT)

    def _hold(self, plain: socket.socket, number: int) -> None:
        sock = plain
        try:
            if self._tls is not None:
                sock = self._tls.wrap_socket(plain, server_side=True)
                # The end of the test must be able to shut it down.
                self._sockets[number - 1] = sock
            self._talk(self._server, sock, number)
        except OSError:
            pass  # a client that went away, or the end of the test
        finally:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
            plain.close()


def read_request(
    reader: io.BufferedReader,
    number: int,
) -> Request | None:
    """Return the next request, or None at the end of the connection."""
    lines = list[str]()
    while (line := reader.readline().decode("latin-1")) not in {"", "\r\n"}:
        lines.append(line.rstrip("\r\n"))
    if not lines:
        return None
    method, target, _version = lines[0].split(" ")
    headers = {
        name.lower(): value.strip()
        for name, _, value in (text.partition(":") for text in lines[1:])
    }
    body = reader.read(int(headers.get("content-length", "0")))
    return Request(method, target, headers, body, number)
