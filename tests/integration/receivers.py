"""
Receivers of spans for every route, which go down and come up at the same address.

While a receiver is down, its address refuses: a datagram gets an ICMP error, a
connection a reset. Its port stays bound, so no other program of this machine can use
it.

Counts are exact: everything that a receiver has accepted before it goes down is read,
and a request counts as accepted only when its response was sent.
"""

from __future__ import annotations

import gzip
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from tests.foreign.decoders import (
    decode_batch,
    decode_emit_batch,
    decode_otlp,
    decode_zipkin,
)
from tests.integration.http_servers import (
    Request,
    Server,
    make_response,
    read_request,
    serve_raw,
)

if TYPE_CHECKING:
    from typing_extensions import Self

TIMEOUT: Final = 30.0
"""Maximum time in seconds that a receiver waits for its own threads."""

on_linux = pytest.mark.skipif(
    sys.platform != "linux",
    reason="Linux is missing: elsewhere a refused datagram is noticed later",
)

_MASK_64: Final = (1 << 64) - 1

Decode = Callable[[bytes], list[int]]
"""Returns the ids of the spans in a payload."""


class Receiver(AbstractContextManager["Receiver"]):
    """Stores the payloads that arrive at *host*:`port` while it is up."""

    def __init__(self, decode: Decode, host: str = "127.0.0.1", port: int = 0) -> None:
        self._decode = decode
        self._payloads: list[bytes] = []
        self._arrived = threading.Condition()
        self._decoded = 0
        """Number of payloads that have been decoded."""
        self._ids: list[int] = []
        self.host = host
        self._reserved = self._reserve(port)
        self.port: int = self._reserved.getsockname()[1]
        self.is_up = False
        self.responses: list[bytes | None] = []
        """The next responses, instead of status 200; `None` is no response."""

    @property
    def span_ids(self) -> list[int]:
        """The ids of all spans that have arrived, in order."""
        # Decoded only now, and without the lock, which would block the receiver.
        for payload in self._payloads[self._decoded :]:
            self._ids += self._decode(payload)
            self._decoded += 1
        return [*self._ids]

    def wait_for(self, count: int) -> bool:
        """Wait until *count* spans have arrived; return whether they have."""
        while len(self.span_ids) < count:
            with self._arrived:
                if not self._arrived.wait_for(self._has_more, TIMEOUT):
                    return False
        return True

    def _has_more(self) -> bool:
        return len(self._payloads) > self._decoded

    def up(self) -> None:
        """Accept spans from now on."""
        if not self.is_up:
            self._open()
            self.is_up = True

    def down(self) -> None:
        """Refuse spans from now on; nothing that was accepted is lost."""
        if self.is_up:
            self._shut()
            self.is_up = False

    def __enter__(self) -> Self:
        """Come up."""
        self.up()
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Go down permanently."""
        self.down()
        self._reserved.close()

    def _store(self, payload: bytes) -> None:
        with self._arrived:
            self._payloads.append(payload)
            self._arrived.notify_all()

    def _reserve(self, port: int) -> socket.socket:
        raise NotImplementedError

    def _open(self) -> None:
        raise NotImplementedError

    def _shut(self) -> None:
        raise NotImplementedError


class UdpReceiver(Receiver):
    """An agent's address; on Linux, for sockets that share a port."""

    def _reserve(self, port: int) -> socket.socket:
        reserved = self._bind(port)
        self._refuse(reserved)
        return reserved

    def _bind(self, port: int) -> socket.socket:
        bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        bound.bind((self.host, port))
        return bound

    def _refuse(self, bound: socket.socket) -> None:
        # A connected socket receives datagrams from its peer only, and there are none.
        # Datagrams that came before can still be read; closing the socket would discard
        # them.
        bound.connect((self.host, 9))

    def _open(self) -> None:
        self._socket = self._bind(self.port)
        self._thread = threading.Thread(target=self._receive, name="UDP receiver")
        self._thread.start()

    def _receive(self) -> None:
        while datagram := self._socket.recv(70_000):
            self._store(datagram)

    def _shut(self) -> None:
        self._refuse(self._socket)
        # recv() returns nothing then, once everything is read.
        self._socket.shutdown(socket.SHUT_RD)
        self._thread.join(TIMEOUT)
        self._socket.close()


