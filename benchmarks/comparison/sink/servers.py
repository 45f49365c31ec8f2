"""The sockets of the sink; each passes what it receives to the store at once."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from benchmarks.comparison.sink.decoding import AGENT, DECODERS
from benchmarks.comparison.sink.store import Store

HOST = "127.0.0.1"
BUFFER = 256 << 20
"""Requested size of the kernel's buffer for datagrams; it may grant less."""
LINUX_SO_RCVBUFFORCE = 33
LARGEST_DATAGRAM = 65_536

INFO = {"endpoints": ["/v0.4/traces", "/v0.5/traces"], "version": "7.60.0"}
"""A Datadog agent's description of itself."""
ANSWERS: dict[str, tuple[str, bytes]] = {
    "/v1/traces": ("application/x-protobuf", b""),
    "/api/traces": ("text/plain", b""),
    "/v0.4/traces": ("application/json", b'{"rate_by_service":{}}'),
    "/v0.5/traces": ("application/json", b'{"rate_by_service":{}}'),
    "/info": ("application/json", json.dumps(INFO).encode()),
}


class Datagrams:
    """Receives datagrams on a separate thread until it is closed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        _enlarge(self._socket)
        self._socket.bind((HOST, 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._take, name="datagrams")
        self._thread.start()

    def _take(self) -> None:
        while datagram := self._socket.recv(LARGEST_DATAGRAM):
            self._store.put(AGENT, datagram)

    def close(self) -> None:
        """End the thread by an empty datagram."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", (HOST, self.port))
        self._thread.join(5)
        self._socket.close()


def _enlarge(taking: socket.socket) -> None:
    """Request a receive buffer beyond the system's limit, or else up to it."""
    taking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    with contextlib.suppress(OSError):  # only root may, and only on Linux
        taking.setsockopt(socket.SOL_SOCKET, LINUX_SO_RCVBUFFORCE, BUFFER)


class HttpServer(ThreadingHTTPServer):
    """Responds as a collector and as an agent would, and stores the bodies."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, store: Store) -> None:
        super().__init__((HOST, 0), HttpHandler)
        self.store = store
        self._thread = threading.Thread(target=self.serve_forever, name="http")
        self._thread.start()

    def close(self) -> None:
        """Stop listening; connections end with the process."""
        self.shutdown()
        self.server_close()
        self._thread.join(5)


class HttpHandler(BaseHTTPRequestHandler):
    """Reads one request after another from a connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: HttpServer  # pyright: ignore[reportIncompatibleVariableOverride]  # no other server makes one

    def do_POST(self) -> None:
        """Store the body if its path is one for spans."""
        body = self._read_body()
        if self.path in DECODERS:
            self.server.store.put(self.path, body)
        self._respond()

    def do_PUT(self) -> None:
        """Do the same as for POST: ddtrace uses PUT for traces."""
        self.do_POST()

    def do_GET(self) -> None:
        """Return to ddtrace what the agent supports."""
        self._respond()

    def _respond(self) -> None:
        status = 200 if self.path in ANSWERS else 404
        content_type, body = ANSWERS.get(self.path, ("text/plain", b""))
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _read_body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = b"".join(iter(self._read_chunk, b""))
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.headers.get("Content-Encoding") == "gzip":
            return gzip.decompress(body)
        return body

    def _read_chunk(self) -> bytes:
        size = int(self.rfile.readline().split(b";")[0], 16)
        chunk = self.rfile.read(size)
        self.rfile.readline()
        return chunk

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


class ControlServer(socketserver.ThreadingTCPServer):
    """
    Responds to `reset`, `count` and `wait SPANS QUIET` with a line of JSON each.

    `wait` responds as soon as SPANS different spans have arrived, or nothing came for
    QUIET seconds.
    """

    daemon_threads = True

    def __init__(self, store: Store) -> None:
        super().__init__((HOST, 0), ControlHandler)
        self.store = store
        self._thread = threading.Thread(target=self.serve_forever, name="control")
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self.shutdown()
        self.server_close()
        self._thread.join(5)


class ControlHandler(socketserver.StreamRequestHandler):
    """Reads one command after another from a connection."""

    server: ControlServer  # pyright: ignore[reportIncompatibleVariableOverride]  # as above

    def handle(self) -> None:
        """Respond until the other side closes the connection."""
        for line in self.rfile:
            response = self._respond(line.decode().split())
            self.wfile.write(json.dumps(response).encode() + b"\n")

    def _respond(self, command: list[str]) -> dict[str, object]:
        match command:
            case ["reset"]:
                self.server.store.reset()
                return {}
            case ["count"]:
                return self.server.store.count().to_json()
            case ["wait", spans, quiet]:
                return self.server.store.wait(int(spans), float(quiet)).to_json()
            case _:
                return {"error": f"unknown command {command}"}