class HttpReceiver(Receiver):
    """A collector; accepts each request for which `responses` has no other response."""

    def _reserve(self, port: int) -> socket.socket:
        # Bound but not listening: it refuses connections.
        reserved = socket.socket()
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind((self.host, port))
        return reserved

    def _open(self) -> None:
        self._open_server = ExitStack()
        bound = socket.create_server((self.host, self.port))
        server = serve_raw(self._talk, bound=bound)
        self._open_server.enter_context(server)

    def _shut(self) -> None:
        self._open_server.close()

    def _talk(self, _server: Server, sock: socket.socket, number: int) -> None:
        with sock.makefile("rb") as reader:
            while (request := read_request(reader, number)) is not None:
                if len(request.body) < int(request.headers.get("content-length", "0")):
                    return
                response = self.responses.pop() if self.responses else make_response()
                if response is None:
                    return
                sock.sendall(response)
                if response == make_response():
                    self._store(_body_of(request))


def _body_of(request: Request) -> bytes:
    if request.headers.get("content-encoding") == "gzip":
        return gzip.decompress(request.body)
    return request.body


def _thrift_ids(spans: list[object]) -> list[int]:
    return [int(getattr(span, "spanId")) & _MASK_64 for span in spans]  # noqa: B009 - has no types


def _ids_of_datagram(payload: bytes) -> list[int]:
    return _thrift_ids(decode_emit_batch(payload).spans)


def _ids_of_batch(payload: bytes) -> list[int]:
    return _thrift_ids(decode_batch(payload).spans)


def _ids_of_otlp(payload: bytes) -> list[int]:
    # There are no spans in the empty request that probes for OTLP.
    return [
        int.from_bytes(span.span_id, "big")
        for resource in decode_otlp(payload).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def _ids_of_zipkin(payload: bytes) -> list[int]:
    return [int(span["id"], 16) for span in decode_zipkin(payload)]


class Route(NamedTuple):
    """A route of spans out of the process: a transport and a format."""

    receiver: type[Receiver]
    decode: Decode
    path: str = ""
    """Path of the endpoint over HTTP."""
    gzip: bool = False
    """Whether batches are compressed."""

    @property
    def is_http(self) -> bool:
        """Whether it uses HTTP."""
        return bool(self.path)

    def receive(self, host: str = "127.0.0.1", port: int = 0) -> Receiver:
        """Return a receiver, which is down."""
        return self.receiver(self.decode, host, port)

    def settings(self, host: str, port: int) -> Mapping[str, object]:
        """Return the settings of a tracer that sends to *host*:*port*."""
        if not self.is_http:
            return {"local_agent": {"reporting_host": host, "reporting_port": port}}
        endpoint = f"http://{host}:{port}{self.path}"
        return {"collector": {"endpoint": endpoint, "gzip": self.gzip}}


ROUTES: Final[Mapping[str, Route]] = {
    "udp": Route(UdpReceiver, _ids_of_datagram),
    "thrift": Route(HttpReceiver, _ids_of_batch, "/api/traces"),
    "thrift-gzip": Route(HttpReceiver, _ids_of_batch, "/api/traces", gzip=True),
    "otlp": Route(HttpReceiver, _ids_of_otlp, "/v1/traces"),
    "otlp-gzip": Route(HttpReceiver, _ids_of_otlp, "/v1/traces", gzip=True),
    "zipkin": Route(HttpReceiver, _ids_of_zipkin, "/api/v2/spans"),
    "zipkin-gzip": Route(HttpReceiver, _ids_of_zipkin, "/api/v2/spans", gzip=True),
}
"""All routes, by name."""
